//! Why a policy does not build.

use std::path::PathBuf;

use rustls::NamedGroup;

use crate::files::load_report::{AnchorReport, LoadProblem};
use crate::files::pem::PemError;
use crate::host::pattern::PatternError;
use crate::x509::spki::PinError;

/// Why a policy, or a part of one, does not build. The caller's configuration is at fault.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No anchor could be loaded: such a policy could believe nobody.
    #[error("no anchors: {report}")]
    NoAnchors {
        /// What was tried, and why each source gave nothing.
        report: AnchorReport,
    },
    /// Neither the feature `aws-lc-rs` nor `ring` is on, and no provider was given.
    #[error(
        "no crypto provider: enable the feature `aws-lc-rs` or `ring`, or pass one to `crypto_provider`"
    )]
    NoCryptoProvider,
    /// The crypto provider lacks something that a policy needs.
    #[error("the crypto provider cannot be used")]
    CryptoProvider(#[source] rustls::Error),
    /// A zone was given an empty list of key exchange groups.
    #[error("the zone {zone} has no key exchange group to offer")]
    NoKeyExchangeGroup {
        /// The name of the zone.
        zone: String,
    },
    /// A zone was given a key exchange group that the crypto provider does not have.
    #[error(
        "the zone {zone} cannot offer the key exchange group {group:?}: the crypto provider has {known:?}"
    )]
    UnsupportedKeyExchangeGroup {
        /// The name of the zone.
        zone: String,
        /// The group.
        group: NamedGroup,
        /// Those that the provider has.
        known: Vec<NamedGroup>,
    },
    /// A host pattern cannot be used.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A pin, or a set of pins, cannot be used.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// A broken glass is not for one exact host with pins, with a reason, for at most 30 days.
    #[error("a broken glass for {host} {problem}")]
    InvalidBreakGlass {
        /// The host that was given.
        host: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A name that [`CustomCa::only_for`](crate::CustomCa::only_for) was given cannot fence an authority.
    #[error("`{pattern}` cannot fence an authority: {problem}")]
    Fence {
        /// What was given; empty where nothing was, its length alone where it may be a secret.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two zones have the same host pattern.
    #[error("two zones for {pattern}")]
    DuplicateZone {
        /// The pattern that both have.
        pattern: String,
    },
    /// A zone believes keys, and was given what needs a verified path, which such a zone looks for in vain.
    #[error("the zone {zone} believes keys and looks for no path: it cannot have {what}")]
    KnownKeyZone {
        /// The name of the zone.
        zone: String,
        /// What was given: anchors, a profile, a check, pins, or a second rule on which keys to believe.
        what: String,
    },
    /// A zone was told to believe exactly one of no keys at all.
    #[error("the zone {zone} is to believe exactly one of nothing")]
    NothingExactly {
        /// The name of the zone.
        zone: String,
    },
    /// One `rustls::ClientConfig` cannot serve all zones, since it knows no name when it chooses these.
    #[error("zone {zone} has its own {facet}: take its configuration with `client_config_for`")]
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
    /// A check of revocation was asked for and given nothing to check by.
    #[error("a check of revocation needs lists, staples or a filter to check by")]
    NoRevocationSource,
    /// A client certificate or key file could not be read.
    #[error("cannot read {path}: {problem}", path = path.display())]
    ReadIdentity {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: LoadProblem,
    },
    /// The PEM of a client certificate or key is malformed, or holds none.
    #[error("no {what} can be read from {}", path.as_ref().map_or_else(|| "the PEM".to_owned(), |path| path.display().to_string()))]
    IdentityPem {
        /// `client certificate` or `private key`.
        what: &'static str,
        /// The file, where it was one.
        path: Option<PathBuf>,
        /// What is wrong with the PEM, or what there is instead, where that is known.
        #[source]
        source: Option<PemError>,
    },
    /// The private key is encrypted, which is not supported: decrypt it first, for example with
    /// `openssl pkey`.
    #[error("the private key is encrypted")]
    EncryptedKey,
    /// The private key is of a kind that the crypto provider cannot sign with.
    #[error("the private key cannot be used")]
    UnusableKey(#[source] rustls::Error),
    /// The private key is not the client certificate's.
    #[error("the private key does not belong to the client certificate")]
    KeyMismatch,
    /// A client certificate is not one.
    #[error("the client certificate cannot be read")]
    MalformedIdentity(#[source] der::Error),
    /// A client certificate that is to take the place of another is not valid now.
    #[error(
        "the client certificate {subject} is valid from {not_before} to {not_after}, and it is {now}"
    )]
    IdentityOutOfTime {
        /// The subject of the certificate.
        subject: String,
        /// The first second at which it is valid, as RFC 3339 has it.
        not_before: String,
        /// The last second at which it is.
        not_after: String,
        /// The time by the policy's clock.
        now: String,
    },
    /// The host asked for is not one that the policy covers, or not a host name.
    #[error("`{host}` is not a host name or IP address")]
    InvalidHost {
        /// What was given; its length alone where it may be a secret.
        host: String,
    },
    /// The policy is closed and has no zone for the host.
    #[error("the policy is closed and has no zone for {host}")]
    HostNotInPolicy {
        /// The host.
        host: String,
    },
    /// A grant is not one exact host, one or more forgivable refusals, a reason and an expiry.
    #[error("a grant for {host} {problem}")]
    InvalidGrant {
        /// The host that the grant names.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `BONAFIDE_FORBID_DANGER` is set and the policy has a grant.
    #[error("a grant for {host}, but BONAFIDE_FORBID_DANGER is set")]
    DangerForbidden {
        /// The host that the grant names.
        host: String,
    },
}
