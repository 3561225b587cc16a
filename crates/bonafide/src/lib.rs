//! An HTTPS client in which every response can show why its server was believed.
//!
//! ```
//! # async fn show() -> Result<(), bonafide::Error> {
//! let response = bonafide::get("https://example.com/").await?;
//! if let Some(receipt) = response.receipt() {
//!     println!("{receipt}");
//! }
//! println!("{}", response.text().await?);
//! # Ok(())
//! # }
//! ```
//!
//! Whom to believe is a [`Policy`] of the crate `bonafide-verify`, which is here as [`verify`]: trust
//! anchors, pins, profiles and checks of your own, for each host. A server that the policy does not believe is an
//! [`Error`] with a [`Refusal`] in one line, before a byte of the request is sent.
//!
//! ```
//! use bonafide::verify::{Anchors, CustomCa, Policy, Zone};
//! use bonafide::Client;
//!
//! # let ca = bonafide_testkit::TestCa::new();
//! # let pem = ca.pem();
//! let policy = Policy::builder()
//!     .zone(Zone::for_host("**.corp.example").anchors(Anchors::only(CustomCa::pem("corp", pem))))
//!     .build()?;
//! let client = Client::builder().policy(policy).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is on by default
//!
//! | | default | changed by |
//! |---|---|---|
//! | verification | chain, name, time, key possession | [`ClientBuilder::policy`] |
//! | `http://` | refused | [`ClientBuilder::allow_plain_http`] |
//! | redirects | up to 10, never from https to http | [`ClientBuilder::redirects`] |
//! | connecting | 10 s, then 10 s for TLS | [`ClientBuilder::connect_timeout`], [`ClientBuilder::handshake_timeout`] |
//! | waiting for a connection or a stream that others use | 60 s | [`ClientBuilder::pool_timeout`] |
//! | answering | 30 s for the headers, 30 s between pieces of the body | [`ClientBuilder::headers_timeout`], [`ClientBuilder::read_timeout`] |
//! | the whole request | no limit | [`ClientBuilder::timeout`], [`RequestBuilder::timeout`] |
//! | HTTP/2 | by ALPN, pinged every 30 s | [`ClientBuilder::http2_ping_interval`] |
//! | proxy | none, and no environment variable is read | [`ClientBuilder::proxy`] |
//! | the page of a proxy that refuses | up to 64 KiB, for up to 1 s | |
//! | repeating a request | if it provably was not processed; once, if it is idempotent and a kept connection was closed | |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | aws-lc-rs as the crypto provider |
//! | `ring` | | ring as the crypto provider, where `aws-lc-rs` is off; it has no post-quantum group |
//! | `bundled` | | Mozilla's roots, compiled in |
//! | `crlite` | | revocation by the filters that Mozilla publishes |
//! | `metrics` | | the events of a policy, counted for the recorder of the crate `metrics` |
//! | `watch` | | `verify::Watched`: policies that follow their files |
//! | `danger-insecure-grants` | | the module `danger`: loud, dated exceptions |

mod body;
mod client;
mod connect;
#[cfg(feature = "danger-insecure-grants")]
pub mod danger;
mod error;
mod event_post;
mod exchange;
mod header_names;
mod pool;
mod proxy;
mod redirect;
mod request;
mod response;
mod target;
mod timeouts;
mod timings;

pub use bonafide_verify as verify;
pub use bonafide_verify::{Code, Policy, Receipt, Refusal};

pub use self::body::Body;
pub use self::client::{Client, ClientBuilder, ResponseFuture};
pub use self::connect::ConnectionInfo;
pub use self::error::{Error, Kind, Phase, ProxyError, ProxyRefusal, SocksReply};
pub use self::event_post::EventPost;
pub use self::proxy::Proxy;
pub use self::redirect::{Hop, Redirects};
pub use self::request::{RequestBuilder, RequestTimeouts};
pub use self::response::{BytesStream, Response};
pub use self::target::IntoUrl;
pub use self::timings::{OpeningTimes, Timings};

/// Sends a `GET` of `url` with a client that the whole process shares: a [`Client::new`], made at the
/// first call.
///
/// ```
/// # async fn show() -> Result<(), bonafide::Error> {
/// let text = bonafide::get("https://example.com/").await?.text().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`RequestBuilder::send`].
pub async fn get(url: impl IntoUrl) -> Result<Response, Error> {
    client::shared().get(url).send().await
}

/// The examples of the crate's front page compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct FrontPage;
