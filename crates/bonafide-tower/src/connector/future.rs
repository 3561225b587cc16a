use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{ConnectError, ReceiptStream};

type Boxed<T> = Pin<Box<dyn Future<Output = Result<ReceiptStream<T>, ConnectError>> + Send>>;

/// The connection that a [`VerifiedConnector`](super::VerifiedConnector) makes: one allocation for
/// each connection, none for a request.
#[must_use = "futures do nothing unless polled"]
pub struct Connecting<T> {
    connection: Boxed<T>,
}

impl<T> Connecting<T> {
    pub(super) fn new(
        connection: impl Future<Output = Result<ReceiptStream<T>, ConnectError>> + Send + 'static,
    ) -> Self {
        Self {
            connection: Box::pin(connection),
        }
    }
}

impl<T> Future for Connecting<T> {
    type Output = Result<ReceiptStream<T>, ConnectError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.connection.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for Connecting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connecting")
    }
}
