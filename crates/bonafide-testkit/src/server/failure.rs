//! Panics on the server's side, kept until the test can be failed with them.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;

#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<Vec<String>>);

impl Failures {
    /// Runs something of the server's. A panic in it is noted and gives `None`.
    pub(super) async fn guard<T>(&self, what: &str, work: impl Future<Output = T>) -> Option<T> {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => Some(done),
            Err(payload) => {
                self.note(format!("{what} panicked: {}", text(&*payload)));
                None
            }
        }
    }

    /// Keeps what went wrong for [`fail_test`](Self::fail_test).
    pub(super) fn note(&self, message: String) {
        self.noted().push(message);
    }

    /// Fails the running test if anything was noted.
    pub(super) fn fail_test(&self) {
        let failures = std::mem::take(&mut *self.noted());
        assert!(failures.is_empty(), "{}", failures.join("; "));
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
