//! Receipts: what was checked on a connection, by what, with which result.

use std::fmt;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

use crate::anchors::OriginCounts;
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::config::epoch::{Epoch, Successor};
use crate::first_use::KnownBy;
use crate::verdict::receipt::connection::Connection;
use crate::verdict::receipt::records::{CheckRecord, Outcome, PathRecord};
use crate::x509::certificate::{Certificate, subject_text};
use crate::x509::spki::SpkiSha256;

/// What was checked on a connection, by what, with which result.
///
/// Every response has it as `Arc<Receipt>` in its extensions, and every refusal has one. It
/// contains no secret. A check that did not run reads "not checked", never "passed".
#[derive(Clone, Debug)]
pub struct Receipt {
    pub(crate) verification: Arc<Verification>,
    pub(crate) connection: Option<Connection>,
}

/// One verification, shared by the receipts of all connections that use its verdict.
#[derive(Debug)]
pub(crate) struct Verification {
    pub(crate) verdict: Verdict,
    pub(crate) epoch: Epoch,
    pub(crate) successor: Successor,
    pub(crate) zone: Arc<str>,
    pub(crate) host: Option<String>,
    pub(crate) time: UnixTime,
    pub(crate) clock: Arc<str>,
    pub(crate) provider: &'static str,
    pub(crate) anchors: OriginCounts,
    pub(crate) path: Option<PathRecord>,
    pub(crate) checks: Vec<CheckRecord>,
    pub(crate) valid_until: Option<UnixTime>,
}

/// How a verification ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Path, name and all enforced checks are proved.
    Verified,
    /// A path is proved but no name was given: an audit, not a connection.
    PathOnly,
    /// The peer has proved that it holds a key that the zone accepts. No path was searched, and no
    /// name, date or check was judged: **not verified**.
    KnownKey {
        /// The key.
        key: SpkiSha256,
        /// Why the zone accepts it.
        by: KnownBy,
    },
    /// The peer was refused and a grant forgave it: **not verified**.
    Granted {
        /// The codes that were forgiven.
        forgiven: Vec<Code>,
        /// The reason that the grant states.
        reason: String,
        /// When the grant expires.
        expires: UnixTime,
    },
    /// The peer was refused.
    Refused(Code),
}

impl Receipt {
    pub(crate) fn new(verification: Arc<Verification>) -> Self {
        Self {
            verification,
            connection: None,
        }
    }

    /// How the verification ended.
    pub fn verdict(&self) -> &Verdict {
        &self.verification.verdict
    }

    /// Whether path, name and all enforced checks are proved. False under a grant and for a known
    /// key.
    pub fn is_verified(&self) -> bool {
        self.verification.verdict == Verdict::Verified
    }

    /// Whether the connection was accepted only because of a grant.
    pub fn is_granted(&self) -> bool {
        matches!(self.verification.verdict, Verdict::Granted { .. })
    }

    /// Whether the peer was accepted by its key alone, in a zone configured for that: see
    /// [`ZoneBuilder::first_use`](crate::ZoneBuilder::first_use) and
    /// [`ZoneBuilder::exactly`](crate::ZoneBuilder::exactly). The verdict has the time of the first
    /// contact.
    pub fn is_known_key(&self) -> bool {
        matches!(self.verification.verdict, Verdict::KnownKey { .. })
    }

    /// Whether an enforced check found a key on the path that is pinned for the host.
    pub fn is_pinned(&self) -> bool {
        self.is_verified()
            && self
                .checks()
                .iter()
                .any(|check| check.outcome == Outcome::Pinned)
    }

    /// The epoch of the policy that judged.
    pub fn epoch(&self) -> Epoch {
        self.verification.epoch
    }

    /// The epoch of the policy that has replaced this one since, if any. The receipt's verdict then
    /// comes from a policy that is no longer in force. Only a response that was in progress at the
    /// replacement has such a receipt.
    pub fn replaced_by(&self) -> Option<Epoch> {
        self.verification.successor.get()
    }

