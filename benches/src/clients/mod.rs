//! The clients under measurement, behind one trait.

mod bonafide;
#[cfg(feature = "peers")]
mod hyper_util;
mod raw;
#[cfg(feature = "peers")]
mod reqwest;
#[cfg(feature = "rules")]
mod rules;
mod trust;

use std::future::Future;

use bytes::Bytes;
use clap::ValueEnum;
use http::HeaderValue;

pub(crate) use self::bonafide::Bonafide;
#[cfg(feature = "peers")]
pub(crate) use self::hyper_util::HyperUtil;
pub(crate) use self::raw::Raw;
#[cfg(feature = "peers")]
pub(crate) use self::reqwest::Reqwest;
#[cfg(feature = "rules")]
pub(crate) use self::rules::Rule;
#[cfg(feature = "peers")]
pub(crate) use self::trust::{config, policy};
use crate::Failure;
use crate::servers::Destination;

/// What bonafide sends by default; the peers are given the same fields, so that all send and
/// compress as much.
const ACCEPT: HeaderValue = HeaderValue::from_static("*/*");
/// As [`ACCEPT`].
pub(crate) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("bonafide/", env!("CARGO_PKG_VERSION")));

/// A client that the bench measures. Each is set up as it comes, but for trust, name lookup and
/// `Keep`.
pub(crate) trait Client: Clone + Send + Sync + Sized + 'static {
    /// Which one it is.
    const WHICH: Which;

    /// A client that knows the destination's address, trusts its authority alone, and shares
    /// nothing with those made before.
    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure>;

    /// The same client for a task that sends one request after the other.
    fn worker(&self) -> Self {
        self.clone()
    }

    /// The whole body of the answer to a `GET`.
    fn get(&self, url: &str) -> impl Future<Output = Result<Bytes, Failure>> + Send;
}

/// A client that can be had without a word about trust.
#[cfg(feature = "peers")]
pub(crate) trait BySystemRoots: Client {
    /// A client that trusts the system's roots.
    fn with_system_roots() -> Result<Self, Failure>;

    /// Loads the roots that [`with_system_roots`](Self::with_system_roots) put off.
    fn load(&self) -> Result<(), Failure> {
        Ok(())
    }
}

/// What becomes of a connection when a request is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is kept, as long as the client does that by default.
    Connections,
    /// It is kept, however many there are.
    #[cfg(feature = "peers")]
    All,
    /// It is closed.
    Nothing,
}

/// The name of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Which {
    /// The client of this repository.
    Bonafide,
    /// reqwest.
    #[cfg(feature = "peers")]
    Reqwest,
    /// hyper-util's `legacy` client over hyper-rustls.
    #[cfg(feature = "peers")]
    HyperUtil,
    /// hyper's connections over tokio-rustls, and nothing else.
    Raw,
}

impl Which {
    /// In the order of the report.
    pub(crate) const ALL: &[Self] = &[
        Self::Bonafide,
        #[cfg(feature = "peers")]
        Self::Reqwest,
        #[cfg(feature = "peers")]
        Self::HyperUtil,
        Self::Raw,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bonafide => "bonafide",
            #[cfg(feature = "peers")]
            Self::Reqwest => "reqwest",
            #[cfg(feature = "peers")]
            Self::HyperUtil => "hyper-util",
            Self::Raw => "raw",
        }
    }
}
