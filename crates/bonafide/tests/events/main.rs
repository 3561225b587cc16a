//! Server-sent events, from real servers on loopback and from layers in paused time.

#![expect(
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod answers;
mod ends;
mod layered;
mod reconnecting;
mod repeating;
mod server;
mod trust;
mod waiting;
