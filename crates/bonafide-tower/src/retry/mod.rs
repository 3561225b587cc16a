//! Middleware that sends requests again which failed, and the rule by which it does.
//!
#![cfg_attr(feature = "connector", doc = "```")]
#![cfg_attr(not(feature = "connector"), doc = "```ignore")]
//! use bonafide_tower::BoxError;
//! use bonafide_tower::connector::VerifiedConnector;
//! use bonafide_tower::retry::RetryLayer;
//! # use bonafide_testkit::{Recipe, TestCa, TestServer};
//! # use bonafide_testkit::server::TestBody;
//! # use bonafide_verify::{Anchors, Policy};
//! use bytes::Bytes;
//! use http::Request;
//! # use http::{Response, StatusCode};
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! # let ca = TestCa::new();
//! # let asked = std::sync::atomic::AtomicBool::new(false);
//! # let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
//! #     .handler(move |_| {
//! #         let mut response = Response::new(TestBody::from("hello"));
//! #         if !asked.swap(true, std::sync::atomic::Ordering::SeqCst) {
//! #             *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
//! #         }
//! #         async move { response }
//! #     })
//! #     .start()
//! #     .await;
//! # let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
//! # let url = server.url("/");
//! let client = Client::builder(TokioExecutor::new()).build(VerifiedConnector::new(policy));
//! let client = ServiceBuilder::new().layer(RetryLayer::new()).service(client);
//! let response = client.oneshot(Request::get(url).body(Empty::<Bytes>::new())?).await?;
//! # assert_eq!(response.status(), StatusCode::OK);
//! # assert_eq!(server.request_count(), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent again
//!
//! How far an attempt got ([`Delivery`]) decides, with the method of the request:
//!
//! | the attempt | idempotent by method or by key | any other request |
//! |---|---|---|
//! | was not sent, or was refused unprocessed | again | again |
//! | may have been processed | again | no |
//! | was answered with 408, 429, 500, 502, 503 or 504 | again | no |
//! | was answered with 421 | again, once, over a fresh connection | the same |
//! | failed with `HTTP_1_1_REQUIRED` | again, once, over HTTP/1.1 | the same |
//! | was refused, or failed by a policy or a TLS alert | no | no |
//!
//! `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT` and `DELETE` are idempotent by method (RFC 9110 section
//! 9.2.2), and a request with an [`IdempotencyKey`] is by key. An answered request counts as
//! processed: a status makes no `POST` repeatable, but for 421 (section 15.5.20).
//!
//! The table is that of [`Standard`], which finds out what an attempt came to; a [`Classify`] of
//! your own takes its place. Without the feature `connector` it does not know the errors of
//! hyper-util's client, so that each of them says that the request may have been processed.
//!
//! # How often, and when
//!
//! | limit | default | setter |
//! |---|---|---|
//! | attempts in all | 3 | [`Retry::with_max_attempts`] |
//! | wait before the first retry, drawn from 0 to | 100 ms, then twice as much, up to 10 s | [`Retry::with_backoff`] |
//! | `Retry-After`, in seconds or as a date | 60 s | [`Retry::with_max_retry_after`] |
//! | retries of all calls to one origin | 100, and one for every 5 calls | [`RetryLayer::with_budgets`] |
//! | origins with a budget of their own | 1,024 | [`Budgets::with_max_keys`] |
//!
//! A retry is never earlier than `Retry-After` says, and the jitter comes on top of it. Where a limit
//! is reached, a body is [there once only](RepeatBody), or the call's [`Deadline`] would pass, the
//! last response or error is that of the call, as it is: see [`GiveUp`]. A retry is taken out of the
//! budget before its wait. A call that is dropped while it waits does not give it back.
//!
//! No body is kept in order to be sent again: a request has one that can be repeated, or is sent once.
//! The body of a response whose request is sent again is read, up to 64 KiB, so that its connection
//! can be used again, and dropped. This goes on during the wait, and for 300 ms at least.
//!
//! # What is left
//!
//! A response has [`Attempts`] in its extensions: how many were made, and the idempotency key. Put one
//! into a request to know it where the call fails. An [`Observer`] sees each decision as it is made.
//!
//! The inner service is cloned for each call, and the request's head is copied for each attempt.
//!
//! # Several layers
//!
//! Retries of several layers do not multiply. A layer sees in a request's extensions how many attempts
//! one further out leaves it, and notes there that it gave up; the one further out then gives up too.
//! A layer that repeats requests without such a note, or one that makes new extensions, is not seen.
//!
//! The layer belongs inside of what acts on each hop (redirects, cookies), and outside of what acts on
//! each attempt (tracing, rate limits, and credentials that are made for one attempt). It needs a
//! tokio runtime with its time enabled; where there is no runtime, nothing is sent again.
//!
//! # By another client
//!
//! A client that retries by itself drives the rule without the layer: a [`Course`] a call, and
//! [`Budgets`] under keys of its own.

mod attempts;
mod backoff;
mod budget;
mod call;
mod classify;
mod course;
mod deadline;
mod delivery;
mod discard;
mod error;
mod future;
mod key;
mod layer;
mod observer;
mod retry_after;
mod rule;
mod service;
#[cfg(test)]
mod tests;

pub use self::attempts::Attempts;
pub use self::backoff::{Backoff, random_bits};
pub use self::budget::{Budget, BudgetKey, Budgets};
pub use self::classify::{Classify, Outcome, Standard};
pub use self::course::{Course, Ended};
pub use self::deadline::Deadline;
pub use self::delivery::Delivery;
pub use self::error::RetryError;
pub use self::future::ResponseFuture;
pub use self::key::{IdempotencyKey, Keys};
pub use self::layer::RetryLayer;
pub use self::observer::{Decision, Observer};
pub use self::retry_after::retry_after;
pub use self::rule::{Again, GiveUp, Over, Retry, Seen, Step, is_idempotent};
pub use self::service::RetryService;
pub use crate::repeat_body::RepeatBody;
