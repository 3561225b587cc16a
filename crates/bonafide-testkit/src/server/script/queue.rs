//! The queue of a script, shared by all connections of a server.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::scripted::Scripted;

/// The responses that requests get, in order.
#[derive(Debug, Default)]
pub(in crate::server) struct Script(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Scripted>,
    /// Whether the server has a script, be it an empty one.
    used: bool,
}

/// What a script has for the next request.
pub(in crate::server) enum Next {
    /// There is no script.
    Unscripted,
    /// A response.
    Response(Box<Scripted>),
    /// Nothing more.
    Exhausted,
}

impl Script {
    pub(in crate::server) fn new(responses: Option<Vec<Scripted>>) -> Self {
        Self(Mutex::new(State {
            used: responses.is_some(),
            queue: responses.unwrap_or_default().into(),
        }))
    }

    pub(in crate::server) fn push(&self, response: Scripted) {
        let state = &mut *self.state();
        state.used = true;
        state.queue.push_back(response);
    }

    pub(in crate::server) fn next(&self) -> Next {
        let state = &mut *self.state();
        match state.queue.pop_front() {
            Some(response) => Next::Response(Box::new(response)),
            None if state.used => Next::Exhausted,
            None => Next::Unscripted,
        }
    }

    pub(in crate::server) fn left(&self) -> usize {
        self.state().queue.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
