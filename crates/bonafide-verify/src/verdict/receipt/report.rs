//! Receipts: what was checked on a connection, by what, with which result.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};

use crate::anchors::{Origin, OriginCounts};
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::config::epoch::{Epoch, Successor};
use crate::first_use::KnownBy;
use crate::identity::IdentityRecord;
use crate::path::verified::VerifiedPath;
use crate::text::one_line;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{Certificate, subject_text};
use crate::x509::spki::SpkiSha256;

/// What was checked on a connection, by what, with which result.
///
/// Rides as `Arc<Receipt>` in the extensions of every response and on every TLS error. There is no
/// secret in it. A check that did not run reads "not checked", never "passed".
#[derive(Clone, Debug)]
pub struct Receipt {
    pub(crate) verification: Arc<Verification>,
    pub(crate) connection: Option<Connection>,
}

/// One verification, shared by the receipts of all connections that rest on it.
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
    /// The peer has proved that it holds a key which the zone believes. No path was looked for, and
    /// no name, date or check was judged: **not verified**.
    KnownKey {
        /// The key.
        key: SpkiSha256,
        /// Why it is believed.
        by: KnownBy,
    },
    /// The peer was refused and a grant forgave it: **not verified**.
    Granted {
        /// What was forgiven.
        forgiven: Vec<Code>,
        /// The reason that the grant states.
        reason: String,
        /// When the grant expires.
        expires: UnixTime,
    },
    /// The peer was refused.
    Refused(Code),
}

/// The verified path, as the receipt keeps it.
#[derive(Clone, Debug)]
pub struct PathRecord {
    certificates: Vec<CertificateDer<'static>>,
    /// None of one that cannot be read.
    not_after: Vec<Option<UnixTime>>,
    spkis: Vec<SubjectPublicKeyInfoDer<'static>>,
    /// Their hashes, once they are asked for.
    keys: OnceLock<Vec<SpkiSha256>>,
    origin: Arc<Origin>,
}

/// One line of a receipt: a check and its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRecord {
    pub(crate) name: Cow<'static, str>,
    pub(crate) outcome: Outcome,
    pub(crate) detail: Option<Cow<'static, str>>,
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It ran and has nothing against the peer.
    Passed,
    /// It ran, and the path has a pinned key.
    Pinned,
    /// It is not for this peer.
    NotApplicable,
    /// What it judges by says nothing about this peer, and it was told to go on then.
    NotCovered,
    /// What it judges by is too old, and it was told to go on then.
    Stale,
    /// It did not run, or could not judge.
    NotChecked,
    /// It would have refused, and was told to report only.
    Reported(Reason),
    /// It was told to report only for a while, by
    /// [`PinSet::break_glass`](crate::PinSet::break_glass).
    BreakGlass {
        /// Why.
        reason: Arc<str>,
        /// When it ends.
        until: UnixTime,
    },
    /// It refused.
    Refused(Reason),
}

/// What the handshake negotiated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The protocol version, for example `TLSv1_3`.
    pub version: rustls::ProtocolVersion,
    /// The cipher suite, for example `TLS13_AES_128_GCM_SHA256`.
    pub cipher_suite: rustls::CipherSuite,
    /// The key exchange group, for example `X25519MLKEM768`; none for a resumed TLS 1.2 session.
    pub group: Option<rustls::NamedGroup>,
    /// The application protocol that ALPN chose (RFC 7301).
    pub alpn: Option<Vec<u8>>,
    /// Whether the session was resumed: the peer was then verified when the session began.
    pub resumed: bool,
    /// The client certificate, if the zone has one.
    pub client_identity: IdentityUse,
}

/// What became of the client certificate of a zone on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityUse {
    /// The zone has none.
    None,
    /// The zone has one, and the server did not ask for it in this handshake, as it never does when
    /// a session is resumed; or the connection is another client's, which does not tell. If the
    /// session began with one, it was this one, as far as it is known.
    AtHand(Option<Arc<IdentityRecord>>),
    /// The server asked for one and was shown this.
    Shown(Arc<IdentityRecord>),
}

impl IdentityUse {
    /// Whether the zone has none.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The certificate that the server was shown in this handshake.
    pub fn shown(&self) -> Option<&IdentityRecord> {
        match self {
            Self::Shown(record) => Some(record),
            Self::None | Self::AtHand(_) => None,
        }
    }
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

    /// Whether path, name and all enforced checks are proved. Under a grant it is not, nor by a
    /// known key.
    pub fn is_verified(&self) -> bool {
        self.verification.verdict == Verdict::Verified
    }

    /// Whether the connection rests on a grant.
    pub fn is_granted(&self) -> bool {
        matches!(self.verification.verdict, Verdict::Granted { .. })
    }

    /// Whether the peer is believed by its key alone, in a zone that says so: see
    /// [`ZoneBuilder::first_use`](crate::ZoneBuilder::first_use) and
    /// [`ZoneBuilder::exactly`](crate::ZoneBuilder::exactly). The verdict says since when.
    pub fn is_known_key(&self) -> bool {
        matches!(self.verification.verdict, Verdict::KnownKey { .. })
    }

