//! One connection of a proxy: the CONNECT request and the tunnel after it.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::builder::{ConnectReply, Script};
use super::scripted;
use super::state::{ConnectRequest, State};

/// A tunnel that was granted: the client's side to be, the server's side, and its count.
type Granted = (OnUpgrade, TcpStream, OpenTunnel);

/// Serves a client's connection: requests until one of them opens a tunnel, and then
/// the tunnel until both sides have closed it.
pub(super) async fn serve(client: TcpStream, script: Arc<Script>, state: Arc<State>) {
    state.count(|stats| stats.connections += 1);
    // Refused on a socket that the client has closed already.
    drop(client.set_nodelay(true));
    if let ConnectReply::Bytes(bytes, then) = &script.reply {
        // An error says that the client has gone.
        drop(scripted::serve(client, bytes, *then, &script, &state).await);
        return;
    }
    let (grant, mut granted) = mpsc::channel(1);
    let service = service_fn(|request| {
        let (script, state, grant) = (&script, &state, &grant);
        async move {
            let (response, tunnel) = answer(request, script, state).await;
            if let Some(tunnel) = tunnel {
                // There is room: a connection becomes a tunnel once.
                drop(grant.try_send(tunnel));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .serve_connection(TokioIo::new(client), service)
        .with_upgrades();
    // An error says that the client has gone; then there is no upgrade to wait for.
    drop(connection.await);
    if let Ok((upgrade, mut server, open)) = granted.try_recv() {
        if let Ok(client) = upgrade.await {
            // An error on one side ends both, which is all that a proxy can do.
            drop(tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut server).await);
        }
        drop(open);
    }
}

async fn answer(
    mut request: Request<Incoming>,
    script: &Script,
    state: &Arc<State>,
) -> (Response<Empty<Bytes>>, Option<Granted>) {
    let refusal = |status| {
        state.count(|stats| stats.refusals += 1);
        (status_response(status), None)
    };
    if request.method() != Method::CONNECT {
        return refusal(StatusCode::METHOD_NOT_ALLOWED);
    }
    let authority = request.uri().to_string();
    state.record(ConnectRequest {
        authority: authority.clone(),
        headers: request.headers().clone(),
    });
    if let Some(credentials) = &script.credentials {
        let shown = request.headers().get(PROXY_AUTHORIZATION);
        if shown.is_none_or(|shown| shown != credentials) {
            return refusal(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        }
    }
    match script.reply {
        ConnectReply::Tunnel | ConnectReply::Bytes(..) => {}
        ConnectReply::Refuse(status) => return refusal(status),
        ConnectReply::Stall => std::future::pending().await,
    }
    let Ok(server) = reach(&authority, script).await else {
        return refusal(StatusCode::BAD_GATEWAY);
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let open = OpenTunnel::new(Arc::clone(state));
    (
        status_response(StatusCode::OK),
        Some((upgrade, server, open)),
    )
}

/// Connects to where a tunnel to `authority` leads.
pub(super) async fn reach(authority: &str, script: &Script) -> io::Result<TcpStream> {
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    match script.routes.get(host) {
        Some(address) => TcpStream::connect(address).await,
        None => TcpStream::connect(authority).await,
    }
}

fn status_response(status: StatusCode) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        let challenge = http::HeaderValue::from_static("Basic realm=\"test proxy\"");
        response.headers_mut().insert(PROXY_AUTHENTICATE, challenge);
    }
    response
}

/// Counts a tunnel as open until dropped.
pub(super) struct OpenTunnel(Arc<State>);

impl OpenTunnel {
    pub(super) fn new(state: Arc<State>) -> Self {
        state.count(|stats| {
            stats.tunnels += 1;
            stats.open_tunnels += 1;
        });
        Self(state)
    }
}

impl Drop for OpenTunnel {
    fn drop(&mut self) {
        self.0.count(|stats| stats.open_tunnels -= 1);
    }
}
