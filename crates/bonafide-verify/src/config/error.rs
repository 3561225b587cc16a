//! Errors of building a policy.

use std::path::PathBuf;

use rustls::NamedGroup;

use crate::files::load_report::{AnchorReport, LoadProblem};
use crate::files::pem::PemError;
use crate::host::pattern::PatternError;
use crate::x509::spki::PinError;

/// A policy, or a part of one, cannot be built. The caller's configuration is at fault.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No anchor could be loaded: such a policy would refuse every server.
    #[error("no trust anchor could be loaded: {report}")]
    NoAnchors {
        /// The sources that were tried, and why each of them has no anchor.
        report: AnchorReport,
    },
    /// Neither the feature `aws-lc-rs` nor `ring` is on, and no provider was given.
    #[error(
        "no crypto provider: enable the feature `aws-lc-rs` or `ring`, or pass a provider to `PolicyBuilder::crypto_provider`"
    )]
    NoCryptoProvider,
    /// The crypto provider lacks something that the policy needs.
    #[error("the crypto provider cannot be used")]
    CryptoProvider(#[source] rustls::Error),
    /// A zone was given an empty list of key exchange groups.
    #[error("the list of key exchange groups of the zone {zone} is empty")]
    NoKeyExchangeGroup {
        /// The name of the zone.
        zone: String,
    },
    /// A zone was given a key exchange group that the crypto provider does not have.
    #[error(
        "the crypto provider does not support the key exchange group {group:?} of the zone {zone}: it supports {known:?}"
    )]
    UnsupportedKeyExchangeGroup {
        /// The name of the zone.
        zone: String,
        /// The group.
        group: NamedGroup,
        /// The groups that the provider supports.
        known: Vec<NamedGroup>,
    },
    /// A host pattern cannot be used.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A pin, or a set of pins, cannot be used.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// [`PinSet::break_glass`](crate::PinSet::break_glass) needs one exact host with pins, a
    /// reason, and a duration of at most 30 days.
    #[error("invalid break-glass for {host}: it {problem}")]
    InvalidBreakGlass {
        /// The host that was given.
        host: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A name that was given to [`CustomCa::only_for`](crate::CustomCa::only_for) is not valid.
    #[error("invalid name `{pattern}` for `CustomCa::only_for`: {problem}")]
    Fence {
        /// The name; empty if the list was empty, only its length if it may be a secret.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two zones have the same host pattern.
    #[error("the policy has two zones for {pattern}")]
    DuplicateZone {
        /// The pattern that both have.
        pattern: String,
    },
    /// A zone trusts keys, and was given something that needs a verified path. Such a zone builds
    /// no path.
    #[error("the zone {zone} trusts keys and builds no path, so it cannot have {what}")]
    KnownKeyZone {
        /// The name of the zone.
        zone: String,
        /// What was given: anchors, a profile, a check, pins, or a second rule for the trusted
        /// keys.
        what: String,
    },
    /// [`ZoneBuilder::exactly`](crate::ZoneBuilder::exactly) was given an empty list.
    #[error("the list of keys and certificates that the zone {zone} trusts is empty")]
    NothingExactly {
        /// The name of the zone.
        zone: String,
    },
    /// One `rustls::ClientConfig` cannot serve all zones: rustls chooses these before it knows the
    /// name of the server.
    #[error("the zone {zone} has its own {facet}: use `Policy::client_config_for` for its hosts")]
    ZoneNeedsOwnConfig {
        /// The name of the zone.
        zone: String,
        /// What differs: `client certificate`, `TLS version` or `list of key exchange groups`.
        facet: &'static str,
    },
    /// Intermediates of the policy could not be read.
    #[error("cannot read intermediates from {location}: {problem}")]
    ReadIntermediates {
        /// The file, the directory, or the label of bytes in memory.
        location: String,
        /// Why not.
        problem: LoadProblem,
    },
    /// Certificate revocation lists could not be read.
    #[error("cannot read revocation lists from {location}: {problem}")]
    ReadCrls {
        /// The file, the directory, or the label of bytes in memory.
        location: String,
        /// Why not.
        problem: LoadProblem,
    },
    /// A CRLite filter could not be read.
    #[error("cannot read CRLite filters from {location}: {problem}")]
    ReadFilters {
        /// The file or the directory.
        location: String,
        /// Why not.
        problem: LoadProblem,
    },
    /// A revocation check was added without a source.
    #[error("a revocation check needs a source: revocation lists, OCSP staples or a CRLite filter")]
    NoRevocationSource,
    /// A client certificate or key file could not be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    ReadIdentity {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: LoadProblem,
    },
    /// The PEM of a client certificate or key is malformed, or does not contain one.
    #[error(
        "cannot read a {what} from {}",
        path.as_ref().map_or_else(|| "the PEM".to_owned(), |path| path.display().to_string())
    )]
    IdentityPem {
        /// `client certificate` or `private key`.
        what: &'static str,
        /// The file, if it was read from one.
        path: Option<PathBuf>,
        /// What is wrong with the PEM, or what it contains instead, if that is known.
        #[source]
        source: Option<PemError>,
    },
    /// The private key is encrypted, which is not supported.
    #[error("the private key is encrypted: decrypt it first, for example with `openssl pkey`")]
    EncryptedKey,
    /// The private key is of a kind that the crypto provider cannot sign with.
    #[error("the crypto provider cannot sign with the private key")]
    UnusableKey(#[source] rustls::Error),
    /// The private key does not match the client certificate.
    #[error("the private key does not match the client certificate")]
    KeyMismatch,
    /// A client certificate is not well-formed DER.
    #[error("the client certificate is malformed")]
    MalformedIdentity(#[source] der::Error),
    /// A client certificate that replaces another is not valid at this time.
    #[error(
        "the client certificate {subject} is not valid at {now}: it is valid from {not_before} to {not_after}"
    )]
    IdentityOutOfTime {
        /// The subject of the certificate.
        subject: String,
        /// The first second at which it is valid, in RFC 3339.
        not_before: String,
        /// The last second at which it is valid, in RFC 3339.
        not_after: String,
        /// The time by the policy's clock, in RFC 3339.
        now: String,
    },
    /// The text is not a host name or IP address.
    #[error("`{host}` is not a host name or IP address")]
    InvalidHost {
        /// The text; only its length if it may be a secret.
        host: String,
    },
    /// The policy is closed and has no zone for the host.
    #[error("the policy is `closed()`, and no zone covers {host}")]
    HostNotInPolicy {
        /// The host.
        host: String,
    },
    /// A grant needs one exact host, one or more refusals that can be forgiven, a reason and an
    /// expiry.
    #[error("invalid grant for {host}: it {problem}")]
    InvalidGrant {
        /// The host that the grant names.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `BONAFIDE_FORBID_DANGER` is set and the policy has a grant.
    #[error("the grant for {host} is forbidden: BONAFIDE_FORBID_DANGER is set")]
    DangerForbidden {
        /// The host that the grant names.
        host: String,
    },
}
