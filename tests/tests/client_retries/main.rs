//! Requests that bonafide's client sends again.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

mod answers;
mod budgets;
mod connections;
mod decisions;
mod kept;
mod keys;
mod layers;
mod misdirected;
mod stage;
mod waits;
