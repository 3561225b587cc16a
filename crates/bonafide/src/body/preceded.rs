//! A body, and what was received of it before.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use super::{Arriving, Body, Inner};
use crate::error::Error;

impl Body {
    /// This body after `first`.
    pub(crate) fn preceded_by(self, first: Bytes) -> Self {
        if first.is_empty() {
            return self;
        }
        Self {
            inner: Inner::Arriving(Box::new(Preceded { first, body: self })),
        }
    }
}

struct Preceded {
    first: Bytes,
    body: Body,
}

impl Arriving for Preceded {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.first.is_empty() {
            Pin::new(&mut self.body).poll_frame(cx)
        } else {
            Poll::Ready(Some(Ok(Frame::data(mem::take(&mut self.first)))))
        }
    }

    fn is_end(&self) -> bool {
        self.first.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.len() as u64;
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(first));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(first));
        }
        hint
    }
}
