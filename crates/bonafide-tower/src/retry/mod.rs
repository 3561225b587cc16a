//! Middleware that retries failed requests, and the rule that decides when.
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
//! The decision depends on how far the attempt got ([`Delivery`](crate::delivery::Delivery)) and on
//! the method of the request:
//!
//! | the attempt | idempotent by method or by key | any other request |
//! |---|---|---|
//! | was not sent, or was refused unprocessed | again | again |
//! | may have been processed | again | no |
//! | was answered with 408, 429, 500, 502, 503 or 504 | again | no |
//! | was answered with 421 | again, once, over a fresh connection | again, once, over a fresh connection |
//! | failed with `HTTP_1_1_REQUIRED` | again, once, over HTTP/1.1 | again, once, over HTTP/1.1 |
//! | ended because the server was refused, by a policy error or by a TLS alert | no | no |
//!
//! `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT` and `DELETE` are idempotent by method (RFC 9110 section
//! 9.2.2), and a request with an [`IdempotencyKey`] is idempotent by key. An answered request
//! counts as processed: apart from 421 (section 15.5.20), no status allows a `POST` to be sent
//! again.
//!
//! [`Standard`] classifies each attempt for this table; pass your own [`Classify`] to replace it.
//! Without the feature `connector`, [`Standard`] does not know the errors of hyper-util's client
//! and treats each of them as "may have been processed".
//!
//! # How often, and when
//!
//! | limit | default | setter |
//! |---|---|---|
//! | attempts of a request, or of each hop where redirects are followed outside of the layer | 3 | [`Retry::with_max_attempts`] |
//! | longest wait before the first retry (the wait is random) | 100 ms, doubled for each further retry, up to 10 s | [`Retry::with_backoff`] |
//! | longest `Retry-After` that is followed | 60 s | [`Retry::with_max_retry_after`] |
//! | retries of all calls to one origin | 100, and one more for every 5 calls | [`RetryLayer::with_budgets`] |
//! | origins with separate budgets | 1,024 | [`Budgets::with_max_keys`] |
//!
//! A retry never comes earlier than `Retry-After` says; the random wait is added to it. The layer
//! gives up, and returns the last response or error unchanged, when a limit is reached, when the
//! request's body [cannot be repeated](RepeatBody), or when the wait would go past the call's
//! [`Deadline`]: see [`GiveUp`]. A retry is taken from the budget before its wait. It is not
//! returned if the call is dropped during the wait: callers that give up early and call again would
//! otherwise wait with more retries than the budget has.
//!
//! The layer does not buffer request bodies: a request whose body cannot be repeated is sent once.
//! Before a retry, the layer reads up to 64 KiB of the previous response's body and drops it, so
//! that the connection can be used again. It reads during the wait, or for up to 300 ms if the wait
//! is shorter.
//!
//! # Attempts and decisions
//!
//! Each response has [`Attempts`] in its extensions: the number of attempts, and the idempotency
//! key. To have them for a failed call too, put your own `Attempts` into the request. An
//! [`Observer`] sees each decision.
//!
//! The inner service is cloned for each call, and the request's head is copied for each attempt.
//!
//! # Several layers
//!
//! Retries of several layers do not multiply. The outer layer writes into the request's extensions
//! how many attempts are left; an inner layer makes no more than these, and records there that it
//! gave up. The outer layer then gives up too. This does not work with a layer that retries without
//! these records or that replaces the extensions.
//!
//! A layer between the two that follows redirects sends several hops. What the outer layer, or a
//! caller with [`Attempts::up_to`], allows is allowed for all hops together; the inner layer's own
//! limit begins again at each hop. The first attempt of a hop is not a retry: it is always made,
//! and takes nothing from what the outer layer allows.
//!
//! Put the layer inside of layers that act on each hop (redirects, cookies), and outside of layers
//! that act on each attempt (tracing, rate limits, credentials that are made for one attempt). It
//! needs a tokio runtime with time enabled; without a runtime it does not retry.
//!
//! # Without the layer
//!
//! A client with its own retries can use the rule without the layer: one [`Course`] for each call,
//! and [`Budgets`] with its own keys.

mod attempts;
mod backoff;
mod budget;
mod call;
mod classify;
mod course;
mod deadline;
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
pub use self::error::RetryError;
pub use self::future::ResponseFuture;
pub use self::key::{IdempotencyKey, Keys};
pub use self::layer::RetryLayer;
pub use self::observer::{Decision, Observer};
pub use self::retry_after::retry_after;
pub use self::rule::{Again, GiveUp, Over, Retry, Seen, Step};
pub use self::service::RetryService;
pub use crate::repeat_body::RepeatBody;