    /// Whether the path has a key that is pinned for the host, by a check that was enforced.
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

    /// The epoch of the policy that took this one's place, if one has by now: what the receipt says
    /// was judged by a policy that is no longer in force. Only a response that was under way then
    /// has such a receipt.
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

    /// The anchors that a path could have ended in, by origin. `SSL_CERT_FILE` and its like show
    /// here.
    pub fn anchors(&self) -> &OriginCounts {
        &self.verification.anchors
    }

    /// The verified path; none when none was proved.
    pub fn path(&self) -> Option<&PathRecord> {
        self.verification.path.as_ref()
    }

    /// Every check with its outcome, in the order in which they run.
    pub fn checks(&self) -> &[CheckRecord] {
        &self.verification.checks
    }

    /// What the handshake negotiated; none when a chain was judged without a connection.
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// The time past which the verdict does not hold: the earliest `notAfter` of the path, and what
    /// checks and grants say; ten minutes for a key known from first use. No connection is reused
    /// past it.
    pub fn deadline(&self) -> Option<UnixTime> {
        self.verification.valid_until
    }
}

impl PathRecord {
    pub(crate) fn of(path: &VerifiedPath<'_>) -> Self {
        let owned = |der: &[u8]| CertificateDer::from(der.to_vec());
        Self {
            certificates: path.ders().map(owned).collect(),
            not_after: path
                .certificates()
                .map(|certificate| certificate.ok().map(|read| read.not_after()))
                .collect(),
            spkis: path.spkis().collect(),
            keys: OnceLock::new(),
            origin: Arc::clone(path.anchor().shared_origin()),
        }
    }

    /// The certificates, from the leaf to the anchor.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The pins of their keys, in the same order.
    pub fn keys(&self) -> &[SpkiSha256] {
        self.keys.get_or_init(|| {
            let spkis = self.spkis.iter();
            spkis.map(|spki| SpkiSha256::of_spki(spki)).collect()
        })
    }

    /// The last moments at which they are valid, in the same order; none of a certificate that
    /// cannot be read.
    pub(crate) fn not_after(&self) -> &[Option<UnixTime>] {
        &self.not_after
    }

    /// Where the anchor came from.
    pub fn anchor_origin(&self) -> &Origin {
        &self.origin
    }

    /// The subjects of the certificates as RFC 4514 prints them, in the same order.
    pub fn subjects(&self) -> impl Iterator<Item = String> {
        self.certificates
            .iter()
            .map(|certificate| subject_text(certificate))
    }
}

impl CheckRecord {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, outcome: Outcome) -> Self {
        Self {
            name: name.into(),
            outcome,
            detail: None,
        }
    }

    pub(crate) fn with_detail(mut self, detail: Option<Cow<'static, str>>) -> Self {
        self.detail = detail;
        self
    }

    /// The name of the check.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it ended.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What it adds to that.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Pinned => f.write_str("pinned"),
            Self::NotApplicable => f.write_str("not applicable"),
            Self::NotCovered => f.write_str("not covered"),
            Self::Stale => f.write_str("stale"),
            Self::NotChecked => f.write_str("not checked"),
            Self::Reported(reason) => write!(f, "reported only: {}: {reason}", reason.code()),
            Self::BreakGlass { reason, until } => write!(
                f,
                "BREAK-GLASS, NOT ENFORCED until {} for the reason \"{}\"",
                Rfc3339Time(*until),
                one_line(reason)
            ),
            Self::Refused(reason) => write!(f, "refused: {}: {reason}", reason.code()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::PathOnly => f.write_str("path verified, no name given"),
            Self::Refused(code) => write!(f, "refused: {code}"),
            Self::KnownKey { key, by } => {
                write!(f, "not verified, believed by its key {key}, ")?;
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

impl fmt::Display for CheckRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.outcome)?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
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
                "  replaced: by the policy of epoch {successor}, after this was judged"
            )?;
        }
        writeln!(f, "  anchors: {}", self.anchors())?;
        if let Some(path) = self.path() {
            let last = path.certificates.len().saturating_sub(1);
            for (position, (certificate, key)) in
                path.certificates.iter().zip(path.keys()).enumerate()
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
                    write!(f, ", from {}", path.origin)?;
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

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.version, self.cipher_suite)?;
        if let Some(group) = self.group {
            write!(f, ", {group:?}")?;
        }
        if let Some(alpn) = &self.alpn {
            write!(f, ", ALPN {}", String::from_utf8_lossy(alpn))?;
        }
        if self.resumed {
            f.write_str(", resumed")?;
        }
        match &self.client_identity {
            IdentityUse::None => Ok(()),
            IdentityUse::AtHand(None) => f.write_str(", with a client certificate at hand"),
            IdentityUse::AtHand(Some(record)) => {
                write!(f, ", with a client certificate at hand ({record})")
            }
            IdentityUse::Shown(record) => write!(f, ", client certificate shown ({record})"),
        }
    }
}
