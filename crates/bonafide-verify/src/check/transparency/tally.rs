//! Counting signed certificate timestamps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rustls_pki_types::{SignatureVerificationAlgorithm, UnixTime};

use super::entry::Entry;
use super::log_list::{Log, LogList, State};
use crate::text::one_line;
use crate::verdict::refusal::sct::{Sct, SctFault, SctSource, UncountedSct};
use crate::x509::certificate::base16;
use crate::x509::signature::{SignatureFault, verify_signed};

/// Certificates that are valid for longer need three timestamps instead of two, by the policies of
/// Chrome and Apple.
const LIVES_LONG: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// Both policies require at least two operators.
pub(super) const OPERATORS: usize = 2;

/// The inputs for judging timestamps.
pub(super) struct Judging<'a> {
    pub(super) algorithms: &'a [&'static dyn SignatureVerificationAlgorithm],
    pub(super) now: UnixTime,
    pub(super) not_after: UnixTime,
}

/// The timestamps of one source.
pub(super) struct Tally<'a> {
    /// Each log once, with its operator at the timestamp's time.
    pub(super) counted: Vec<(&'a Log, &'a str)>,
    /// How many of these logs are trusted now.
    pub(super) trusted_now: usize,
    pub(super) uncounted: Vec<UncountedSct>,
    /// How many distinct logs are needed.
    pub(super) needed: usize,
}

/// Maximum number of timestamps of one log that are tried until one counts: each costs a signature
/// verification.
const TRIES_OF_A_LOG: usize = 2;

impl<'a> Tally<'a> {
    /// No timestamps at all.
    pub(super) fn none(needed: usize) -> Self {
        Self {
            counted: Vec::new(),
            trusted_now: 0,
            uncounted: Vec::new(),
            needed,
        }
    }

    /// Counts the timestamps from `source` that cover `entry`.
    pub(super) fn count(
        &mut self,
        logs: &'a LogList,
        judging: &Judging<'_>,
        source: SctSource,
        scts: &[Sct<'_>],
        entry: &Entry<'_>,
    ) {
        let mut tries: BTreeMap<_, usize> = BTreeMap::new();
        for sct in scts {
            let log = logs.log(&sct.log);
            let judged = match log {
                None => Err(SctFault::UnknownLog),
                Some(log) => {
                    let tries = tries.entry(sct.log).or_default();
                    *tries += 1;
                    if *tries > TRIES_OF_A_LOG {
                        Err(SctFault::SameLog)
                    } else {
                        judging
                            .judge(log, sct, source, entry)
                            .map(|state| (log, state))
                    }
                }
            };
            match judged {
                Ok((log, state)) => {
                    tries.insert(sct.log, TRIES_OF_A_LOG);
                    self.counted.push((log, log.operator_at(time_of(sct))));
                    self.trusted_now += usize::from(state == State::Trusted);
                }
                Err(fault) => self.uncounted.push(UncountedSct {
                    log: log.map_or_else(|| base16(&sct.log), |log| one_line(log.description())),
                    fault,
                }),
            }
        }
    }

    /// How many different operators the counted logs have.
    pub(super) fn operators(&self) -> usize {
        let names: BTreeSet<&str> = self.counted.iter().map(|(_, operator)| *operator).collect();
        names.len()
    }

    pub(super) fn suffices(&self) -> bool {
        self.counted.len() >= self.needed && self.operators() >= OPERATORS && self.trusted_now > 0
    }

    /// The earliest time at which a counted log loses its trust.
    pub(super) fn holds_until(&self, now: UnixTime) -> Option<UnixTime> {
        self.counted
            .iter()
            .filter_map(|(log, _)| log.retired())
            .filter(|retired| *retired > now)
            .min()
    }
}

impl Judging<'_> {
    /// Whether a timestamp counts, and the state of its log now. The signature, which costs most,
    /// is verified last.
    fn judge(
        &self,
        log: &Log,
        sct: &Sct<'_>,
        source: SctSource,
        entry: &Entry<'_>,
    ) -> Result<State, SctFault> {
        let timestamp = time_of(sct);
        let state = log.state_at(self.now);
        match state {
            State::Trusted => {}
            State::Retired(retired) if source == SctSource::Certificate && timestamp < retired => {}
            State::Retired(retired) => return Err(SctFault::RetiredLog { retired }),
            State::Untrusted => return Err(SctFault::UntrustedLog),
        }
        if timestamp > self.now {
            return Err(SctFault::InTheFuture { timestamp });
        }
        if !log.takes(self.not_after) {
            return Err(SctFault::WrongInterval);
        }
        let algorithm = algorithm(sct.algorithm).ok_or(SctFault::UnsupportedAlgorithm)?;
        let message = entry.signed_by(sct).ok_or(SctFault::BadSignature)?;
        verify_signed(
            self.algorithms,
            log.spki(),
            algorithm,
            &message,
            sct.signature,
        )
        .map_err(|fault| match fault {
            SignatureFault::Unsupported => SctFault::UnsupportedAlgorithm,
            SignatureFault::Bad => SctFault::BadSignature,
        })?;
        Ok(state)
    }
}

/// How many timestamps of different logs a certificate of this lifetime has to embed.
pub(super) fn needed(not_before: UnixTime, not_after: UnixTime) -> usize {
    let lifetime = not_after.as_secs().saturating_sub(not_before.as_secs());
    if lifetime > LIVES_LONG.as_secs() {
        3
    } else {
        2
    }
}

/// The time of a timestamp in whole seconds, as the policy's clock counts.
fn time_of(sct: &Sct<'_>) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(sct.timestamp / 1000))
}

/// The content of the `AlgorithmIdentifier` for an algorithm that a log may use (RFC 6962, 2.1.4):
/// ECDSA or RSA, over SHA-256.
fn algorithm(hash_and_signature: [u8; 2]) -> Option<&'static [u8]> {
    /// ecdsa-with-SHA256 (RFC 5758, 3.2).
    const ECDSA: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
    /// sha256WithRSAEncryption (RFC 8017, A.2.4).
    const RSA: &[u8] = &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
    ];
    const SHA256: u8 = 4;
    match hash_and_signature {
        [SHA256, 3] => Some(ECDSA),
        [SHA256, 1] => Some(RSA),
        _ => None,
    }
}
