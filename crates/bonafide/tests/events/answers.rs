//! Scripts: what is answered to one request after another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// An answer to one request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// An event stream that ends.
    Events(&'static str),
    /// An event stream that breaks off.
    Broken(&'static str),
    /// An event stream after which nothing more arrives.
    Silent(&'static str),
    /// A status, with one header.
    Status(u16, &'static str, &'static str),
    /// No answer.
    Hang,
}

/// 204.
pub(crate) fn no_content() -> Answer {
    Answer::Status(204, "x-nothing", "more")
}

/// 503, without `Retry-After`.
pub(crate) fn unavailable() -> Answer {
    Answer::Status(503, "x-come", "later")
}

/// Answers in turn; the last one stays.
#[derive(Clone, Debug)]
pub(crate) struct Script(Arc<Mutex<VecDeque<Answer>>>);

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self(Arc::new(Mutex::new(answers.into_iter().collect())))
    }

    pub(crate) fn next(&self) -> Answer {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match answers.len() {
            0 | 1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        next.expect("a script has an answer")
    }
}
