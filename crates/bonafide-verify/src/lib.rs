//! Trust for TLS clients, as a value that you compose.
//!
//! A [`Policy`] states, for each host ([`Zone`]), which [`Anchors`] a certificate path may end in
//! and which checks it must pass: [`Profile`], [`Pins`], revocation, transparency, or a [`Check`]
//! of your own. It configures any rustls client ([`Policy::client_config`]) and judges chains
//! without a socket ([`Policy::verify`]). The result is a [`Receipt`] of what was checked, or a
//! [`Refusal`] with the reason.
//!
//! ```
//! use bonafide_verify::Policy;
//!
//! // The system's roots, what browsers require, TLS 1.2 and 1.3.
//! let policy = Policy::builder().build()?;
//! # if policy.load().is_ok() {
//! let config: rustls::ClientConfig = policy.client_config()?;
//! # let _ = config;
//! # }
//! # Ok::<(), bonafide_verify::ConfigError>(())
//! ```
//!
//! # Ten things to do
//!
//! | to | use |
//! |---|---|
//! | trust a private CA, for its own names only | [`CustomCa`], [`CustomCa::only_for`], [`Zone::for_host`] |
//! | pin the keys of a host | [`Pins`], or [`PinSet`] for a file or a signed bundle ([`pins`]) |
//! | present a client certificate, and rotate it | [`ClientIdentity`], [`identity::IdentityHandle`] |
//! | check revocation: CRLs, stapled OCSP, CRLite | [`revocation::Revocation`] |
//! | require Certificate Transparency | [`transparency::Transparency`] |
//! | trust devices with self-signed certificates | [`ZoneBuilder::first_use`], [`ZoneBuilder::exactly`] |
//! | follow files that change, without a restart | `watch::Watched` (feature `watch`), [`PolicyHandle`] |
//! | explain a refusal, and replay it elsewhere | [`Refusal::explain`], [`capsule::Capsule`] |
//! | show and compare everything that a policy decides by | [`Policy::effective`], [`Shadow`] |
//! | be notified: expiries, changed keys, failed reloads | [`PolicyBuilder::events`], [`events::Event`] |
//!
//! Any rustls client can use a policy: reqwest, ureq, tonic, tokio-postgres and others take
//! [`Policy::client_config`]; [`Policy::receipt_of`] returns the receipt of a connection, and
//! [`Refusal::find_in`] the refusal inside an error. With the feature `tokio`, `Policy::connect`
//! makes a verified stream for protocols that are not HTTP.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | aws-lc-rs as the crypto provider |
//! | `ring` | | ring as the crypto provider, if `aws-lc-rs` is off; it has no post-quantum group, so X25519 is offered first |
//! | `bundled` | | `Anchors::bundled`: Mozilla's roots, compiled in |
//! | `crlite` | | `Crlite`: revocation by the filters that Mozilla publishes |
//! | `metrics` | | counts the events of a policy with the crate `metrics` |
//! | `tokio` | | `Policy::connect`: verified streams |
//! | `watch` | | `Watched`: policies and client certificates that follow their files |
//! | `danger-insecure-grants` | | the module `danger`: exceptions from verification, each for one host with an expiry |
//!
//! No feature alone reduces what is verified.

#![cfg_attr(docsrs, feature(doc_cfg))]

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
