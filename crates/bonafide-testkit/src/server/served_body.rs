//! Bodies on their way out, and what an ending makes of them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::body::TestBody;
use super::control::Control;
use super::wire::Parting;

/// A body on its way out, with what shall happen to the connection on the way.
pub(super) enum ServedBody {
    /// As it is. Where a connection is given, an error closes it once all before the
    /// error has left.
    Untouched(TestBody, Option<Arc<Control>>),
    /// Of unknown length to HTTP, and then the connection closes.
    Delimiting { body: TestBody, _then: Closing },
    /// As it is, and then the connection closes.
    Last { body: TestBody, _then: Closing },
    /// Never comes.
    Stalled(TestBody),
    /// Is announced, sent in part, and then the connection is parted from.
    Cut {
        declared: Option<u64>,
        left: u64,
        control: Arc<Control>,
        parting: Parting,
    },
}

/// Asks for the connection to be closed when the body has been dropped, which is when
/// it has been handed over to the last byte.
pub(super) struct Closing(pub(super) Arc<Control>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Body for ServedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        match this {
            Self::Untouched(body, Some(control)) => match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Err(_))) => {
                    control.part(Parting::Shutdown);
                    // Polled again, it would come to an orderly end.
                    *this = Self::Stalled(TestBody::default());
                    Poll::Pending
                }
                other => other,
            },
            Self::Untouched(body, None)
            | Self::Delimiting { body, .. }
            | Self::Last { body, .. } => Pin::new(body).poll_frame(cx),
            Self::Stalled(_) => Poll::Pending,
            Self::Cut {
                left,
                control,
                parting,
                ..
            } => {
                if *left == 0 {
                    control.part(*parting);
                    return Poll::Pending;
                }
                let part = (*left).min(FILLER.len() as u64);
                *left -= part;
                let length = usize::try_from(part).unwrap_or(FILLER.len());
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&FILLER[..length])))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Untouched(body, _) | Self::Last { body, .. } => body.is_end_stream(),
            Self::Delimiting { .. } | Self::Stalled(_) | Self::Cut { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Untouched(body, _) | Self::Last { body, .. } | Self::Stalled(body) => {
                body.size_hint()
            }
            Self::Cut {
                declared: Some(length),
                ..
            } => SizeHint::with_exact(*length),
            Self::Delimiting { .. } | Self::Cut { declared: None, .. } => SizeHint::default(),
        }
    }
}

static FILLER: [u8; 16 * 1024] = [b'x'; 16 * 1024];