    /// The zone that judged: its host pattern, or `default`.
    pub fn zone(&self) -> &str {
        &self.verification.zone
    }

    /// The host that the peer was verified for.
    pub fn host(&self) -> Option<&str> {
        self.verification.host.as_deref()
    }

    /// When the peer was judged, by the policy's clock.
    pub fn time(&self) -> UnixTime {
        self.verification.time
    }

    /// The name of the clock.
    pub fn clock(&self) -> &str {
        &self.verification.clock
    }

    /// The crypto provider: `aws-lc-rs`, `ring` or `custom`.
    pub fn provider(&self) -> &'static str {
        self.verification.provider
    }

    /// The anchors that a path could have ended in, by origin. Anchors from `SSL_CERT_FILE` and
    /// other variables are listed here.
    pub fn anchors(&self) -> &OriginCounts {
        &self.verification.anchors
    }

    /// The verified path; none if no path was proved.
    #[doc(alias = "peer_certificate")]
    pub fn path(&self) -> Option<&PathRecord> {
        self.verification.path.as_ref()
    }

    /// Every check with its outcome, in the order in which they run.
    pub fn checks(&self) -> &[CheckRecord] {
        &self.verification.checks
    }

    /// What the handshake negotiated; none if a chain was judged without a connection.
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// The time until which the verdict holds: the earliest of the path's `notAfter` times and the
    /// limits set by checks and grants; ten minutes after the verdict for a key known from first
    /// use. No connection is reused after it.
    pub fn deadline(&self) -> Option<UnixTime> {
        self.verification.valid_until
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::PathOnly => f.write_str("path verified, no name given"),
            Self::Refused(code) => write!(f, "refused: {code}"),
            Self::KnownKey { key, by } => {
                write!(f, "not verified, accepted by its key {key}, ")?;
                match by {
                    KnownBy::FirstContact => f.write_str("at the first contact"),
                    KnownBy::FirstUse { since } => {
                        write!(f, "known since {}", Rfc3339Time(*since))
                    }
                    KnownBy::Exactly(exactly) => write!(f, "which the policy names: {exactly}"),
                }
            }
            Self::Granted {
                forgiven,
                reason,
                expires,
            } => {
                f.write_str("NOT VERIFIED, granted despite")?;
                for code in forgiven {
                    write!(f, " {code}")?;
                }
                write!(
                    f,
                    " until {} for the reason \"{reason}\"",
                    Rfc3339Time(*expires)
                )
            }
        }
    }
}

/// Several lines for a person, without a trailing line break.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host().unwrap_or("(no name)");
        writeln!(f, "{host}: {}", self.verdict())?;
        write!(
            f,
            "  judged: {} by the {} clock, ",
            Rfc3339Time(self.time()),
            self.clock()
        )?;
        writeln!(
            f,
            "zone {}, epoch {}, {}",
            self.zone(),
            self.epoch(),
            self.provider()
        )?;
        if let Some(successor) = self.replaced_by() {
            writeln!(
                f,
                "  replaced: the policy of epoch {successor} came into force after this verdict"
            )?;
        }
        writeln!(f, "  anchors: {}", self.anchors())?;
        if let Some(path) = self.path() {
            let last = path.certificates().len().saturating_sub(1);
            for (position, (certificate, key)) in
                path.certificates().iter().zip(path.keys()).enumerate()
            {
                let role = match position {
                    0 => "leaf",
                    _ if position == last => "anchor",
                    _ => "issuer",
                };
                write!(f, "  {role}: {}, {key}", subject_text(certificate))?;
                if let Ok(certificate) = Certificate::from_der(certificate) {
                    write!(f, ", until {}", Rfc3339Time(certificate.not_after()))?;
                }
                if position == last {
                    write!(f, ", from {}", path.anchor_origin())?;
                }
                writeln!(f)?;
            }
        }
        for check in self.checks() {
            writeln!(f, "  {check}")?;
        }
        match &self.connection {
            Some(connection) => write!(f, "  connection: {connection}"),
            None => f.write_str("  connection: none"),
        }
    }
}
