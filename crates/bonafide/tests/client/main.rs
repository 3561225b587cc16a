//! The client against real servers on loopback.

mod bodies;
mod bursts;
mod failures;
mod plain_http;
mod proxies;
mod redirects;
mod requests;
mod retries;
mod service;
mod support;
mod timeouts;
