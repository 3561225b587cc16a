//! Trust for TLS clients, as a value that you compose.
//!
//! A [`Policy`] says which [`Anchors`] a path may end in, which [`Profile`], [`Pins`] and other [`Check`]s a verified path must pass, and for which hosts
//! ([`Zone`]). It gives any rustls client a configuration ([`Policy::client_config`]), judges chains without a socket ([`Policy::verify`]), and
//! answers with a [`Receipt`] of what was checked or a [`Refusal`] that says why not.
//!
//! ```
//! use bonafide_verify::Policy;
//!
//! // The system's roots, what browsers refuse, TLS 1.2 and 1.3: for any client that takes a rustls configuration.
//! let policy = Policy::builder().build()?;
//! # if policy.load().is_ok() {
//! let config: rustls::ClientConfig = policy.client_config()?;
//! # let _ = config;
//! # }
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | aws-lc-rs as the crypto provider |
//! | `ring` | | ring as the crypto provider, where `aws-lc-rs` is off; it has no post-quantum group, so X25519 is offered first |
//! | `bundled` | | `Anchors::bundled`: Mozilla's roots, compiled in |
//! | `crlite` | | `Crlite`: revocation by the filters that Mozilla publishes |
//! | `metrics` | | the events of a policy, counted for the recorder of the crate `metrics` |
//! | `tokio` | | `Policy::connect`: verified streams |
//! | `watch` | | `Watched`: policies that follow their files |
//! | `danger-insecure-grants` | | the module `danger`: loud, dated exceptions |
//!
//! No feature alone lowers what is verified.

mod anchors;
mod atomic_file;
mod bounded_file;
mod capsule;
mod certificate;
mod chain;
mod check;
mod clock;
mod code;
mod config_error;
#[cfg(feature = "danger-insecure-grants")]
pub mod danger;
mod demand;
mod description;
mod diagnosis;
mod effective;
mod epoch;
mod event;
mod explain;
mod forbid_danger;
mod forecast;
mod found_kind;
mod handle;
mod handshake;
mod host;
mod host_pattern;
mod identity;
mod intermediates;
mod json_error;
mod judge;
mod known_key;
mod limits;
mod load_report;
#[cfg(feature = "tokio")]
mod opening;
mod path;
mod pem;
mod pins;
mod policy;
mod possession;
mod presented_name;
mod provider;
mod reason;
mod receipt;
mod record;
mod refusal;
mod revocation_reason;
mod rustls_adapter;
mod sct;
mod sessions;
mod shadow;
mod signature;
mod source;
mod spki;
mod subscription;
mod text;
mod throttle;
#[cfg(feature = "tokio")]
mod tls;
#[cfg(feature = "watch")]
mod watch;
mod zone;

pub use rustls::{NamedGroup, SignatureScheme};
pub use rustls_pki_types as pki_types;

pub use self::anchors::{Anchor, AnchorSet, Anchors, CustomCa, Origin, OriginCounts};
pub use self::atomic_file::FileError;
pub use self::capsule::{Capsule, CapsuleError, PickedAnchors};
pub use self::certificate::{Certificate, Extension, Oid, PublicKey};
pub use self::chain::{Peer, PresentedChain};
#[cfg(feature = "crlite")]
pub use self::check::Crlite;
pub use self::check::{
    Check, CheckContext, Crls, ExemptAnchors, Finding, LogList, LogListError, Mode,
    OnMissingStatus, OnStaleLogList, OnStaleStatus, OnUnknownStatus, Profile, Revocation,
    RevocationBuilder, RevocationScope, Rule, Transparency,
};
pub use self::clock::Clock;
pub use self::code::Code;
pub use self::config_error::ConfigError;
pub use self::description::{Description, Expiry, ExpiryKind};
pub use self::effective::Effective;
pub use self::epoch::Epoch;
pub use self::event::{
    BrokenGlass, Divergence, Event, EventFile, EventSink, Expiring, FirstContact,
    GrantedConnection, IdentityReplaced, Judged, KeyChanged, Lost, PinFailure, PinFailureOutcome,
    PolicyReplaced, ReloadFailed, ReloadRecovered, SourcesIncomplete, WatchingByPolling,
};
pub use self::explain::{
    CertificateView, CheckView, ClockView, Explanation, OriginView, Remedy, RemedyKind,
};
pub use self::forecast::Horizons;
pub use self::found_kind::FoundKind;
pub use self::handle::PolicyHandle;
pub use self::handshake::{HandshakeError, TlsError};
pub use self::host::{CanonicalHost, HostError};
pub use self::host_pattern::{HostPattern, PatternError};
pub use self::identity::{
    ClientIdentity, Credential, ExternalSigner, Generation, IdentityCallback, IdentityError,
    IdentityHandle, IdentityRecord, IdentityRequest, IdentitySource, Rotation, SignError,
};
pub use self::intermediates::Intermediates;
pub use self::json_error::JsonError;
pub use self::known_key::{
    CertificateSha256, Exactly, FileFirstUse, FirstUse, FirstUseError, KeyReason, KnownBy,
    KnownKey, MemoryFirstUse, SharedFirstUseError, StoreFault, Swap,
};
pub use self::limits::Limits;
pub use self::load_report::{AnchorReport, CrlProblem, LoadFailure, LoadProblem, SourceReport};
pub use self::path::VerifiedPath;
pub use self::pem::{PemError, PemFault};
pub use self::pins::{
    BundleError, BundleKey, BundleKeys, BundleSigner, BundleVersion, FileVersionStore,
    MemoryVersionStore, OnExpiredPins, PinAdvice, PinAdviceError, PinBundle, PinFileError,
    PinFileProblem, PinRole, PinSet, PinSource, PinWarning, Pins, PinsBuilder, VersionStore,
    VersionStoreError,
};
pub use self::policy::{Policy, PolicyBuilder};
pub use self::presented_name::PresentedName;
pub use self::reason::{Bound, Reason, Refused};
pub use self::receipt::{
    CheckRecord, Connection, IdentityUse, Outcome, PathRecord, Receipt, Verdict,
};
pub use self::record::ShadowCounts;
pub use self::refusal::{Refusal, Subject};
pub use self::revocation_reason::{RevocationReason, RevocationSource, StapleFault};
pub use self::sct::{SctFault, SctListError, SctSource, UncountedSct};
pub use self::shadow::Shadow;
pub use self::spki::{PinError, SpkiSha256};
pub use self::subscription::Listener;
#[cfg(feature = "tokio")]
pub use self::tls::VerifiedStream;
#[cfg(feature = "watch")]
pub use self::watch::{ReloadError, WatchStatus, Watched, WatchedBy, WatchedIdentity, Watching};
pub use self::zone::{TlsVersion, Zone, ZoneBuilder, ZoneId};

/// The examples of the crate's front page compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct FrontPage;
