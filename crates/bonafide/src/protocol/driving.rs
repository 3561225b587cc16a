//! The task of a connection.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::sender::TaskEnd;

pin_project! {
    /// Runs a connection until it ends.
    ///
    /// Written by hand because it lives as long as the connection: an `async` block would hold
    /// `connection` twice, some kilobytes for each idle connection.
    pub(super) struct Driving<C, S> {
        #[pin]
        connection: C,
        name: &'static str,
        end: TaskEnd<S>,
    }
}

impl<C, S> Driving<C, S> {
    /// A task for `connection`, which logs call `name`; `end` is dropped with it.
    pub(super) fn new(connection: C, name: &'static str, end: TaskEnd<S>) -> Self {
        Self {
            connection,
            name,
            end,
        }
    }
}

impl<C: Future<Output = hyper::Result<()>>, S> Future for Driving<C, S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if let Err(error) = ready!(this.connection.poll(cx)) {
            tracing::debug!(%error, connection = this.name, "a connection ended");
        }
        Poll::Ready(())
    }
}
