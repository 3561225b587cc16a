//! Credentials of bonafide's client.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

mod bound;
mod challenges;
mod stage;
mod tokens;
