//! A server that is weaker than any TLS library allows: it answers a ClientHello by a script, and
//! records what the client does next.
//!
//! ```
//! use bonafide_testkit::TestCa;
//! use bonafide_testkit::weak::{WeakServer, Weakness};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let ca = TestCa::new();
//! let server = WeakServer::start(Weakness::Rc4, &ca).await;
//! // Your client, with `ca.pem()` as its only root, gets `server.url("/")`, and has to refuse.
//! println!("{:?}", server.moves());
//! # }
//! ```

mod exchange;
mod hello;
mod message;
mod weakness;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

pub use weakness::Weakness;

use self::exchange::server_key_exchange;
use self::hello::Hello;
use self::message::{ALERT, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, Flight, HANDSHAKE};
use self::weakness::Exchange;
use crate::certificate::{Identity, KeyKind, Recipe, TestCa};
use crate::patience::until;
use crate::server::BindAddr;

/// What a client did after the answer of a [`WeakServer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMove {
    /// It went on with the key exchange: it takes the weak parameters, and the
    /// certificate, if it verifies it that early.
    WentOn,
    /// It refused by an alert of this number (RFC 8446 section 6).
    Alerted(u8),
    /// It closed the connection without an alert.
    Left,
    /// It never sent a ClientHello.
    SaidNothing,
}

/// A server that chooses weak parameters, whether the client offers them or not, shows a
/// certificate that is right, and records what the client does next. The handshake is never
/// completed: a client that computes the secret of a weak exchange has already failed.
///
/// No library and no program is asked, so that it is as weak everywhere.
///
/// ```
/// use bonafide_testkit::TestCa;
/// use bonafide_testkit::weak::{ClientMove, WeakServer, Weakness};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let ca = TestCa::new();
/// let server = WeakServer::start(Weakness::Rc4, &ca).await;
/// // Your client here; this one is rustls by hand.
/// let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(ca.client_config()));
/// let tcp = tokio::net::TcpStream::connect(server.addr()).await.unwrap();
/// let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
/// connector.connect(name, tcp).await.unwrap_err();
/// // handshake_failure
/// assert_eq!(server.next_moves(1).await, [ClientMove::Alerted(40)]);
/// # }
/// ```
#[derive(Debug)]
pub struct WeakServer {
    addr: SocketAddr,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    moves: Mutex<Vec<ClientMove>>,
    hellos: Mutex<usize>,
    changed: Notify,
}

#[derive(Debug)]
struct Script {
    weakness: Weakness,
    identity: Identity,
}

impl WeakServer {
    /// A server on a free port of 127.0.0.1, with a certificate of this authority for
    /// `localhost` and `127.0.0.1`.
    ///
    /// # Panics
    /// If the loopback has no free port, or outside of a tokio runtime.
    pub async fn start(weakness: Weakness, ca: &TestCa) -> Self {
        let key = if weakness.wants_ecdsa() {
            KeyKind::EcdsaP256
        } else {
            KeyKind::Rsa2048
        };
        let identity = ca.issue(Recipe::for_hosts(["localhost", "127.0.0.1"]).key(key));
        Self::presenting(weakness, &identity).await
    }

    /// A server on a free port of 127.0.0.1 that presents this identity. For
    /// [`Weakness::Tls10`] and [`Weakness::Tls11`] its key has to be ECDSA over P-256, for
    /// all others RSA.
    ///
    /// # Panics
    /// If the loopback has no free port, or outside of a tokio runtime.
    pub async fn presenting(weakness: Weakness, identity: &Identity) -> Self {
        let identity = identity.clone();
        let script = Arc::new(Script { weakness, identity });
        let bind = BindAddr::default().socket_addr();
        let listener = TcpListener::bind(bind)
            .await
            .unwrap_or_else(|error| panic!("the weak server cannot listen on {bind}: {error}"));
        let addr = listener
            .local_addr()
            .expect("a listening socket has an address");
        let seen = Arc::new(Seen::default());
        let accepting = tokio::spawn(accept(listener, script, Arc::clone(&seen)));
        Self {
            addr,
            seen,
            accepting,
        }
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `https://localhost:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.addr.port())
    }

    /// How many ClientHello messages have come.
    pub fn client_hellos(&self) -> usize {
        *self
            .seen
            .hellos
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What the clients have done so far, one entry for each connection that has ended.
    pub fn moves(&self) -> Vec<ClientMove> {
        self.seen.moves()
    }

    /// Waits until `count` connections have ended, and returns the moves of all.
    ///
    /// # Panics
    /// If they have not after thirty seconds.
    pub async fn next_moves(&self, count: usize) -> Vec<ClientMove> {
        let enough = |moves: &Vec<ClientMove>| moves.len() >= count;
        until(&self.seen.changed, || self.seen.moves(), enough).await
    }
}

impl Drop for WeakServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Seen {
    fn moves(&self) -> Vec<ClientMove> {
        self.moves
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn hello(&self) {
        *self.hellos.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    fn note(&self, client_move: ClientMove) {
        self.moves
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(client_move);
        self.changed.notify_waiters();
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>, seen: Arc<Seen>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An error here is of one connection, gone before it was accepted.
                let Ok((mut stream, _)) = accepted else { continue };
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                connections.spawn(async move {
                    let client_move = script.perform(&mut stream, &seen).await;
                    seen.note(client_move);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl Script {
    async fn perform(&self, stream: &mut TcpStream, seen: &Seen) -> ClientMove {
        let Ok(Some(hello)) = read_hello(stream).await else {
            return ClientMove::SaidNothing;
        };
        seen.hello();
        // An error says that the client has gone, which the next read says too.
        drop(stream.write_all(&self.answer(&hello)).await);
        match read_record(stream).await {
            Ok((HANDSHAKE, body)) if body.first() == Some(&CLIENT_KEY_EXCHANGE) => {
                ClientMove::WentOn
            }
            Ok((ALERT, body)) => ClientMove::Alerted(body.get(1).copied().unwrap_or_default()),
            Ok(_) | Err(_) => ClientMove::Left,
        }
    }

    fn answer(&self, hello: &Hello) -> Vec<u8> {
        let choice = self.weakness.choice();
        let offered = choice.suites.iter().find(|s| hello.suites.contains(s));
        let suite = *offered.unwrap_or(&choice.suites[0]);
        let mut random = [0; 32];
        aws_lc_rs::rand::fill(&mut random).expect("the operating system gives random numbers");
        let mut flight = Flight::new(choice);
        flight.server_hello(hello, suite, &random);
        if choice.exchange != Exchange::AnonymousEcdh {
            flight.certificate(self.identity.chain());
        }
        if let Some(exchange) = server_key_exchange(choice, &self.identity, hello, &random) {
            flight.server_key_exchange(&exchange);
        }
        flight.done()
    }
}

/// The first handshake message, if it is a ClientHello.
async fn read_hello(stream: &mut TcpStream) -> io::Result<Option<Hello>> {
    let mut message = Vec::new();
    loop {
        let (HANDSHAKE, part) = read_record(stream).await? else {
            return Ok(None);
        };
        message.extend(part);
        let [CLIENT_HELLO, high, middle, low, body @ ..] = message.as_slice() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([0, *high, *middle, *low]);
        let Some(body) = usize::try_from(length).ok().and_then(|n| body.get(..n)) else {
            continue;
        };
        return Ok(Hello::read(body));
    }
}

async fn read_record(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await?;
    let [kind, _, _, high, low] = header;
    let mut body = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}
