//! An HTTPS client in which every response can show why its server was trusted.
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
//! A [`Policy`] says which servers are trusted: trust anchors, pins, profiles and checks of your
//! own, for each host. It is a type of the crate `bonafide-verify`, which is re-exported as
//! [`verify`]. If the policy refuses a server, the request fails with an [`Error`] that holds the
//! [`Refusal`], before a byte of the request is sent.
//!
//! # What people come for
//!
//! | | |
//! |---|---|
//! | send one request, or keep a client | [`get`], [`Client`], [`Client::builder`] |
//! | a body, JSON, a form, headers, credentials | [`RequestBuilder`] |
//! | look at a request before it is sent | [`Request`], [`RequestBuilder::build`], [`Client::execute`], [`RequestBuilder::from_parts`] |
//! | send files, streams, forms with files, and watch their progress | [`Body`], [`multipart`], [`Body::on_progress`] |
//! | read a response: text, JSON, bytes, a stream, lines, a reader, trailers | [`Response`], [`Lines`], [`BodyReader`] |
//! | download a file, whole or not at all: resume it, verify its digest, watch its progress | `RequestBuilder::download_to`, the module `download` (feature `download`) |
//! | read server-sent events, and go on after a lost connection | the module `sse` (feature `sse`) |
//! | wait for the server's go-ahead, see early hints | [`RequestBuilder::expect_continue`], [`RequestBuilder::on_informational`] |
//! | trust your own CA, for all hosts or for some | [`ClientBuilder::policy`], [`verify::CustomCa`], [`verify::Zone`] |
//! | pin keys | [`verify::Pins`] |
//! | see why a server was trusted | [`Response::receipt`], [`Receipt`] |
//! | handle an error: its kind, code and explanation | [`Error`], [`Kind`], [`Error::explain`] |
//! | know whether a failed request may be sent again | [`Error::delivery`], [`Error::is_retryable`] |
//! | send failed requests again, within a budget | `ClientBuilder::retry`, the module `retry` (feature `retry`) |
//! | keep cookies, answer challenges, refresh tokens | the modules `cookies` and `auth`, features of these names |
//! | headers for one origin, API keys among them | [`ClientBuilder::default_header_at`], [`ClientBuilder::secret_header_at`] |
//! | set time limits and size caps | [`limits`] |
//! | test a program that uses a client | `testing` (feature `testing`) without a network; `bonafide-testkit` over TLS that is verified |
//! | see where the time went | [`Response::timings`], [`Error::timings`] |
//! | be notified of each step: lookup, handshake, pool, retry, redirect | [`events`] |
//! | call it from a program without async code | the module `blocking`, with the feature of that name |
//! | proxies, redirects, tower layers | [`Proxy`], [`Redirects`](redirect::Redirects), [`ClientBuilder::layer`] |
//!
//! The names of other crates that these need are here too: [`http`], [`header`], [`Method`],
//! [`StatusCode`], [`Version`], [`Bytes`] and [`Url`].
//!
//! # What is on by default
//!
//! | | default | changed by |
//! |---|---|---|
//! | verification | chain, name, time, key possession | [`ClientBuilder::policy`] |
//! | `http://` | refused | [`ClientBuilder::allow_plain_http`] |
//! | redirects | followed, never from https to http | [`ClientBuilder::redirects`], [`RequestBuilder::redirects`] |
//! | HTTP version | HTTP/2 if the server selects it by ALPN, else HTTP/1.1 | [`ClientBuilder::http1_only`], [`ClientBuilder::http2_only`], [`RequestBuilder::http1_only`], [`RequestBuilder::http2_only`] |
//! | decoding of responses | on where a coding's feature is on | `ClientBuilder::no_decompression` |
//! | framing | set by the client; a caller's `Content-Length` must be the body's length | |
//! | cookies, credentials, hosts that are asked over https alone | none | `ClientBuilder::cookies`, `credential`, `hsts` |
//! | default headers | `Accept` and `User-Agent` | [`ClientBuilder::default_headers`], [`ClientBuilder::default_header_at`] |
//! | proxy | none, and no environment variable is read | [`ClientBuilder::proxy`] |
//! | a caller's tower layers | none | [`ClientBuilder::layer`], [`ClientBuilder::hop_layer`] |
//! | repeating a request | if it provably was not processed, over HTTP/1.1 if the server requires that; once, if it is idempotent and a kept connection was closed | `ClientBuilder::retry` |
//! | time limits and size caps | each has a default | [`limits`] |
//!
//! # Runtimes
//!
//! A client may be used from several tokio runtimes. Each runtime has its own connections, and
//! limits on connections apply to one origin, one runtime and one choice of
//! [versions](versions::Versions). If a runtime is shut down, or no
//! longer driven, the requests on other runtimes are not affected. Its own requests fail with
//! [`Kind::Canceled`]. A request that is polled outside a runtime fails with [`Kind::NoRuntime`].
//!
//! The runtime needs its I/O and time drivers (`enable_all`); without them tokio panics.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `aws-lc-rs` | yes | aws-lc-rs as the crypto provider |
//! | `charset` | yes | text in charsets other than UTF-8; `Response::text_with_default_charset` |
//! | `form` | yes | `RequestBuilder::form` and `RequestBuilder::query` |
//! | `json` | yes | `RequestBuilder::json`, `Response::json`, `EventPost` |
//! | `ring` | | ring as the crypto provider if `aws-lc-rs` is off; it has no post-quantum group |
//! | `auth` | | `ClientBuilder::credential`: sends credentials where they are bound to, answers challenges, refreshes tokens |
//! | `bundled` | | Mozilla's roots, compiled in |
//! | `cookies` | | `ClientBuilder::cookies`: keeps cookies (RFC 6265bis), each zone its own |
//! | `crlite` | | checks revocation by the filters that Mozilla publishes |
//! | `file-store` | | `store::FileStore`: cookies and HSTS hosts in files, crash-safe |
//! | `metrics` | | counts the events of a policy with the crate `metrics` |
//! | `watch` | | `verify::watch::Watched`: policies that follow their files |
//! | `sse` | | the module `sse`: server-sent events, over as many connections as it takes |
//! | `hsts` | | `ClientBuilder::hsts`: hosts that said so are requested over https alone |
//! | `retry` | | `ClientBuilder::retry`: sends failed requests again where that is safe |
//! | `gzip`, `br`, `zstd`, `deflate` | | decode responses in these codings as they arrive, within limits |
//! | `download` | | `RequestBuilder::download_to`: files with digests, which resume where a rule of retries is set; includes the feature `retry` |
//! | `blocking` | | the module `blocking`: the client for programs without async code |
//! | `testing` | | the module `testing`: a client without a network, for tests |
//! | `danger-insecure-grants` | | the module `danger`: loud, dated exceptions |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "blocking")]
pub mod blocking;
mod body;
mod client;
mod connect;
#[cfg(feature = "danger-insecure-grants")]
pub mod danger;
#[cfg(feature = "download")]
pub mod download;
mod error;
#[cfg(feature = "json")]
mod event_post;
pub mod events;
mod exchange;
mod header_names;
pub mod limits;
pub mod multipart;
mod observe;
mod origin;
mod pool;
mod protocol;
mod proxy;
mod response;
#[cfg(feature = "retry")]
pub mod retry;
mod router;
#[cfg(feature = "sse")]
pub mod sse;
mod stack;
#[cfg(feature = "testing")]
pub mod testing;
pub mod versions;

