//! Judges a host's verified path by its pins. This is the only place where pins judge.

use rustls_pki_types::UnixTime;

use super::break_glass::BreakGlass;
use super::entry::{OnExpiredPins, Pins};
use crate::check::{CheckContext, Finding, Mode};
use crate::path::verified::VerifiedPath;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::refused::Refused;
use crate::x509::spki::SpkiSha256;

/// The name of the row on a receipt.
pub(super) const NAME: &str = "pins";

/// What one entry found if it does not refuse the path.
enum Held {
    By(String),
    Expired,
}

/// Judges by all `entries`, which all match `host`; each must hold. Under a break-glass they only
/// report.
///
/// The row shows the enforced pins; what was only reported has rows of its own after it.
pub(super) fn judge<'a>(
    host: &str,
    entries: impl IntoIterator<Item = &'a Pins>,
    glass: Option<&BreakGlass>,
    path: &VerifiedPath<'_>,
    context: &CheckContext<'_>,
) -> Result<Finding, Refused> {
    let observed: Vec<SpkiSha256> = path.keys().collect();
    let mut held: Vec<Finding> = Vec::new();
    let mut reported = Vec::new();
    for entry in entries {
        let mode = match glass {
            Some(_) => Mode::ReportOnly,
            None => entry.mode(),
        };
        match (compare(entry, host, &observed, context.time()), mode) {
            (Err(reason), Mode::Enforce) => return Err(Refused::new(reason)),
            (Err(reason), Mode::ReportOnly) => reported.push(Finding::reported(reason)),
            (Ok(Held::By(which)), Mode::Enforce) => {
                let pinned = Finding::pinned(which);
                held.push(match entry.expiry() {
                    Some((expiry, _)) => pinned.valid_until(expiry),
                    None => pinned,
                });
            }
            (Ok(Held::By(which)), Mode::ReportOnly) => {
                held.push(Finding::passed().with_detail(format!("report only: {which}")));
            }
            (Ok(Held::Expired), _) => held.push(Finding::not_checked(format!(
                "the pins of {} have expired",
                entry.pattern()
            ))),
        }
    }
    let broken = glass.map(|glass| {
        Finding::break_glass(glass.reason(), glass.until()).valid_until(glass.until())
    });
    let row = broken.into_iter().chain(held).reduce(Finding::merge);
    let mut rows = row.into_iter().chain(reported);
    Ok(match rows.next() {
        Some(first) => rows.fold(first, Finding::and),
        None => Finding::not_applicable("no pins for this host"),
    })
}

fn compare(
    entry: &Pins,
    host: &str,
    observed: &[SpkiSha256],
    time: UnixTime,
) -> Result<Held, Reason> {
    match entry.expiry() {
        Some((expiry, OnExpiredPins::Unpinned)) if time >= expiry => return Ok(Held::Expired),
        Some((expired, OnExpiredPins::Refuse)) if time >= expired => {
            return Err(Reason::PinsExpired {
                pattern: entry.pattern().clone(),
                expired,
            });
        }
        _ => {}
    }
    let hit = observed
        .iter()
        .enumerate()
        .find(|(position, key)| entry.pins_key(*position, **key));
    match hit {
        Some((0, key)) => Ok(Held::By(format!("leaf {key}"))),
        Some((_, key)) => Ok(Held::By(format!("ca {key}"))),
        None => Err(Reason::PinMismatch {
            host: host.to_owned(),
            pattern: entry.pattern().clone(),
            configured: entry.pins().iter().map(|(_, pin)| *pin).collect(),
            observed: observed.to_vec(),
        }),
    }
}
