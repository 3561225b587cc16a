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

pub mod anchors;
mod check;
mod code;
mod config;
#[cfg(feature = "danger-insecure-grants")]
pub mod danger;
pub mod events;
pub mod files;
pub mod first_use;
pub mod host;
pub mod identity;
mod judge;
mod path;
pub mod pins;
mod policy;
mod record;
mod rustls;
mod text;
mod verdict;
#[cfg(feature = "watch")]
pub mod watch;
pub mod x509;
mod zone;

pub use ::rustls::{NamedGroup, SignatureScheme};
pub use rustls_pki_types as pki_types;

pub use self::anchors::custom::CustomCa;
pub use self::anchors::roots::Anchors;
pub use self::check::{
    Check, CheckContext, Finding, Mode, Profile, Rule, revocation, transparency,
};
pub use self::code::Code;
pub use self::config::clock::Clock;
pub use self::config::epoch::Epoch;
pub use self::config::error::ConfigError;
pub use self::events::subscription::Listener;
pub use self::identity::client::ClientIdentity;
pub use self::path::intermediates::Intermediates;
pub use self::path::presented::{Peer, PresentedChain};
pub use self::path::verified::VerifiedPath;
pub use self::pins::entry::Pins;
pub use self::pins::set::PinSet;
pub use self::policy::handle::PolicyHandle;
#[cfg(feature = "tokio")]
pub use self::policy::stream::VerifiedStream;
pub use self::policy::{Policy, PolicyBuilder, effective};
pub use self::record::ShadowCounts;
pub use self::record::shadow::Shadow;
pub use self::verdict::handshake::{HandshakeError, TlsError};
pub use self::verdict::receipt::report::{Receipt, Verdict};
pub use self::verdict::refusal::report::Refusal;
pub use self::verdict::{capsule, explain, receipt, refusal};
pub use self::zone::limits::Limits;
pub use self::zone::{TlsVersion, Zone, ZoneBuilder, ZoneId};

/// The examples of the crate's front page compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct FrontPage;