pub use ::http;
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub use bonafide_tower::assurance;
#[cfg(feature = "auth")]
pub use bonafide_tower::auth;
#[cfg(feature = "cookies")]
pub use bonafide_tower::cookies;
#[cfg(feature = "decompression")]
pub use bonafide_tower::decompression;
#[cfg(feature = "hsts")]
pub use bonafide_tower::hsts;
pub use bonafide_tower::redirect;
#[cfg(any(feature = "cookies", feature = "hsts"))]
pub use bonafide_tower::store;
pub use bonafide_verify as verify;
pub use bonafide_verify::{Code, Policy, Receipt, Refusal};
pub use bytes::Bytes;
pub use http::{Method, StatusCode, Version, header};
pub use url::Url;

pub use self::body::{Body, BodyReader};
pub use self::client::{Client, ClientBuilder, Request, RequestBuilder};
pub use self::connect::ConnectionInfo;
pub use self::error::{Delivery, Error, Kind, Phase, ProxyError, ProxyRefusal, SocksReply};
#[cfg(feature = "json")]
pub use self::event_post::EventPost;
pub use self::observe::{OpeningTimes, Timings};
pub use self::origin::IntoUrl;
pub use self::proxy::Proxy;
pub use self::response::{BytesStream, Lines, Response};
pub use self::stack::{Next, ResponseFuture};

/// Sends a `GET` of `url` with a client that the whole process shares: a [`Client::new`] that the
/// first call creates.
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
