//! The loop that accepts connections and minds their tasks.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::plan::Core;
use super::stats::Counters;

/// A connection that has just been accepted.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer_addr: SocketAddr,
    pub(super) number: u64,
}

/// Accepts until `stop` says true or is gone, then ends all connections.
pub(super) async fn accept<S, F>(
    listener: TcpListener,
    core: Arc<Core>,
    mut stop: watch::Receiver<bool>,
    serve: S,
) where
    S: Fn(Accepted) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => {
                let (stream, peer_addr) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) if is_of_one_connection(&error) => continue,
                    Err(error) => {
                        let message = format!("the test server cannot accept: {error}");
                        core.failures().note(message);
                        break;
                    }
                };
                // Refused on a socket that the client has closed already.
                drop(stream.set_nodelay(true));
                let open = Open::new(core.counters());
                let connection = serve(Accepted { stream, peer_addr, number: open.number });
                let core = Arc::clone(&core);
                connections.spawn(async move {
                    core.failures().guard("a connection of the test server", connection).await;
                    drop(open);
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

/// Whether an error of accepting says no more than that one client has gone already.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

/// Counts a connection as open until dropped, however its task ends.
struct Open {
    counters: Arc<Counters>,
    number: u64,
}

impl Open {
    fn new(counters: &Arc<Counters>) -> Self {
        Self {
            number: counters.connected(),
            counters: Arc::clone(counters),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.counters.disconnected();
    }
}
