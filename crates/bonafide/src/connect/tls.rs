//! The TLS handshake, and its verdict as a failure of this crate.

use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::{Code, Policy, TlsError, VerifiedStream};

use super::limited;
use crate::error::{Cause, Delivery, Failure, Kind, Phase};
use crate::origin::server_name;
use crate::protocol::Socket;

/// The protocols offered by ALPN, the preferred one first (RFC 7301).
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Performs the TLS handshake on `stream`, in which the policy judges the server.
pub(super) async fn handshake(
    policy: &Policy,
    host: &str,
    stream: Socket,
    limit: Option<Duration>,
) -> Result<VerifiedStream<Socket>, Failure> {
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
        TlsError::Io(_) => (Kind::Tls, "the TLS handshake was cut off", true),
        TlsError::Handshake(error) if error.code() == Code::HandshakeReset => {
            (Kind::Tls, "the TLS handshake was cut off", true)
        }
        TlsError::Config(_) => (Kind::Config, "the policy cannot be used", false),
        _ => (Kind::Tls, "the TLS handshake failed", false),
    };
    Failure {
        cause: Cause::Tls(Arc::new(error)),
        passing: retryable,
        ..Failure::new(kind, what)
            .during(Phase::Tls)
            .delivered(Delivery::NotSent)
    }
}
