//! Grants: exceptions from verification, for one exact host, with a reason and an expiry.
//!
//! This module exists only with the feature `danger-insecure-grants`. A grant forgives the refusals
//! that it names. It does not switch verification off: the peer is judged as without a grant, every
//! other refusal stands, and the handshake's signature is always verified. Each connection under a
//! grant emits a `warn` event with the reason, and its receipt says *not verified*.
//!
//! ```
//! use std::time::Duration;
//!
//! use bonafide_verify::danger::Grant;
//! use bonafide_verify::pki_types::UnixTime;
//! use bonafide_verify::{Code, Policy};
//!
//! let now = UnixTime::now().as_secs();
//! let grant = Grant::for_host("localhost")
//!     .forgive(Code::SelfSigned)
//!     .because("the development server makes its own certificate")
//!     .until(UnixTime::since_unix_epoch(Duration::from_secs(now + 3600)));
//! let policy = Policy::builder().danger_grant(grant).build()?;
//! # let _ = policy;
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```

use rustls_pki_types::UnixTime;

use crate::code::Code;
use crate::config::error::ConfigError;
use crate::host::pattern::HostPattern;

/// An exception for one exact host: the refusals that it forgives, why, and until when.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_verify::danger::Grant;
/// use bonafide_verify::pki_types::UnixTime;
/// use bonafide_verify::{Code, Policy};
///
/// let in_an_hour = Duration::from_secs(UnixTime::now().as_secs() + 3600);
/// let in_an_hour = UnixTime::since_unix_epoch(in_an_hour);
/// let grant = Grant::for_host("localhost")
///     .forgive(Code::SelfSigned)
///     .because("the development server makes its own certificate")
///     .until(in_an_hour);
/// let policy = Policy::builder().danger_grant(grant).build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    pub(crate) host: String,
    pub(crate) forgiven: Vec<Code>,
    pub(crate) reason: String,
    expires: Option<UnixTime>,
}

impl Grant {
    /// Starts a grant for one exact host: a DNS name or an IP address, without a wildcard.
    pub fn for_host(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            forgiven: Vec::new(),
            reason: String::new(),
            expires: None,
        }
    }

    /// Forgives one kind of refusal. All other refusals stand.
    ///
    /// Some refusals leave the issuer unproved: wrong purpose, name constraints, a CA certificate
    /// as the leaf and similar ones. A grant that forgives one of them must also forgive
    /// [`Code::UnknownIssuer`] or [`Code::SelfSigned`].
    pub fn forgive(mut self, code: Code) -> Self {
        self.forgiven.push(code);
        self
    }

    /// Sets the reason, which every event and receipt of the grant shows.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Sets when the grant ends, by the policy's clock. After that it forgives nothing.
    pub fn until(mut self, expires: UnixTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// The exact host.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The refusals that it forgives.
    pub fn forgiven(&self) -> &[Code] {
        &self.forgiven
    }

    /// The reason for the grant.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When the grant ends, by the policy's clock; `None` until [`until`](Self::until) is called.
    pub fn expires(&self) -> Option<UnixTime> {
        self.expires
    }

    pub(crate) fn check(&self) -> Result<HostPattern, ConfigError> {
        let invalid = |problem: &str| ConfigError::InvalidGrant {
            host: self.host.clone(),
            problem: problem.to_owned(),
        };
        let pattern: HostPattern = self.host.parse()?;
        if !pattern.is_exact() {
            return Err(invalid("is not for one exact host"));
        }
        if self.forgiven.is_empty() {
            return Err(invalid("forgives nothing"));
        }
        if let Some(code) = self.forgiven.iter().find(|code| !is_forgivable(**code)) {
            return Err(invalid(&format!("names {code}, which cannot be forgiven")));
        }
        let vouched = self.forgiven.iter().all(|code| !hides_the_issuer(*code))
            || self
                .forgiven
                .iter()
                .any(|code| matches!(code, Code::UnknownIssuer | Code::SelfSigned));
        if !vouched {
            return Err(invalid(
                "forgives a path that no trust anchor issued: forgive BF-UNKNOWN-ISSUER or BF-SELF-SIGNED too",
            ));
        }
        if self.reason.trim().is_empty() {
            return Err(invalid("has no reason"));
        }
        if self.expires.is_none() {
            return Err(invalid("has no expiry"));
        }
        Ok(pattern)
    }

    pub(crate) fn expiry(&self) -> UnixTime {
        self.expires
            .unwrap_or_else(|| UnixTime::since_unix_epoch(std::time::Duration::ZERO))
    }
}

/// Refusals after which no path is proved. The issuer of the certificate is then unknown, which the
/// grant must forgive separately.
fn hides_the_issuer(code: Code) -> bool {
    matches!(
        code,
        Code::NameConstraint
            | Code::PathLength
            | Code::CaAsLeaf
            | Code::LeafAsCa
            | Code::WrongPurpose
            | Code::EmptyPurpose
            | Code::WeakSignature
    )
}

/// Refusals about the issuer, the names and the validity of a certificate can be forgiven. What
/// cannot be read, verified or negotiated cannot be forgiven, nor can a signature that does not
/// verify.
fn is_forgivable(code: Code) -> bool {
    matches!(
        code,
        Code::Expired
            | Code::NotYetValid
            | Code::ExpiredAnchor
            | Code::UnknownIssuer
            | Code::SelfSigned
            | Code::NameMismatch
            | Code::NoSubjectAltName
            | Code::NameConstraint
            | Code::PathLength
            | Code::CaAsLeaf
            | Code::LeafAsCa
            | Code::WrongPurpose
            | Code::EmptyPurpose
            | Code::WeakSignature
            | Code::WeakKey
            | Code::PinMismatch
            | Code::PinsExpired
            | Code::CheckRefused
    )
}
