//! The TLS handshake, and its verdict as a failure of this crate.

use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::{Code, Policy, TlsError, VerifiedStream};

use super::limited;
use crate::error::{Cause, Delivery, Failure, Kind, Phase};
use crate::origin::server_name;
use crate::protocol::Socket;

/// Performs the TLS handshake on `stream`, in which the policy judges the server and the server
/// selects one of the protocols in `alpn`.
pub(super) async fn handshake(
    policy: &Policy,
    host: &str,
    stream: Socket,
    alpn: &[&[u8]],
    limit: Option<Duration>,
) -> Result<VerifiedStream<Socket>, Failure> {
    let name = server_name(host)?;
    limited(limit, Phase::Tls, "the TLS handshake", async {
        policy
            .connect_alpn(name, stream, alpn)
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
