//! hyper-util's client over hyper-rustls: what people write who want no client library.

use std::future::{Ready, ready};
use std::io;
use std::iter::{Once, once};
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as LegacyClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::CryptoProvider;
use tower::Service;

use super::{ACCEPT, BySystemRoots, Client, Keep, USER_AGENT, Which, trust};
use crate::Failure;
use crate::servers::Destination;

/// hyper-util's client.
#[derive(Clone, Debug)]
pub(crate) struct HyperUtil(LegacyClient<HttpsConnector<HttpConnector<Known>>, Empty<Bytes>>);

impl HyperUtil {
    fn over(connector: HttpsConnector<HttpConnector<Known>>, keep: Keep) -> Self {
        let mut builder = LegacyClient::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new());
        if keep == Keep::Nothing {
            builder.pool_max_idle_per_host(0);
        }
        Self(builder.build(connector))
    }
}

/// Its `TCP_NODELAY` is on, as the other clients have it.
fn tcp(known: Known) -> HttpConnector<Known> {
    let mut tcp = HttpConnector::new_with_resolver(known);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

impl Client for HyperUtil {
    const WHICH: Which = Which::HyperUtil;

    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure> {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust::config(destination)?)
            .https_only()
            .enable_all_versions()
            .wrap_connector(tcp(Known(destination.address)));
        Ok(Self::over(connector, keep))
    }

    async fn get(&self, url: &str) -> Result<Bytes, Failure> {
        let request = Request::get(url)
            .header(header::ACCEPT, ACCEPT)
            .header(header::USER_AGENT, USER_AGENT)
            .body(Empty::new())?;
        let response = self.0.request(request).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }
}

impl BySystemRoots for HyperUtil {
    /// Needs a default provider of the process.
    fn with_system_roots() -> Result<Self, Failure> {
        let provider = CryptoProvider::get_default().ok_or("no default provider is installed")?;
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(std::sync::Arc::clone(provider))?
            .https_only()
            .enable_all_versions()
            .wrap_connector(tcp(Known(SocketAddr::from(([127, 0, 0, 1], 443)))));
        Ok(Self::over(connector, Keep::Connections))
    }
}

/// A name lookup that always finds the same address.
#[derive(Clone, Copy, Debug)]
struct Known(SocketAddr);

impl Service<Name> for Known {
    type Response = Once<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Once<SocketAddr>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Ok(once(self.0)))
    }
}
