//! Server-sent events.

mod event;
mod parser;
#[cfg(test)]
mod tests;

pub use self::event::Event;
pub use self::parser::{Parser, TooLarge};
