//! The HTTP/1 responses of llhttp's own tests: refused, or read as its strict parser reads them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;
use std::{fs, io};

use bonafide::redirect::Redirects;
use bonafide::{Client, Error};
use http_body_util::BodyExt as _;

use super::outcome::{Outcome, SuiteError, text_of};

/// What no response is made of.
const REFUSED: &str = "refused";

/// How long a request may take. A server here answers at once.
const LIMIT: Duration = Duration::from_secs(5);

/// All cases of the pages in `llhttp-response/` of `data` for a strict parser that reads to the
/// end.
///
/// # Errors
/// [`SuiteError`] where a page cannot be read or has a case of another form.
pub(crate) fn outcomes(data: &Path) -> Result<Vec<Outcome>, SuiteError> {
    let folder = data.join("llhttp-response");
    let unreadable = |source: io::Error| SuiteError::Read {
        path: folder.clone(),
        source,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(unreadable)?;
    let mut pages = fs::read_dir(&folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(unreadable)?;
    pages.sort();
    let mut outcomes = Vec::new();
    for path in pages {
        let page = path.file_stem().unwrap_or_default().to_string_lossy();
        for case in cases(&text_of(&path)?) {
            let case = case.ok_or_else(|| SuiteError::Schema {
                path: path.clone(),
                source: "a case without a response or a log".into(),
            })?;
            let actual = match case.runs {
                false => None,
                true => Some(
                    runtime
                        .block_on(answer(&case.response))
                        .map_err(unreadable)?,
                ),
            };
            outcomes.push(Outcome {
                id: format!("{page}: {}", case.title),
                expected: expected(&case.log),
                actual,
            });
        }
    }
    Ok(outcomes)
}

/// One response, and what llhttp logs of it.
struct Case<'a> {
    title: &'a str,
    response: Vec<u8>,
    log: Vec<&'a str>,
    /// Whether it is for a strict parser that reads to the end and is asked by a `GET`.
    runs: bool,
}

/// The cases of a page; `None` for one that has another form.
fn cases(page: &str) -> Vec<Option<Case<'_>>> {
    let mut title = "";
    let mut cases = Vec::new();
    let mut parts = page.split("```");
    // Prose and fenced parts take turns: prose, response, prose, log, prose, …
    while let (Some(prose), Some(response)) = (parts.next(), parts.next()) {
        if let Some(heading) = prose.lines().rev().find(|line| line.starts_with('#')) {
            title = heading.trim_start_matches('#').trim();
        }
        let meta = prose.lines().find(|line| line.starts_with("<!-- meta="));
        let log = parts.next().and(parts.next());
        let strict = meta.is_some_and(|meta| {
            meta.contains(r#""type": "response""#)
                && !meta.contains("pause")
                && !meta.contains("skipBody")
        });
        cases.push(
            response
                .strip_prefix("http\n")
                .zip(log.and_then(|log| log.strip_prefix("log\n")))
                .map(|(response, log)| Case {
                    title,
                    response: bytes_of(response),
                    log: log.lines().collect(),
                    runs: strict,
                }),
        );
    }
    cases
}

/// A response as the suite writes it: lines end in CR and LF, `\r`, `\n`, `\f` and `\t` are
/// escapes, and a backslash at the end of a line joins it with the next.
fn bytes_of(text: &str) -> Vec<u8> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.replace("\\\n", "").replace('\n', "\r\n");
    let escapes = [
        ("\\r", "\r"),
        ("\\n", "\n"),
        ("\\f", "\u{c}"),
        ("\\t", "\t"),
    ];
    let text = escapes
        .iter()
        .fold(text, |text, (escape, byte)| text.replace(escape, byte));
    text.into_bytes()
}

/// What the log says of the first response that is not an interim one.
fn expected(log: &[&str]) -> String {
    let mut status = None;
    let mut body = 0;
    // Whether the end of the connection is not the end of the body.
    let mut is_delimited = false;
    for line in log {
        if line.contains("error code=22") {
            // Not an error: the parser stops where another protocol begins.
            break;
        }
        if line.contains("error code=") {
            return match line.contains("Data after") {
                true => text_of_response(status, body),
                false => REFUSED.to_owned(),
            };
        }
        if let Some((_, rest)) = line.split_once("headers complete status=") {
            status = rest.split(' ').next();
            is_delimited = is_chunked(rest) || !rest.contains("content_length=0");
        }
        if line.contains("span[body]=") {
            let length = line
                .split_once("len=")
                .and_then(|(_, rest)| rest.split(' ').next());
            body += length
                .and_then(|length| length.parse().ok())
                .unwrap_or(0_usize);
        }
        let is_final = !status.is_some_and(|status| status.starts_with('1'));
        if line.ends_with("message complete") && is_final {
            is_delimited = false;
            break;
        }
    }
    match is_delimited {
        // The response of the case is cut short, for a parser that would wait.
        true => REFUSED.to_owned(),
        false => text_of_response(status, body),
    }
}

/// Whether the flags of a head, in hexadecimal digits, have llhttp's `F_CHUNKED`.
fn is_chunked(head: &str) -> bool {
    let flags = head.split_once("flags=").map(|(_, rest)| rest);
    let flags = flags.and_then(|rest| rest.split(' ').next());
    flags.is_some_and(|flags| u32::from_str_radix(flags, 16).is_ok_and(|flags| flags & 8 != 0))
}

fn text_of_response(status: Option<&str>, body: usize) -> String {
    match status {
        Some(status) => format!("{status}, {body} bytes"),
        None => REFUSED.to_owned(),
    }
}

/// What the client makes of `response`, after which its server closes the connection.
async fn answer(response: &[u8]) -> io::Result<String> {
    let (address, server) = serve(response.to_vec())?;
    let answered = tokio::time::timeout(LIMIT, ask(address)).await;
    let text = match answered {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => REFUSED.to_owned(),
        Err(_) => "no answer in time".to_owned(),
    };
    server
        .join()
        .map_err(|_| io::Error::other("the server panicked"))??;
    Ok(text)
}

async fn ask(address: SocketAddr) -> Result<String, Error> {
    let client = Client::builder()
        .allow_plain_http()
        .redirects(Redirects::none())
        .build()?;
    let response = client.get(format!("http://{address}/")).send().await?;
    let status = response.status().as_u16().to_string();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(text_of_response(Some(&status), body.len()))
}

/// A server that reads one request, answers and closes.
fn serve(response: Vec<u8>) -> io::Result<(SocketAddr, JoinHandle<io::Result<()>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte)? == 0 {
                break;
            }
            request.extend(byte);
        }
        stream.write_all(&response)
    });
    Ok((address, server))
}
