use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::NotHttps;
use crate::BoxError;

pin_project! {
    /// Response future of [`RequireHttps`](super::RequireHttps).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, E = BoxError> {
        #[pin]
        state: State<F>,
        error: PhantomData<fn() -> E>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Refused {
            refusal: NotHttps,
        },
        Forwarded {
            #[pin]
            response: F,
        },
    }
}

impl<F, E> ResponseFuture<F, E> {
    pub(super) fn forwarded(response: F) -> Self {
        Self {
            state: State::Forwarded { response },
            error: PhantomData,
        }
    }

    pub(super) fn refused(refusal: NotHttps) -> Self {
        Self {
            state: State::Refused { refusal },
            error: PhantomData,
        }
    }
}

impl<F, R, I, E> Future for ResponseFuture<F, E>
where
    F: Future<Output = Result<R, I>>,
    I: Into<E>,
    E: From<NotHttps>,
{
    type Output = Result<R, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Refused { refusal } => Poll::Ready(Err(refusal.clone().into())),
            StateProj::Forwarded { response } => response.poll(cx).map_err(Into::into),
        }
    }
}

impl<F, E> fmt::Debug for ResponseFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseFuture")
    }
}
