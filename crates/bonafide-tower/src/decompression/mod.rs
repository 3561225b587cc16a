//! Middleware that asks for encoded bodies and decodes them, and the rule by which it does.
//!
#![cfg_attr(
    all(feature = "connector", feature = "decompression-gzip"),
    doc = "```"
)]
#![cfg_attr(
    not(all(feature = "connector", feature = "decompression-gzip")),
    doc = "```ignore"
)]
//! use bonafide_testkit::{Recipe, TestCa, TestServer};
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::decompression::{DecodingLimits, DecompressionLayer};
//! use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::{HeaderValue, Request, Response};
//! use http_body_util::{BodyExt, Empty};
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let ca = TestCa::new();
//! # let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//! #     .handler(|_| async {
//! #         let hello = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
//! #         let mut response = Response::new(hello.to_vec());
//! #         let gzip = HeaderValue::from_static("gzip");
//! #         response.headers_mut().insert("content-encoding", gzip);
//! #         response
//! #     })
//! #     .start()
//! #     .await;
//! # let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! let limits = DecodingLimits::default().with_max_bytes(64 * 1024 * 1024);
//! let client = ServiceBuilder::new()
//!     .layer(DecompressionLayer::new().with_limits(limits))
//!     .service(Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy)));
//!
//! let request = Request::get(server.url("/")).body(Empty::<Bytes>::new())?;
//! let response = client.oneshot(request).await?;
//! assert!(!response.headers().contains_key("content-encoding"));
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "hello");
//! # Ok(())
//! # }
//! ```
//!
//! # Codings
//!
//! | feature | `Content-Encoding` | what is decoded |
//! |---|---|---|
//! | `decompression-br` | `br` | one stream of RFC 7932 |
//! | `decompression-deflate` | `deflate` | one stream of RFC 1950 (zlib), or of RFC 1951 (bare) |
//! | `decompression-gzip` | `gzip`, `x-gzip` | members of RFC 1952, one or several |
//! | `decompression-zstd` | `zstd` | frames of RFC 8878, one or several, with a window of 8 MiB at most (RFC 9659) |
//!
//! The feature `decompression` decodes nothing by itself. If several codings were applied, up
//! to [four](MAX_CODINGS) are decoded, the last one first. `identity` is skipped. The decoders are
//! those of the crate `async-compression`; that of zstd is compiled from C.
//!
//! # The header `Accept-Encoding`
//!
//! The layer sets `Accept-Encoding` to the codings of this build, unless the caller has set it or
//! `Range`: see [`accept_encoding`].
//!
//! # What is decoded
//!
//! Only the response decides: a body is decoded even if the caller has set `Accept-Encoding`. Body
//! and headers stay unchanged for a 206, which has only a part of the encoded bytes, for a response
//! without content, and if this build cannot decode one of the codings: see [`Plan::new`].
//!
//! When a body is decoded, `Content-Encoding` and `Content-Length` are removed: they do not
//! describe the decoded body. All other fields stay. Some of them describe the encoded bytes: a
//! strong `ETag`, by which the server knows the response, and `Content-MD5`, `Content-Digest` and
//! `Repr-Digest`, which are hashes of them. A layer that checks such a hash belongs inside of this
//! one.
//!
//! # As a stream
//!
//! Data is decoded as soon as it arrives: everything that the server has flushed, and each gzip
//! member or zstd frame when its last byte has arrived. This is needed for streams such as a watch
//! of Kubernetes. The memory does not grow with the body: it is a piece of 32 KiB, and for each
//! coding a window, which is 32 KiB for gzip and deflate, up to 8 MiB for zstd and up to 16 MiB for
//! br. See [`DecodedBody`].
//!
//! # Bodies that are errors
//!
//! Reading a body fails with [`DecompressionError`] if it is one
//!
//! - that decodes to more than 1,000 times its size, once it has more than 1 MiB, or to more bytes
//!   than the caller allows: [`DecodingLimits`] has both;
//! - that ends before its encoded data is complete. curl accepts such a body in gzip;
//! - that continues after its encoded data has ended, except with zero bytes after the last gzip
//!   member, which gzip(1) skips. Clients disagree about such bodies: curl refuses every byte after
//!   the first gzip member, Go refuses what does not begin a further member, and Chromium ignores
//!   all of it, further members included;
//! - that is corrupt, or needs a dictionary or a zstd window of more than 8 MiB.
//!
//! An empty body is valid in every coding.
//!
//! # Without the layer
//!
//! A client that does not use the layer can call [`accept_encoding`] for the request, [`Plan::new`]
//! and [`Plan::edit_headers`] for the head of the response, and [`DecodedBody::new`] for its body.

mod body;
mod coding;
mod decoder;
mod error;
mod future;
mod layer;
mod limits;
mod member;
mod pipeline;
mod rule;
mod service;
mod stage;
#[cfg(test)]
mod tests;
mod zstd_frame;

pub use self::body::DecodedBody;
pub use self::coding::Coding;
pub use self::error::DecompressionError;
pub use self::future::ResponseFuture;
pub use self::layer::DecompressionLayer;
pub use self::limits::DecodingLimits;
pub use self::rule::{MAX_CODINGS, Plan, accept_encoding};
pub use self::service::Decompression;
