//! Failed requests that are sent again: which, how often, and when.
//!
//! Off by default; [`ClientBuilder::retry`] switches it on for a client, and
//! [`RequestBuilder::retry`] for a request.
//!
//! ```
//! use bonafide::retry::Retry;
//!
//! # async fn show() -> Result<(), bonafide::Error> {
//! let client = bonafide::Client::builder().retry(Retry::standard()).build()?;
//! let response = client.get("https://shop.example/stock").send().await?;
//! println!("{} after {} attempts", response.status(), response.attempts());
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent again
//!
//! | the attempt | idempotent by method or by key | any other request |
//! |---|---|---|
//! | was not sent | again | again |
//! | may have been processed | again | no |
//! | was answered with 408, 429, 500, 502, 503 or 504 | again | no |
//! | was answered with 421 | again, once, over a fresh connection | again, once, over a fresh connection |
//! | ended because the server was refused, by an error of the policy or by a TLS alert | no | no |
//!
//! `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT` and `DELETE` are idempotent by method (RFC 9110 section
//! 9.2.2), and a request with an [`IdempotencyKey`] is idempotent by key:
//! [`RequestBuilder::idempotency_key`], or one that is made for each call
//! ([`Keys::MadeForEachCall`]). The key is the same in all attempts of a call, and
//! [`Response::idempotency_key`] and [`Error::idempotency_key`] return it.
//!
//! [`ByDelivery`] classifies the attempts; [`ClientBuilder::retry_classifier`] replaces it.
//!
//! What a server provably did not process is sent again by every client, with or without a rule, at
//! most three times in all, and once over HTTP/1.1 after `HTTP_1_1_REQUIRED`. That is part of one
//! attempt and is not counted here.
//!
//! # How often, and when
//!
//! | limit | default | setter |
//! |---|---|---|
//! | attempts of a hop, the first one included | 3 | [`Retry::with_max_attempts`] |
//! | longest wait before the first retry (the wait is random) | 100 ms, doubled for each further retry, up to 10 s | [`Retry::with_backoff`] |
//! | longest `Retry-After` that is followed | 60 s | [`Retry::with_max_retry_after`] |
//! | retries of all calls to one authority of one zone | 100, and one more for every 5 calls | [`ClientBuilder::retry_budget`] |
//!
//! A retry never comes earlier than `Retry-After` says. If a limit is reached, if the request's
//! body cannot be [repeated](crate::Body::try_clone) or if the wait would not end before the [time
//! limit of the call](crate::ClientBuilder::timeout), the call ends at once with the last response
//! or error. [`GiveUp`] lists the reasons, and [`ClientBuilder::retry_observer`] sees each
//! decision.
//!
//! A retry is taken from the budget before its wait, and is not returned if the call is dropped.
//! Until the next attempt, up to 64 KiB of the last response's body are read, for 1 s at most, so
//! that its connection can be used again; a larger or slower body is dropped.
//!
//! # Redirects and layers
//!
//! A retry repeats a hop and not the redirects before it: each hop has its own attempts.
//! [Layers](crate::ClientBuilder::layer) around the client see one request, and
//! [hop layers](crate::ClientBuilder::hop_layer) see each attempt. Retries of several layers do not
//! multiply where they share [`Attempts`], as [`RetryLayer`] does.
//!
//! In the extensions of an `http::Request` that is sent through the client as a tower service, a
//! [`Retry`] is the rule of this request, and an [`Over`] says which connection it needs. Where
//! there is a rule, [`Attempts`], [`BudgetKey`], [`Deadline`] and [`IdempotencyKey`] count as they
//! do for [`RetryLayer`].
//!
//! The rule and the layer are those of `bonafide-tower`, for use without this client as well.
//!
//! [`ClientBuilder::retry`]: crate::ClientBuilder::retry
//! [`ClientBuilder::retry_budget`]: crate::ClientBuilder::retry_budget
//! [`ClientBuilder::retry_classifier`]: crate::ClientBuilder::retry_classifier
//! [`ClientBuilder::retry_observer`]: crate::ClientBuilder::retry_observer
//! [`RequestBuilder::retry`]: crate::RequestBuilder::retry
//! [`RequestBuilder::idempotency_key`]: crate::RequestBuilder::idempotency_key
//! [`Response::idempotency_key`]: crate::Response::idempotency_key
//! [`Error::idempotency_key`]: crate::Error::idempotency_key

pub use bonafide_tower::retry::*;

pub use crate::stack::ByDelivery;
