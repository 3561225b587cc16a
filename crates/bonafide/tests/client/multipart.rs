//! Forms with files.

use std::convert::Infallible;
use std::io;
use std::sync::Mutex;

use bonafide::multipart::{Form, Part};
use bonafide::{Body, Client, Kind, Phase};
use bonafide_testkit::Alpn;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt;
use proptest::prelude::*;

use crate::support::{client, server};
use crate::uploads::TempFile;

/// A part as a receiver reads it.
#[derive(Debug, PartialEq, Eq)]
struct Received {
    name: String,
    file_name: Option<String>,
    content_type: Option<String>,
    content: Vec<u8>,
}

impl Received {
    fn new(name: &str, file: Option<(&str, &str)>, content: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            file_name: file.map(|(name, _)| name.to_owned()),
            content_type: file.map(|(_, content_type)| content_type.to_owned()),
            content: content.into(),
        }
    }
}

/// Reads a form strictly: any byte that RFC 7578 and RFC 2046 do not provide for is a panic.
fn read(headers: &HeaderMap, body: &[u8]) -> Vec<Received> {
    let content_type = headers[header::CONTENT_TYPE].to_str().expect("text");
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .expect("a form");
    assert!(boundary.len() <= 70);
    let mut rest = body;
    let mut parts = Vec::new();
    loop {
        rest = rest.strip_prefix(b"--").expect("a delimiter");
        rest = rest
            .strip_prefix(boundary.as_bytes())
            .expect("the boundary");
        if rest == b"--\r\n" {
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n").expect("a line end");
        let mut fields = Vec::new();
        loop {
            let (line, after) = split(rest, b"\r\n");
            rest = after;
            if line.is_empty() {
                break;
            }
            fields.push(String::from_utf8(line.to_vec()).expect("UTF-8"));
        }
        let delimiter = format!("\r\n--{boundary}");
        let (content, _) = split(rest, delimiter.as_bytes());
        rest = &rest[content.len() + 2..];
        let quoted = |text: &str| {
            assert!(!text.contains(['"', '\r', '\n']), "{text:?}");
            text.to_owned()
        };
        let disposition = fields[0]
            .strip_prefix("Content-Disposition: form-data; name=\"")
            .expect("a disposition")
            .strip_suffix('"')
            .expect("a closing quote");
        let (name, file_name) = match disposition.split_once("\"; filename=\"") {
            None => (quoted(disposition), None),
            Some((name, file_name)) => (quoted(name), Some(quoted(file_name))),
        };
        let content_type = fields.get(1).map(|field| {
            let value = field.strip_prefix("Content-Type: ").expect("a type");
            value.to_owned()
        });
        assert!(fields.len() <= 2, "{fields:?}");
        parts.push(Received {
            name,
            file_name,
            content_type,
            content: content.to_vec(),
        });
    }
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> (&'a [u8], &'a [u8]) {
    let start = bytes
        .windows(at.len())
        .position(|window| window == at)
        .expect("an end");
    (&bytes[..start], &bytes[start + at.len()..])
}

#[tokio::test]
async fn a_form_arrives_as_it_was_made_and_with_its_length() {
    let file = TempFile::with(&[7; 100_000]);
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let part = Part::file(file.path()).await.expect("a file");
        let form = Form::new()
            .text("title", "Sunset\r\n--")
            .part("photo", part.content_type("image/jpeg").expect("a type"))
            .part("photo", Part::new("abc").file_name("a \"b\".txt"))
            .part("sized", Part::new(Body::sized_stream(chunks(), 4)));
        client()
            .post(server.url("/"))
            .header("content-type", "text/plain")
            .multipart(form)
            .send()
            .await
            .expect("a response");
        let request = &server.requests()[0];
        let length = request.headers[header::CONTENT_LENGTH]
            .to_str()
            .expect("text");
        assert_eq!(length, request.body.len().to_string());
        let name = file
            .path()
            .file_name()
            .expect("a name")
            .to_str()
            .expect("text");
        assert_eq!(
            read(&request.headers, &request.body),
            [
                Received::new("title", None, "Sunset\r\n--"),
                Received::new("photo", Some((name, "image/jpeg")), vec![7; 100_000]),
                Received::new(
                    "photo",
                    Some(("a %22b%22.txt", "application/octet-stream")),
                    "abc"
                ),
                Received::new("sized", None, "abcd"),
            ]
        );
    }
}

fn chunks() -> impl futures_util::Stream<Item = Result<&'static str, Infallible>> + Send {
    stream::iter(["ab", "cd"]).map(Ok)
}

#[tokio::test]
async fn a_form_with_a_part_of_unknown_length_has_none_itself() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let form = Form::new()
            .text("a", "1")
            .part("b", Part::new(Body::from_stream(chunks())));
        client()
            .post(server.url("/"))
            .multipart(form)
            .send()
            .await
            .expect("a response");
        let request = &server.requests()[0];
        assert_eq!(request.headers.get(header::CONTENT_LENGTH), None);
        assert_eq!(
            read(&request.headers, &request.body),
            [
                Received::new("a", None, "1"),
                Received::new("b", None, "abcd")
            ]
        );
    }
}

#[tokio::test]
async fn a_form_without_parts_is_its_closing_delimiter() {
    let server = server(Alpn::Http1).start().await;
    let request = client().post(server.url("/")).multipart(Form::new());
    request.send().await.expect("a response");
    let request = &server.requests()[0];
    assert_eq!(read(&request.headers, &request.body), []);
}

