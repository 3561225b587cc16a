//! The TCP socket below TLS and HTTP, and what it knows of the peer.
//!
//! tokio's knowledge of a socket is as old as the last run of its driver. A busy runtime may not
//! know yet that the server closed an idle connection, or sent a response to no request. The first
//! read after a connection was lent therefore reads the socket itself.
//!
//! A server may answer early and stop reading the request. The write that fails then must not hide
//! the answer that has arrived: the error is held back until reading has ended.

use std::future::Future;
use std::io::{self, Read as _};
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a failed write waits for the next bytes of the answer. They are already in the socket's
/// buffer, so this time is for the runtime and not for the network. It does not limit a user who
/// reads the response slowly.
const PARK_LIMIT: Duration = Duration::from_secs(1);

/// The state of a socket, readable without holding the socket.
#[derive(Debug, Default)]
pub(crate) struct SocketState {
    /// The next read reads the socket itself.
    probe: AtomicBool,
    /// How often something was read.
    reads: AtomicU64,
    /// The connection takes no further request.
    ended: AtomicBool,
    /// Nothing is read ahead of the user.
    on_demand: AtomicBool,
}

impl SocketState {
    /// Called before a request is passed to the connection: the next read then reads the socket
    /// itself.
    pub(crate) fn probe(&self) {
        self.probe.store(true, Ordering::Release);
    }

    /// A number that changes whenever the peer sends something.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// Called if nothing is read ahead of the user: HTTP/1.1 leaves data in the socket until the
    /// user reads it, HTTP/2 does not.
    pub(super) fn reads_on_demand(&self) {
        self.on_demand.store(true, Ordering::Relaxed);
    }

    /// The connection takes no further request.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// Whether it takes no further request: a write failed, or HTTP on it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// A TCP stream with its [`SocketState`].
pub(crate) struct Socket {
    tcp: TcpStream,
    state: Arc<SocketState>,
    read_ended: bool,
    parked: Option<Box<Parked>>,
}

/// A write that failed while the answer may be on its way.
struct Parked {
    error: Option<io::Error>,
    writer: Option<Waker>,
    /// What [`SocketState::reads`] said when `limit` was set.
    reads: u64,
    limit: Pin<Box<Sleep>>,
}

impl Socket {
    /// Takes a connected stream.
    pub(crate) fn new(tcp: TcpStream) -> Self {
        Self {
            tcp,
            state: Arc::default(),
            read_ended: false,
            parked: None,
        }
    }

    /// The state of this socket, kept up to date.
    pub(crate) fn state(&self) -> Arc<SocketState> {
        Arc::clone(&self.state)
    }

