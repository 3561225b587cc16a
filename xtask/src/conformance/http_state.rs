//! abarth/http-state: cookies as the browsers of RFC 6265 had them, and dates.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bonafide_tower::assurance::Assurance;
use bonafide_tower::cookies::Jar;
use bonafide_tower::store::Partition;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use url::Url;

use super::outcome::{Outcome, SuiteError, from_json};

/// Who sets the cookies, in the suite's own harness.
const SET_BY: &str = "http://home.example.org:8888/cookie-parser";
/// Who is asked, where a case does not say another.
const ASKED: &str = "http://home.example.org:8888/cookie-parser-result";
/// 2017-01-01: the year of the suite's last change, before the dates that are to come in it.
const NOW: Duration = Duration::from_secs(1_483_228_800);

/// Fields in the order in which they come, and what is sent then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    test: String,
    received: Vec<String>,
    sent: Vec<Pair>,
    #[serde(rename = "sent-to")]
    sent_to: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    value: String,
}

/// A text, and the date that it is read as; none if it is not one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Date {
    test: String,
    expected: Option<String>,
}

/// All cases in the folder `http-state` of `data`.
///
/// # Errors
/// [`SuiteError`] where a file cannot be read or has another schema.
pub(crate) fn outcomes(data: &Path) -> Result<Vec<Outcome>, SuiteError> {
    let folder = data.join("http-state");
    let path = folder.join("parser.json");
    let cases: Vec<Case> = from_json(&path)?;
    let mut outcomes = cases
        .iter()
        .map(|case| {
            judge(case).map_err(|error| SuiteError::Schema {
                path: path.clone(),
                source: error.into(),
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    for file in ["examples.json", "bsd-examples.json"] {
        let path = folder.join(file);
        let dates: Vec<Date> = from_json(&path)?;
        for (at, date) in dates.iter().enumerate() {
            let id = format!("{file} {}", at + 1);
            let outcome = judge_date(id, date).map_err(|error| SuiteError::Schema {
                path: path.clone(),
                source: error.into(),
            })?;
            outcomes.push(outcome);
        }
    }
    Ok(outcomes)
}

fn judge(case: &Case) -> Result<Outcome, url::ParseError> {
    let (jar, partition, now) = (Jar::new(), Partition::default(), UNIX_EPOCH + NOW);
    let set_by = Url::parse(SET_BY)?;
    let asked = match &case.sent_to {
        Some(sent_to) => Url::parse(ASKED)?.join(sent_to)?,
        None => Url::parse(ASKED)?,
    };
    // The suite is of plain http.
    let assurance = Assurance::Unverified;
    for field in &case.received {
        // What is refused is not sent, which is what is compared.
        let _ = jar.set(&set_by, &partition, assurance, field.as_bytes(), now);
    }
    let pair = |pair: &Pair| format!("{}={}", pair.name, pair.value);
    let expected: Vec<String> = case.sent.iter().map(pair).collect();
    let sent = jar.header(&asked, &partition, assurance, now);
    let actual = sent.as_ref().map_or(&[][..], |header| header.as_bytes());
    Ok(Outcome {
        id: case.test.clone(),
        expected: expected.join("; "),
        actual: Some(String::from_utf8_lossy(actual).into_owned()),
    })
}

/// The date is that of a cookie's `Expires`, set a second before: so it is within the 400 days that
/// a cookie may last.
fn judge_date(id: String, date: &Date) -> Result<Outcome, time::error::Parse> {
    let expected = match &date.expected {
        Some(text) => {
            let text = text.replace("GMT", "+0000");
            Some(SystemTime::from(OffsetDateTime::parse(&text, &Rfc2822)?))
        }
        None => None,
    };
    let shown = |time: Option<SystemTime>| match time {
        Some(time) => OffsetDateTime::from(time).to_string(),
        None => "no date".to_owned(),
    };
    let now = expected.map_or(UNIX_EPOCH + NOW, |time| time - Duration::from_secs(1));
    let (jar, partition) = (Jar::new(), Partition::default());
    let field = format!("a=b; Expires={}", date.test);
    let set_by = Url::parse(SET_BY).ok();
    let actual = set_by.and_then(|url| {
        jar.set(
            &url,
            &partition,
            Assurance::Unverified,
            field.as_bytes(),
            now,
        )
        .ok()?;
        let cookie = jar.all(&partition, now).pop();
        Some(match cookie {
            Some(cookie) => shown(cookie.expires()),
            None => "a date before".to_owned(),
        })
    });
    Ok(Outcome {
        id,
        expected: shown(expected),
        actual,
    })
}
