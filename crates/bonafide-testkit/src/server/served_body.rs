//! Bodies on their way out, and what an ending makes of them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::body::TestBody;
use super::control::Control;
use super::http2::{ErrorCode, reset_stream};
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
    /// Is sent in part, and then comes the fault.
    Faulty {
        body: TestBody,
        declared: Option<u64>,
        left: u64,
        control: Arc<Control>,
        fault: Fault,
    },
}

/// What happens within a body.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Part(Parting),
    ResetStream { stream: u32, code: ErrorCode },
}

impl Fault {
    fn strike(self, control: &Control) {
        match self {
            Self::Part(parting) => control.part(parting),
            Self::ResetStream { stream, code } => control.insert_last(reset_stream(stream, code)),
        }
    }
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
            Self::Faulty {
                body,
                left,
                control,
                fault,
                ..
            } => {
                let frame = if *left == 0 {
                    None
                } else {
                    ready!(Pin::new(body).poll_frame(cx))
                };
                let data = frame.and_then(Result::ok).map(Frame::into_data);
                let Some(Ok(mut data)) = data else {
                    fault.strike(control);
                    *this = Self::Stalled(TestBody::default());
                    return Poll::Pending;
                };
                data.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= data.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Untouched(body, _) | Self::Last { body, .. } => body.is_end_stream(),
            Self::Delimiting { .. } | Self::Stalled(_) | Self::Cut { .. } | Self::Faulty { .. } => {
                false
            }
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
            }
            | Self::Faulty {
                declared: Some(length),
                ..
            } => SizeHint::with_exact(*length),
            Self::Delimiting { .. }
            | Self::Cut { declared: None, .. }
            | Self::Faulty { declared: None, .. } => SizeHint::default(),
        }
    }
}

static FILLER: [u8; 16 * 1024] = [b'x'; 16 * 1024];