    /// Reads without asking tokio whether data is available. Returns nothing if there is none.
    fn probe(&self, buffer: &mut ReadBuf<'_>) -> Option<io::Result<()>> {
        // Cleared first: a lender may set it again meanwhile.
        self.state.probe.store(false, Ordering::Relaxed);
        if buffer.remaining() == 0 {
            return None;
        }
        let read = (&*SockRef::from(&self.tcp)).read(buffer.initialize_unfilled());
        if let Err(error) = &read
            && error.kind() == io::ErrorKind::WouldBlock
        {
            return None;
        }
        // There may be more.
        self.state.probe();
        match read {
            Ok(read) => buffer.advance(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return None,
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(()))
    }

    /// Whether data has arrived that the user has not read yet.
    fn holds_back(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        self.state.on_demand.load(Ordering::Relaxed)
            && matches!(SockRef::from(&self.tcp).peek(&mut byte), Ok(1..))
    }

    /// The outcome of a read into `buffer`, which held `before` bytes.
    fn note_read(
        &mut self,
        result: io::Result<()>,
        buffer: &ReadBuf<'_>,
        before: usize,
    ) -> Poll<io::Result<()>> {
        if buffer.filled().len() > before {
            // This is the only writer.
            let reads = self.state.reads.load(Ordering::Relaxed);
            self.state
                .reads
                .store(reads.wrapping_add(1), Ordering::Relaxed);
        } else if result.is_err() || buffer.remaining() > 0 {
            self.note_end();
        }
        Poll::Ready(result)
    }

    #[cold]
    fn note_end(&mut self) {
        self.read_ended = true;
        if let Some(writer) = self.parked.as_mut().and_then(|parked| parked.writer.take()) {
            writer.wake();
        }
    }

    /// The outcome of a write. An error is held back until reading has ended.
    fn note_write(
        &mut self,
        cx: &mut Context<'_>,
        result: io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        match result {
            Err(error) if !self.read_ended => {
                self.park(cx, error);
                self.poll_parked(cx)
            }
            other => Poll::Ready(other),
        }
    }

    #[cold]
    fn park(&mut self, cx: &Context<'_>, error: io::Error) {
        self.state.end();
        // hyper and rustls read and write in one task: it reads once more, from the socket itself.
        self.state.probe();
        cx.waker().wake_by_ref();
        self.parked = Some(Box::new(Parked {
            error: Some(error),
            writer: None,
            reads: self.state.reads(),
            limit: Box::pin(sleep_until(Instant::now() + PARK_LIMIT)),
        }));
    }

    #[cold]
    fn poll_parked(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        while !self.read_ended {
            let Some(parked) = &mut self.parked else {
                return Poll::Ready(Ok(0));
            };
            if parked.limit.as_mut().poll(cx).is_pending() {
                parked.writer = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let reads = self.state.reads();
            let silent = mem::replace(&mut parked.reads, reads) == reads;
            parked.limit.as_mut().reset(Instant::now() + PARK_LIMIT);
            self.read_ended = silent && !self.holds_back();
        }
        let error = self.parked.as_mut().and_then(|parked| parked.error.take());
        Poll::Ready(Err(error.unwrap_or(io::ErrorKind::BrokenPipe.into())))
    }
}

impl AsyncRead for Socket {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if this.state.probe.load(Ordering::Relaxed)
            && let Some(result) = this.probe(buffer)
        {
            return this.note_read(result, buffer, before);
        }
        match Pin::new(&mut this.tcp).poll_read(cx, buffer) {
            Poll::Ready(result) => this.note_read(result, buffer, before),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.parked.is_some() {
            return self.poll_parked(cx);
        }
        let result = ready!(Pin::new(&mut self.tcp).poll_write(cx, bytes));
        self.note_write(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.parked.is_some() {
            return self.poll_parked(cx);
        }
        let result = ready!(Pin::new(&mut self.tcp).poll_write_vectored(cx, slices));
        self.note_write(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn pair() -> (Socket, std::net::TcpStream) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let tcp = TcpStream::connect(address).await.expect("a connection");
        let (peer, _) = listener.accept().expect("the same connection");
        (Socket::new(tcp), peer)
    }

    fn poll_read_once(socket: &mut Socket, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(socket)
            .poll_read(&mut cx, &mut buffer)
            .map_ok(|()| buffer.filled().len())
    }

    #[tokio::test]
    async fn a_probed_read_sees_what_the_runtime_was_not_told_of() {
        let (mut socket, mut peer) = pair().await;
        let mut buffer = [0; 16];
        assert!(poll_read_once(&mut socket, &mut buffer).is_pending());
        peer.write_all(b"unasked").expect("sent");
        // The driver has not run since: this task did not yield.
        assert!(poll_read_once(&mut socket, &mut buffer).is_pending());
        socket.state().probe();
        assert!(matches!(
            poll_read_once(&mut socket, &mut buffer),
            Poll::Ready(Ok(7))
        ));
        drop(peer);
        assert!(matches!(
            poll_read_once(&mut socket, &mut buffer),
            Poll::Ready(Ok(0))
        ));
    }

    #[tokio::test]
    async fn a_probe_that_finds_nothing_is_over() {
        let (mut socket, mut peer) = pair().await;
        let mut buffer = [0; 16];
        socket.state().probe();
        assert!(poll_read_once(&mut socket, &mut buffer).is_pending());
        peer.write_all(b"x").expect("sent");
        assert!(poll_read_once(&mut socket, &mut buffer).is_pending());
        assert_eq!(socket.read(&mut buffer).await.expect("read"), 1);
        assert_eq!(socket.state().reads(), 1);
    }

    #[tokio::test]
    async fn an_answer_that_has_arrived_is_read_before_the_write_fails() {
        let (mut socket, mut peer) = pair().await;
        peer.write_all(b"the answer").expect("sent");
        // Closed with unread bytes, so that the peer resets the connection.
        socket.write_all(&[0; 1024]).await.expect("accepted");
        drop(peer);
        let (mut reader, mut writer) = tokio::io::split(socket);
        let writing = async {
            loop {
                if let Err(error) = writer.write(&[0; 1024]).await {
                    return error.kind();
                }
            }
        };
        let reading = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut answer = Vec::new();
            let ended = reader.read_to_end(&mut answer).await;
            (answer, ended.is_ok())
        };
        let (kind, (answer, _)) = tokio::join!(writing, reading);
        assert_eq!(answer, b"the answer");
        assert!(
            matches!(
                kind,
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
            ),
            "{kind:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_that_failed_is_not_kept_back_for_ever() {
        let (mut socket, peer) = pair().await;
        socket.write_all(&[0; 1024]).await.expect("accepted");
        drop(peer);
        let start = Instant::now();
        // The peer does not read.
        let failed = loop {
            if let Err(error) = socket.write(&[0; 1024]).await {
                break error.kind();
            }
        };
        assert!(socket.state().has_ended());
        assert!(
            start.elapsed() >= PARK_LIMIT,
            "{failed:?} after {:?}",
            start.elapsed()
        );
    }
}
