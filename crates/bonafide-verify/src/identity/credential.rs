//! One client certificate in use, and until when connections may rest on it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::config::clock::Rfc3339Time;
use crate::x509::certificate::{Certificate, base16, subject_text};

/// The number of a client certificate in use, unlike that of any other of the process, in the order of their coming into use.
///
/// Connections and session tickets belong to one generation, as they belong to one [`Epoch`](crate::Epoch).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(u64);

impl Generation {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A client certificate, as receipts name it. There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRecord {
    sha256: [u8; 32],
    subject: String,
    not_after: Option<UnixTime>,
}

impl IdentityRecord {
    pub(crate) fn of(leaf: &CertificateDer<'_>) -> Self {
        Self {
            sha256: Sha256::digest(leaf).into(),
            subject: subject_text(leaf),
            not_after: Certificate::from_der(leaf)
                .ok()
                .map(|certificate| certificate.not_after()),
        }
    }

    /// The SHA-256 of the DER-encoded certificate, as `openssl x509 -fingerprint -sha256` has it.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The subject as RFC 4514 prints it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The last second at which the certificate is valid; none if it cannot be read.
    pub fn not_after(&self) -> Option<UnixTime> {
        self.not_after
    }
}

/// Subject, SHA-256 and end.
impl fmt::Display for IdentityRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, SHA-256 {}", self.subject, base16(&self.sha256))?;
        match self.not_after {
            Some(end) => write!(f, ", until {}", Rfc3339Time(end)),
            None => Ok(()),
        }
    }
}

/// A client certificate in use: what connections that it was shown on rest on.
///
/// After a rotation it tells when the last request may be sent on them; see [`IdentityHandle`](crate::identity::IdentityHandle).
#[derive(Debug)]
pub struct Credential {
    generation: Generation,
    record: Arc<IdentityRecord>,
    chosen_by: ChosenBy,
    retires: OnceLock<Retires>,
}

/// When the last request may be sent on connections with a certificate that was replaced.
#[derive(Clone, Copy, Debug)]
struct Retires {
    at: Instant,
    /// It was over at once, whichever clock is asked: a test's may stand still.
    at_once: bool,
}

/// How a certificate came into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChosenBy {
    /// Somebody put it in its place.
    Configuration,
    /// A callback gave it for one handshake.
    Callback,
}

impl Credential {
    pub(super) fn new(leaf: &CertificateDer<'_>, chosen_by: ChosenBy) -> Arc<Self> {
        Arc::new(Self {
            generation: Generation::next(),
            record: Arc::new(IdentityRecord::of(leaf)),
            chosen_by,
            retires: OnceLock::new(),
        })
    }

    /// Its number.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The certificate.
    pub fn record(&self) -> &Arc<IdentityRecord> {
        &self.record
    }

    /// From when on no request is to be sent on connections that rest on it; none while it is the current one.
    pub fn retires_at(&self) -> Option<Instant> {
        self.retires.get().map(|retires| retires.at)
    }

    /// Whether no request is to be sent, at `now`, on connections that rest on it.
    pub fn is_retired(&self, now: Instant) -> bool {
        self.retires
            .get()
            .is_some_and(|retires| retires.at_once || retires.at <= now)
    }

    /// Whether a connection that has just been made with it must not be used at all, if it has retired meanwhile. One that a callback has given for this very
    /// connection may be used by whoever the connection was made for.
    pub fn binds_new_connections(&self) -> bool {
        self.chosen_by == ChosenBy::Configuration
    }

    /// Retires it, `overlap` from now. Only the first call counts.
    pub(super) fn retire(&self, overlap: Duration) {
        if let Some(at) = now().checked_add(overlap) {
            let at_once = overlap.is_zero();
            let _already = self.retires.set(Retires { at, at_once });
        }
    }
}

/// The time as pools tell it: with tokio by its clock, which a test can stop.
fn now() -> Instant {
    #[cfg(feature = "tokio")]
    return tokio::time::Instant::now().into_std();
    #[cfg(not(feature = "tokio"))]
    Instant::now()
}
