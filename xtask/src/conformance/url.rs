//! URL cases of web-platform-tests: which host, port and target a request goes to, as a URL that a
//! caller writes and as a `Location` that a server sends.

use std::path::Path;

use bonafide::IntoUrl as _;
use bonafide::redirect::{RedirectError, Redirects, Seen, Step};
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::outcome::{Outcome, SuiteError, from_json};

/// What no request is sent for.
const REFUSED: &str = "refused";

/// An entry of the file: a case, or a comment.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Entry {
    Case(Case),
    Comment(serde::de::IgnoredAny),
}

#[derive(Debug, Deserialize)]
struct Case {
    input: String,
    base: Option<String>,
    #[serde(default)]
    failure: bool,
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    port: String,
    #[serde(default)]
    pathname: String,
    #[serde(default)]
    search: String,
}

/// All cases of `url/urltestdata.json` in `data`.
///
/// # Errors
/// [`SuiteError`] where the file cannot be read or has another form.
pub(crate) fn outcomes(data: &Path) -> Result<Vec<Outcome>, SuiteError> {
    let entries: Vec<Entry> = from_json(&data.join("url/urltestdata.json"))?;
    let cases = entries.iter().enumerate();
    Ok(cases
        .filter_map(|(number, entry)| match entry {
            Entry::Case(case) => Some(case.outcome(number)),
            Entry::Comment(_) => None,
        })
        .collect())
}

impl Case {
    fn outcome(&self, number: usize) -> Outcome {
        let Self { input, base, .. } = self;
        let id = match base {
            None => format!("{number}: {input:?}"),
            Some(base) => format!("{number}: {input:?} at {base:?}"),
        };
        let is_http = matches!(&self.protocol[..], "https:" | "http:");
        let expected = match is_http && !self.failure {
            true => target(&self.hostname, &self.port, &self.pathname, &self.search),
            false => REFUSED.to_owned(),
        };
        let actual = match base.as_deref() {
            None => Some(written(input)),
            Some(base) => located(input, base),
        };
        Outcome {
            id,
            expected,
            actual,
        }
    }
}

fn target(host: &str, port: &str, path: &str, query: &str) -> String {
    format!("{host}:{port} {path}{query}")
}

fn target_of(url: &Url) -> String {
    let port = url.port().map(|port| port.to_string()).unwrap_or_default();
    let query = url.query().filter(|query| !query.is_empty());
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    target(
        url.host_str().unwrap_or_default(),
        &port,
        url.path(),
        &query,
    )
}

/// As the URL of a request.
fn written(input: &str) -> String {
    input
        .into_url()
        .map_or_else(|_| REFUSED.to_owned(), |url| target_of(&url))
}

/// As the `Location` of a redirect at `base`. `None` where `base` is not a URL that a request can
/// have, where no header holds the input, and for a redirect from https to http, which is refused
/// for another reason.
fn located(input: &str, base: &str) -> Option<String> {
    let base = base.into_url().ok()?;
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(input).ok()?);
    let seen = Seen {
        url: &base,
        method: &Method::GET,
        status: StatusCode::FOUND,
        headers: &headers,
        followed: 0,
        can_repeat_body: true,
    };
    match Redirects::default().judge(&seen) {
        Ok(Step::Follow(follow)) => Some(target_of(&follow.url)),
        Err(RedirectError::Insecure { .. }) | Ok(Step::Respond) => None,
        Err(_) => Some(REFUSED.to_owned()),
    }
}
