//! Stapled OCSP responses (RFC 6960; RFC 6066, 8).

mod responder;
mod response;

use std::time::Duration;

use rustls_pki_types::UnixTime;

use self::response::{CertIds, Response, Single, Status};
use super::crl::Lists;
use super::question::{Question, RevocationStatus};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::revocation::{RevocationSource, StapleFault};

/// Maximum size of a staple in bytes. A response with its responder's certificate has 1 to 3 kB;
/// with post-quantum signatures about 20 kB.
const MAX_STAPLE_BYTES: usize = 64 * 1024;

/// How long a response without `nextUpdate` is accepted. Such a response means that newer
/// information is always available (RFC 6960, 4.2.2.1).
const WITHOUT_NEXT_UPDATE: Duration = Duration::from_secs(24 * 60 * 60);

/// The staple's answer for the leaf. A list that revokes the responder's certificate counts.
pub(super) fn ask(
    staple: &[u8],
    question: &Question<'_>,
    lists: Option<&Lists>,
) -> Result<RevocationStatus, StapleFault> {
    if staple.len() > MAX_STAPLE_BYTES {
        return Err(StapleFault::TooLarge {
            limit_bytes: MAX_STAPLE_BYTES,
        });
    }
    let response = Response::parse(staple)?;
    let ids = CertIds::of(question);
    let mut answer: Option<RevocationStatus> = None;
    for single in response.singles() {
        let single = single?;
        if single.is_about(&ids) {
            let said = say(&single, response.produced_at, question.time);
            answer = answer
                .into_iter()
                .chain([said])
                .max_by_key(RevocationStatus::weight);
        }
    }
    let answer = answer.ok_or(StapleFault::OtherCertificate)?;
    responder::verify(&response, question, lists)?;
    Ok(answer)
}

fn say(single: &Single<'_>, produced_at: UnixTime, time: UnixTime) -> RevocationStatus {
    let source = RevocationSource::Staple;
    let Single {
        this_update,
        next_update,
        ..
    } = *single;
    match single.status {
        Status::Revoked { since, reason } => {
            return RevocationStatus::Against(Reason::Revoked {
                source,
                since: Some(since),
                reason,
            });
        }
        Status::Unknown => return RevocationStatus::Against(Reason::RevocationUnknown { source }),
        Status::Good => {}
    }
    let from = this_update.max(produced_at);
    let until = next_update.unwrap_or_else(|| {
        let end = this_update
            .as_secs()
            .saturating_add(WITHOUT_NEXT_UPDATE.as_secs());
        UnixTime::since_unix_epoch(Duration::from_secs(end))
    });
    if from <= time && time < until {
        return RevocationStatus::Good { source, until };
    }
    RevocationStatus::Against(Reason::RevocationStale {
        source,
        this_update: if from > time { from } else { this_update },
        next_update,
    })
}
