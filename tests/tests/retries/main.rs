//! The layer that retries, over hyper-util's client and servers that count.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

mod answers;
mod connections;
mod resets;
mod stage;
