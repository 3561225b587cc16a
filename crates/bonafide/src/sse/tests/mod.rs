//! What is parsed, and when the stream connects again.

mod parser;
mod reconnect;
