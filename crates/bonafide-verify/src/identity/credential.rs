//! One client certificate in use, and until when connections with it may be used.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest as _, Sha256};

use crate::config::clock::Rfc3339Time;
use crate::x509::certificate::{Certificate, base16, subject_text};

/// The number of a client certificate in use, unique in the process and ascending in the order of
/// coming into use.
///
/// Connections and session tickets belong to one generation, as they belong to one
/// [`Epoch`](crate::Epoch).
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

/// A client certificate as shown on receipts. It contains no secret.
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

    /// The SHA-256 of the DER-encoded certificate, as printed by `openssl x509 -fingerprint
    /// -sha256`.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The subject in the form of RFC 4514.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The last second at which the certificate is valid; `None` if it cannot be read.
    pub fn not_after(&self) -> Option<UnixTime> {
        self.not_after
    }
}

/// Prints subject, SHA-256 and the end of the validity.
impl fmt::Display for IdentityRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, SHA-256 {}", self.subject, base16(&self.sha256))?;
        match self.not_after {
            Some(end) => write!(f, ", until {}", Rfc3339Time(end)),
            None => Ok(()),
        }
    }
}

/// A client certificate in use. Connections on which it was presented depend on it.
///
/// After a rotation it shows when the last request may be sent on them; see
/// [`IdentityHandle`](crate::identity::IdentityHandle).
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
    /// Without overlap it retires at once, also by the stopped clock of a test.
    at_once: bool,
}

/// How a certificate came into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChosenBy {
    /// The program set it in a zone or a handle.
    Configuration,
    /// A callback returned it for one handshake.
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

    /// When it retires: from then on no request may be sent on connections with it. `None` while it
    /// is the current one.
    pub fn retires_at(&self) -> Option<Instant> {
        self.retires.get().map(|retires| retires.at)
    }

    /// Whether it has retired at `now`: no request may be sent on connections with it.
    pub fn is_retired(&self, now: Instant) -> bool {
        self.retires
            .get()
            .is_some_and(|retires| retires.at_once || retires.at <= now)
    }

    /// Whether a new connection must not be used if the certificate retired during its handshake.
    /// False for a certificate that a callback chose: the request for which the connection was made
    /// may still use it.
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

/// The time by the clock of the pools: with tokio, tokio's clock, which a test can stop.
fn now() -> Instant {
    #[cfg(feature = "tokio")]
    return tokio::time::Instant::now().into_std();
    #[cfg(not(feature = "tokio"))]
    Instant::now()
}
