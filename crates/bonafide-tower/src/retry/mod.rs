//! Middleware that sends requests again which failed, and the rule by which it does.

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
