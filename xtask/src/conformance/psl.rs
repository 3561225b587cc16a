//! The public suffix list's own cases, as far as cookies go: the registrable domain of a host is
//! the shortest `Domain` that the host may set a cookie for.

use std::path::Path;
use std::time::UNIX_EPOCH;

use bonafide_tower::assurance::Assurance;
use bonafide_tower::cookies::Jar;
use bonafide_tower::store::Partition;
use url::Url;

use super::outcome::{Outcome, SuiteError, text_of};

/// All cases of `test_psl.txt` in `data`.
///
/// # Errors
/// [`SuiteError`] where the file cannot be read or has a line of another form.
pub(crate) fn outcomes(data: &Path) -> Result<Vec<Outcome>, SuiteError> {
    let path = data.join("test_psl.txt");
    let text = text_of(&path)?;
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(|line| {
            outcome(line).ok_or_else(|| SuiteError::Schema {
                path: path.clone(),
                source: format!("{line:?} is not a case").into(),
            })
        })
        .collect()
}

/// Of a line such as `checkPublicSuffix('a.example.com', 'example.com');`; `null` is for no host
/// and for no registrable domain.
fn outcome(line: &str) -> Option<Outcome> {
    let arguments = line.strip_prefix("checkPublicSuffix(")?;
    let (host, registrable) = arguments.strip_suffix(");")?.split_once(", ")?;
    let host = argument(host)?;
    let expected = match argument(registrable)? {
        Some(registrable) => canonical(registrable)?,
        None => "none".to_owned(),
    };
    Some(Outcome {
        id: host.unwrap_or("null").to_owned(),
        expected,
        actual: host.and_then(registrable_domain),
    })
}

fn argument(text: &str) -> Option<Option<&str>> {
    if text == "null" {
        return Some(None);
    }
    text.strip_prefix('\'')?.strip_suffix('\'').map(Some)
}

fn canonical(host: &str) -> Option<String> {
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    url.host_str().map(str::to_owned)
}

/// `None` if `host` cannot stand in a URL.
fn registrable_domain(host: &str) -> Option<String> {
    let host = canonical(host)?;
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let parents = std::iter::successors(Some(&host[..]), |domain| Some(domain.split_once('.')?.1));
    let settable: Vec<&str> = parents
        .filter(|domain| !domain.is_empty() && covers_more(&url, domain))
        .collect();
    let shortest = settable.last().copied().unwrap_or("none");
    Some(shortest.to_owned())
}

/// Whether a cookie with that `Domain` is kept, for more than the host itself.
fn covers_more(url: &Url, domain: &str) -> bool {
    let (jar, partition) = (Jar::new(), Partition::default());
    let field = format!("a=b; Domain={domain}");
    let (assurance, now) = (Assurance::Verified, UNIX_EPOCH);
    let kept = jar.set(url, &partition, assurance, field.as_bytes(), now);
    kept.is_ok()
        && jar
            .all(&partition, now)
            .iter()
            .all(|cookie| !cookie.is_host_only())
}
