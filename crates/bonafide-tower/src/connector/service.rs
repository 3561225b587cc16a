use std::sync::Arc;
use std::task::{Context, Poll};

use bonafide_verify::host::CanonicalHost;
use bonafide_verify::{ConfigError, Policy};
use http::Uri;
use hyper::rt::{Read, Write};
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use tower_service::Service;

use super::configs::ZoneConfigs;
use super::error::Cause;
use super::{ConnectError, Connecting, Protocols, ReceiptStream};
use crate::BoxError;
use crate::require_https::NotHttps;

/// A connector for hyper-util's client that verifies servers by a [`Policy`] and attaches receipts.
///
/// Refuses plain http unless [`allow_plain_http`](Self::allow_plain_http) is set. Cloning it is
/// cheap and shares the session tickets. It has to be called within a tokio runtime.
///
/// See the [module docs](crate::connector) for an example.
#[derive(Clone, Debug)]
pub struct VerifiedConnector<H = HttpConnector> {
    transport: H,
    configs: Arc<ZoneConfigs>,
    plain_http: PlainHttp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlainHttp {
    Refused,
    Allowed,
}

impl VerifiedConnector<HttpConnector> {
    /// A connector over TCP (without Nagle's algorithm) with the names of the system's resolver,
    /// for HTTP/2 and HTTP/1.1 over TLS.
    pub fn new(policy: Policy) -> Self {
        let mut tcp = HttpConnector::new();
        // It gets https URIs too; this connector checks the scheme itself.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self::over(tcp, policy)
    }
}

impl<H> VerifiedConnector<H> {
    /// A connector over a transport of your own, which gets `https://` URIs to connect to and must
    /// not start TLS itself.
    pub fn over(transport: H, policy: Policy) -> Self {
        Self {
            transport,
            configs: Arc::new(ZoneConfigs::new(policy, Protocols::default())),
            plain_http: PlainHttp::Refused,
        }
    }

    /// Sets which versions of HTTP are offered. Default: [`Protocols::Http2OrHttp1`].
    pub fn with_protocols(mut self, protocols: Protocols) -> Self {
        self.configs = Arc::new(ZoneConfigs::new(self.policy().clone(), protocols));
        self
    }

    /// Connects for `http://` URIs too, without TLS. Such responses have no receipt.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::Allowed;
        self
    }

    /// The policy that judges the servers.
    pub fn policy(&self) -> &Policy {
        self.configs.policy()
    }

    /// The versions of HTTP that are offered.
    pub fn protocols(&self) -> Protocols {
        self.configs.protocols()
    }
}

impl<H> Service<Uri> for VerifiedConnector<H>
where
    H: Service<Uri> + Clone + Send + 'static,
    H::Response: Connection + Read + Write + Send + Unpin + 'static,
    H::Future: Send + 'static,
    H::Error: Into<BoxError>,
{
    type Response = ReceiptStream<H::Response>;
    type Error = ConnectError;
    type Future = Connecting<H::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.transport
            .poll_ready(cx)
            .map_err(|error| Cause::Transport(error.into()).at("any host".to_owned()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The service that `poll_ready` was called on connects; its clone stays behind.
        let clone = self.transport.clone();
        let transport = std::mem::replace(&mut self.transport, clone);
        let configs = Arc::clone(&self.configs);
        let plain_http = self.plain_http;
        Connecting::new(async move {
            let host = host_of(&uri);
            let named = match &host {
                Ok(host) => host.to_string(),
                Err(_) => uri.host().unwrap_or_default().to_owned(),
            };
            let connected = match NotHttps::check(&uri) {
                Ok(()) => match host {
                    Ok(host) => https(transport, &configs, uri, &host).await,
                    Err(error) => Err(error.into()),
                },
                Err(NotHttps::PlainHttp { .. }) if plain_http == PlainHttp::Allowed => {
                    http(transport, uri).await
                }
                Err(refusal) => Err(refusal.into()),
            };
            connected.map_err(|cause| cause.at(named))
        })
    }
}

/// The host of a URI in the form that policies, SNI and certificates use.
fn host_of(uri: &Uri) -> Result<CanonicalHost, ConfigError> {
    let written = uri.host().unwrap_or_default();
    CanonicalHost::parse(written).map_err(|_| ConfigError::InvalidHost {
        host: written.to_owned(),
    })
}

async fn http<H>(mut transport: H, uri: Uri) -> Result<ReceiptStream<H::Response>, Cause>
where
    H: Service<Uri>,
    H::Error: Into<BoxError>,
{
    let connected = transport.call(uri).await;
    connected
        .map(ReceiptStream::plain)
        .map_err(|error| Cause::Transport(error.into()))
}

async fn https<H>(
    transport: H,
    configs: &ZoneConfigs,
    uri: Uri,
    host: &CanonicalHost,
) -> Result<ReceiptStream<H::Response>, Cause>
where
    H: Service<Uri> + Send,
    H::Response: Connection + Read + Write + Send + Unpin + 'static,
    H::Future: Send + 'static,
    H::Error: Into<BoxError>,
{
    let config = configs.of(host).await?;
    let resolver = Arc::new(FixedServerNameResolver::new(host.server_name().clone()));
    let connecting = HttpsConnector::new(transport, config, true, resolver).call(uri);
    let stream = connecting.await.map_err(Cause::of_https)?;
    match &stream {
        MaybeHttpsStream::Https(tls) => {
            let receipt = configs
                .policy()
                .receipt_of(host.server_name(), tls.inner().get_ref().1)?;
            Ok(ReceiptStream::verified(stream, receipt))
        }
        MaybeHttpsStream::Http(_) => Err(NotHttps::PlainHttp {
            host: host.to_string(),
        }
        .into()),
    }
}
