//! One connection: HTTP over a wire, until one side or the script ends it.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::CertificateDer;

use super::control::{Control, Wish};
use super::ending::Ending;
use super::plan::Core;
use super::service::Answering;
use super::wire::{Parting, Transport, Wire, part};

/// What is known of a connection. A handler finds it in its request's extensions.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa, TestServer};
/// use bonafide_testkit::server::AcceptedConnection;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let identity = TestCa::new().issue(Recipe::for_host("localhost"));
/// let server = TestServer::builder(identity)
///     .handler(|request| async move {
///         let connection = request.extensions().get::<AcceptedConnection>().cloned();
///         let resumed = connection.is_some_and(|connection| connection.resumed);
///         http::Response::new(format!("resumed: {resumed}"))
///     })
///     .start()
///     .await;
/// # server.shutdown().await;
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcceptedConnection {
    /// The number of the connection; the first is 0.
    pub number: u64,
    /// The client's address.
    pub peer_addr: SocketAddr,
    /// The server name that the client sent, if it sent one.
    pub sni: Option<Arc<str>>,
    /// The client's certificates, leaf first; empty if it showed none.
    pub peer_chain: Arc<[CertificateDer<'static>]>,
    /// The TLS version; none over plain TCP.
    pub tls_version: Option<rustls::ProtocolVersion>,
    /// Whether the TLS handshake resumed an earlier session.
    pub resumed: bool,
    /// The protocol that was agreed on by ALPN, such as `h2`; none without ALPN.
    pub alpn: Option<Arc<str>>,
}

impl AcceptedConnection {
    pub(super) fn plain(number: u64, peer_addr: SocketAddr) -> Self {
        Self {
            number,
            peer_addr,
            sni: None,
            peer_chain: Arc::default(),
            tls_version: None,
            resumed: false,
            alpn: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Serves HTTP on a transport until the connection has ended.
pub(super) async fn serve<T: Transport>(
    core: Arc<Core>,
    transport: T,
    protocol: Protocol,
    info: AcceptedConnection,
    ending: Ending,
) {
    let control = Arc::new(Control::default());
    let registered = core.register(info.number, &control);
    let (wire, returned) = Wire::new(transport, Arc::clone(&control));
    let io = TokioIo::new(wire);
    let options = core.http_options();
    let service = Answering::new(core, info, ending, protocol, Arc::clone(&control));
    match protocol {
        Protocol::Http1 => {
            let connection = http1::Builder::new()
                .header_read_timeout(None)
                .serve_connection(io, service);
            drive(connection, &control, |c| c.graceful_shutdown()).await;
        }
        Protocol::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .max_concurrent_streams(options.max_concurrent_streams)
                .serve_connection(io, service);
            drive(connection, &control, |c| c.graceful_shutdown()).await;
        }
    }
    if let (Wish::Part(parting), Ok(transport)) = (control.wish(), returned.await) {
        part(transport, parting).await;
    }
    drop(registered);
}

/// Polls a connection to its end, or until it shall be parted from and has nothing left
/// to write. A connection to be frozen is not polled again.
async fn drive<C: Future>(connection: C, control: &Control, close: impl Fn(Pin<&mut C>)) {
    let mut connection = pin!(connection);
    let mut closing = false;
    poll_fn(|cx: &mut Context<'_>| {
        control.wake(cx.waker());
        loop {
            // What was written before a wish or an insert leaves before it.
            let (wish, waiting) = (control.wish(), control.waiting_inserts());
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let is_quiet = !control.has_unflushed() && !control.has_inserts();
            if is_quiet && control.wish() == Wish::Part(Parting::Freeze) {
                return Poll::Ready(());
            }
            match wish {
                _ if (control.wish(), control.waiting_inserts()) != (wish, waiting) => {}
                _ if waiting > 0 && is_quiet => control.release_inserts(waiting),
                Wish::None => return Poll::Pending,
                Wish::Close if closing => return Poll::Pending,
                Wish::Close => {
                    closing = true;
                    close(connection.as_mut());
                }
                Wish::Part(_) if waiting == 0 && is_quiet => return Poll::Ready(()),
                Wish::Part(_) => return Poll::Pending,
            }
        }
    })
    .await;
}