/// A server that redirects the first request with 307.
async fn redirecting(alpn: Alpn) -> bonafide_testkit::TestServer {
    let first = Mutex::new(true);
    server(alpn)
        .handler(move |_| {
            let first = std::mem::take(&mut *first.lock().expect("no panic"));
            async move {
                let response = Response::builder().header(header::LOCATION, "/second");
                let status = if first {
                    StatusCode::TEMPORARY_REDIRECT
                } else {
                    StatusCode::OK
                };
                response.status(status).body("").expect("a response")
            }
        })
        .start()
        .await
}

#[tokio::test]
async fn a_form_whose_parts_can_be_repeated_follows_a_307() {
    let file = TempFile::with(b"from disk");
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = redirecting(alpn).await;
        let form = Form::new()
            .text("a", "1")
            .part("b", Part::file(file.path()).await.expect("a file"))
            .part("c", Part::new(Body::replayable(chunks)));
        let response = client().post(server.url("/first")).multipart(form).send();
        assert_eq!(response.await.expect("a response").status(), StatusCode::OK);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        let [first, second] = [&requests[0], &requests[1]].map(|it| read(&it.headers, &it.body));
        assert_eq!(first[1].content, b"from disk");
        assert_eq!(first[2].content, b"abcd");
        assert_eq!(first, second);
    }
}

#[tokio::test]
async fn a_form_with_a_part_that_is_sent_once_does_not_follow_a_307() {
    let server = redirecting(Alpn::Http1).await;
    let form = Form::new().part("b", Part::new(Body::from_stream(chunks())));
    let response = client().post(server.url("/first")).multipart(form).send();
    let status = response.await.expect("the redirect itself").status();
    assert_eq!(status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn the_error_names_the_part_that_failed() {
    let broken = || stream::iter([Ok("ab"), Err(io::Error::other("the disk is gone"))]);
    for alpn in [Alpn::Http1, Alpn::Http2] {
        for (part, cause) in [
            (
                Body::from_stream(broken()),
                "the request's body could not be read: the disk is gone",
            ),
            (
                Body::sized_stream(chunks(), 5),
                "the request's body is shorter than the 5 bytes that were declared",
            ),
            (
                Body::sized_stream(chunks(), 3),
                "the request's body is longer than the 3 bytes that were declared",
            ),
        ] {
            let server = server(alpn).start().await;
            let form = Form::new().text("a", "1").part("b", Part::new(part));
            let error = client()
                .post(server.url("/"))
                .multipart(form)
                .send()
                .await
                .expect_err("the form cannot be sent");
            assert_eq!(
                (error.kind(), error.phase()),
                (Kind::Body, Some(Phase::Send))
            );
            assert_eq!(
                error.to_string(),
                format!(
                    "{}: part 2 of the form could not be read: {cause}",
                    server.url("/")
                )
            );
        }
    }
}

#[test]
fn neither_a_form_nor_a_part_shows_its_content() {
    let form = Form::new()
        .text("user", "s3cret")
        .part("file", Part::new("s3cret").file_name("a.txt"));
    assert_eq!(
        format!("{form:?}"),
        "{\"user\": Part { file_name: None, content_type: None, .. }, \
         \"file\": Part { file_name: Some(\"a.txt\"), content_type: None, .. }}"
    );
}

/// What an attacker would put into a name or a value.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\r\n".to_owned()),
        Just("\r".to_owned()),
        Just("\n".to_owned()),
        Just("\"; filename=\"evil".to_owned()),
        Just("\r\nX-Injected: 1\r\n\r\n".to_owned()),
        Just("\r\n------------------00000000--\r\n".to_owned()),
        Just("--".to_owned()),
        Just("%22".to_owned()),
        any::<char>().prop_map(String::from),
        "[ -~]{0,8}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// The escaping, written in another way than the library's.
fn escaped(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

proptest! {
    #[test]
    fn no_name_and_no_value_adds_or_changes_a_part(
        parts in prop::collection::vec(
            (hostile(), hostile(), prop::option::of(hostile())),
            0..5,
        ),
    ) {
        let mut form = Form::new();
        for (name, value, file_name) in &parts {
            let part = Part::new(value.clone());
            form = form.part(name.clone(), match file_name {
                Some(file_name) => part.file_name(file_name.clone()),
                None => part,
            });
        }
        let (head, body) = built(form);
        let expected: Vec<_> = parts
            .iter()
            .map(|(name, value, file_name)| {
                let file_name = file_name.as_deref().map(escaped);
                let file = file_name.as_deref().map(|name| (name, "application/octet-stream"));
                Received::new(&escaped(name), file, value.clone())
            })
            .collect();
        prop_assert_eq!(read(&head, &body), expected);
    }
}

/// The headers and the body of a request with `form`.
fn built(form: Form) -> (HeaderMap, Bytes) {
    static CLIENT: std::sync::LazyLock<Client> = std::sync::LazyLock::new(client);
    let request = CLIENT.post("https://h.example/").multipart(form).build();
    let request = http::Request::<Body>::try_from(request.expect("a request"));
    let (head, body) = request.expect("a URI").into_parts();
    let declared = http_body::Body::size_hint(&body).exact();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let body = runtime.expect("a runtime").block_on(body.collect());
    let body = body.expect("a body").to_bytes();
    assert_eq!(declared, Some(body.len() as u64));
    (head.headers, body)
}
