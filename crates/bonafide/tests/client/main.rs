//! The client against real servers on loopback.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod bodies;
mod building;
mod bursts;
mod call_events;
mod checks;
mod clumsy_layers;
mod events;
mod executed;
mod failures;
mod framing;
mod heads;
mod hosts;
mod kept;
mod layers;
mod marked;
mod multipart;
mod names;
mod plain_http;
mod progress;
mod proxies;
mod proxy_refusals;
mod reading;
mod rebuilt;
mod redirects;
mod requests;
mod responses;
mod retries;
mod secrets;
mod service;
mod socks;
mod support;
mod timeouts;
mod trailers;
mod uploads;
