use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::NotHttps;
use crate::BoxError;

pin_project! {
    /// Response future of [`RequireHttps`](super::RequireHttps).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
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

impl<F> ResponseFuture<F> {
    pub(super) fn forwarded(response: F) -> Self {
        Self {
            state: State::Forwarded { response },
        }
    }

    pub(super) fn refused(refusal: NotHttps) -> Self {
        Self {
            state: State::Refused { refusal },
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Refused { refusal } => Poll::Ready(Err(refusal.clone().into())),
            StateProj::Forwarded { response } => response.poll(cx).map_err(Into::into),
        }
    }
}
