//! What a listener is notified of, and in which order.

mod endings;
mod listeners;
mod log;
mod order;
mod property;
mod timings;
