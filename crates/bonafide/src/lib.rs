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
//! | redirects | followed, never from https to http | [`ClientBuilder::redirects`] |
//! | HTTP/2 | by ALPN | |
//! | framing | the client's; a caller's `Content-Length` has to be the body's | |
//! | proxy | none, and no environment variable is read | [`ClientBuilder::proxy`] |
//! | a caller's tower layers | none | [`ClientBuilder::layer`], [`ClientBuilder::hop_layer`] |
//! | repeating a request | if it provably was not processed; once, if it is idempotent and a kept connection was closed | |
//!
//! # Bounds
//!
//! Each has a default, and the error that it causes names it.
//!
//! | bound | default | changed by |
//! |---|---|---|
//! | looking up the host and connecting, the proxy included | 10 s | [`ClientBuilder::connect_timeout`] |
//! | TLS handshake | 10 s | [`ClientBuilder::handshake_timeout`] |
//! | waiting for a connection or a stream that others use | 60 s | [`ClientBuilder::pool_timeout`] |
//! | from the last byte of the request to the response's headers | 30 s | [`ClientBuilder::headers_timeout`], [`RequestBuilder::headers_timeout`] |
//! | between two pieces of the response's body | 30 s | [`ClientBuilder::read_timeout`], [`RequestBuilder::read_timeout`] |
//! | the whole request with its redirects | none | [`ClientBuilder::timeout`], [`RequestBuilder::timeout`] |
//! | redirects | 10 | [`ClientBuilder::redirects`] |
//! | bytes of a response's headers | 64 KiB | [`ClientBuilder::max_header_bytes`] |
//! | header fields of an HTTP/1.1 response | 100 | [`ClientBuilder::http1_max_headers`] |
//! | bytes of a body that is collected | 64 MiB | [`ClientBuilder::max_body_bytes`], [`Response::bytes_limited`], [`Response::text_limited`], [`Response::json_limited`] |
//! | bytes of a body that is read in pieces | none | |
//! | unread bytes of a dropped HTTP/1.1 response that keep its connection | 64 KiB | |
//! | connections to one origin | none | [`ClientBuilder::max_connections_per_host`] |
//! | HTTP/2 connections to one origin | 8 | [`ClientBuilder::max_http2_connections_per_host`] |
//! | unused HTTP/1.1 connections of one origin | 128 | [`ClientBuilder::pool_max_idle_per_host`] |
//! | life of an unused connection | 90 s | [`ClientBuilder::pool_idle_timeout`] |
//! | origins whose connections are kept apart, those in use not counted | 512 | |
//! | origins remembered with their zones | 256 | |
//! | between two pings on HTTP/2 | 30 s | [`ClientBuilder::http2_ping_interval`] |
//! | answering a ping | 10 s | [`ClientBuilder::http2_ping_timeout`] |
//! | sending a request that servers refuse unprocessed, in all | 3 times | |
//! | silence of an HTTP/2 connection under a request that is given up; then no further request uses it until something arrives | 1 s | |
//! | requests on one HTTP/2 connection that are given up; then another connection takes its place | 512 | |
//! | the page of a proxy that refuses | 64 KiB, 1 s | |
//! | bytes of a `Location` or a reason phrase that an error repeats | 128 | |
//!
//! # Runtimes
//!
//! A client may be used from several tokio runtimes. Each has its own connections, as the limits on
//! connections are for one origin and one runtime: a runtime that is shut down, or driven no more, takes
//! nothing from the others. A request that was under way on it fails with [`Kind::Canceled`], one that is
//! polled outside a runtime with [`Kind::NoRuntime`].
//!
//! The runtime needs its I/O and time drivers (`enable_all`); without them tokio panics.
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
mod limits;
mod observe;
mod origin;
mod pool;
mod protocol;
mod proxy;
mod response;
mod router;
mod stack;

pub use ::http;
pub use bonafide_tower::redirect::{Hop, Hops, Redirects};
pub use bonafide_verify as verify;
pub use bonafide_verify::{Code, Policy, Receipt, Refusal};
pub use bytes::Bytes;
pub use http::{Method, StatusCode, Version, header};
pub use url::Url;

pub use self::body::Body;
pub use self::client::{Client, ClientBuilder, RequestBuilder};
pub use self::connect::ConnectionInfo;
pub use self::error::{Delivery, Error, Kind, Phase, ProxyError, ProxyRefusal, SocksReply};
pub use self::event_post::EventPost;
pub use self::limits::RequestTimeouts;
pub use self::observe::{OpeningTimes, Timings};
pub use self::origin::IntoUrl;
pub use self::proxy::Proxy;
pub use self::response::{BytesStream, Response};
pub use self::stack::{Next, ResponseFuture};

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
