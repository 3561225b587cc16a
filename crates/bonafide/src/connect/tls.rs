//! The TLS handshake, and its verdict as a failure of this crate.

use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Code, Policy, TlsError, VerifiedStream};
use tokio::net::TcpStream;

use super::limited;
use crate::error::{Cause, Failure, Kind, Phase};

/// The protocols offered by ALPN, the preferred one first (RFC 7301).
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The name that the server of `host` is verified for: an address, or the name without a trailing dot.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    let name = host.strip_suffix('.').unwrap_or(host);
    ServerName::try_from(name)
        .map(|name| name.to_owned())
        .map_err(|error| {
            Failure::new(Kind::Url, format!("{host:?} is no usable host name")).caused_by(error)
        })
}

/// Speaks TLS over `stream` and has the policy judge the server.
pub(super) async fn handshake(
    policy: &Policy,
    host: &str,
    stream: TcpStream,
    limit: Option<Duration>,
) -> Result<VerifiedStream<TcpStream>, Failure> {
    let name = server_name(host)?;
    limited(limit, Phase::Tls, "the TLS handshake", async {
        policy
            .connect_alpn(name, stream, &ALPN)
            .await
            .map_err(failed)
    })
    .await
}

fn failed(error: TlsError) -> Failure {
    let (kind, what, retryable) = match &error {
        TlsError::Refused(_) => (Kind::Refused, "refused", false),
        TlsError::Identity(_) => (Kind::Tls, "the TLS handshake failed", true),
        TlsError::Io(_) => (Kind::Tls, "the TLS handshake broke off", true),
        TlsError::Handshake(error) if error.code() == Code::HandshakeReset => {
            (Kind::Tls, "the TLS handshake broke off", true)
        }
        TlsError::Config(_) => (Kind::Config, "the policy cannot be used", false),
        _ => (Kind::Tls, "the TLS handshake failed", false),
    };
    Failure {
        kind,
        phase: Some(Phase::Tls),
        what: what.into(),
        cause: Cause::Tls(Arc::new(error)),
        retryable,
    }
}
