//! Response bodies that handlers return.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::mpsc;

/// The body of a response: bytes, or a stream that the test feeds.
///
/// ```
/// use bonafide_testkit::server::TestBody;
///
/// let fixed = TestBody::from("hello");
/// let (sender, streamed) = TestBody::channel();
/// // `streamed` goes into a response; the test sends and ends it when it likes.
/// assert!(sender.send("first part"));
/// drop(streamed);
/// assert!(!sender.send("the client has gone"));
/// # drop(fixed);
/// ```
#[derive(Debug, Default)]
pub struct TestBody(Content);

#[derive(Debug, Default)]
enum Content {
    #[default]
    Empty,
    Whole(Bytes),
    Streamed(UnsyncBoxBody<Bytes, io::Error>),
}

impl TestBody {
    /// A body fed by the test. It ends when the sender is dropped.
    pub fn channel() -> (BodySender, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (BodySender(sender), Self::from_body(ChannelBody(receiver)))
    }

    /// Any other body, with trailers if it has them. An error cuts the response off.
    pub fn from_body<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self(Content::Streamed(
            body.map_err(io::Error::other).boxed_unsync(),
        ))
    }
}

impl TestBody {
    pub(super) fn can_fail(&self) -> bool {
        matches!(self.0, Content::Streamed(_))
    }
}

impl Body for TestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.0 {
            Content::Empty => Poll::Ready(None),
            Content::Streamed(body) => Pin::new(body).poll_frame(cx),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Content::Empty;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Whole(_) => false,
            Content::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Empty => SizeHint::with_exact(0),
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed(body) => body.size_hint(),
        }
    }
}

impl From<Bytes> for TestBody {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() {
            Content::Empty
        } else {
            Content::Whole(bytes)
        })
    }
}

impl From<Vec<u8>> for TestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for TestBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for TestBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<()> for TestBody {
    fn from((): ()) -> Self {
        Self::default()
    }
}

/// Feeds a body made by [`TestBody::channel`]; dropping it ends the body.
///
/// ```
/// use bonafide_testkit::PlainServer;
/// use bonafide_testkit::server::TestBody;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let server = PlainServer::builder()
///     .handler(|_| async {
///         let (sender, body) = TestBody::channel();
///         tokio::spawn(async move {
///             while sender.send("tick\n") {
///                 tokio::task::yield_now().await;
///             }
///         });
///         http::Response::new(body)
///     })
///     .start()
///     .await;
/// # server.shutdown().await;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BodySender(mpsc::UnboundedSender<io::Result<Bytes>>);

impl BodySender {
    /// Sends a part. It never waits. Returns whether the client still reads: false once the client
    /// has gone and the server has noticed.
    pub fn send(&self, part: impl Into<Bytes>) -> bool {
        self.0.send(Ok(part.into())).is_ok()
    }

    /// Cuts the response off: over HTTP/1.1 the connection is closed, over HTTP/2 the
    /// stream is reset.
    pub fn abort(self) {
        let cut = io::Error::other("the test cut the response off");
        // The client may have gone before.
        drop(self.0.send(Err(cut)));
    }

    /// Waits until the client has gone.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}

struct ChannelBody(mpsc::UnboundedReceiver<io::Result<Bytes>>);

impl Body for ChannelBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0
            .poll_recv(cx)
            .map(|part| part.map(|part| part.map(Frame::data)))
    }
}
