//! Our side of a connection.

use std::io;
use std::net::SocketAddr;

use bonafide::{Client, ClientBuilder};
use bonafide_testkit::TestCa;
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, Policy, PolicyBuilder, TlsError, VerifiedStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::terminator::Http;

/// A policy that trusts this authority alone.
pub fn trusting(authority: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(authority.certificate().clone()))
}

/// A client that trusts this authority alone and uses this version of HTTP alone.
pub fn client_over(http: Http, authority: &TestCa) -> ClientBuilder {
    let policy = trusting(authority).build().expect("the policy is complete");
    let builder = Client::builder().policy(policy);
    match http {
        Http::One => builder.http1_only(),
        Http::Two => builder.http2_only(),
    }
}

/// A verified stream to the server at `address`, as `host`.
///
/// # Errors
/// Those of [`Policy::connect`].
///
/// # Panics
/// If no server listens there.
pub async fn connect(
    policy: &Policy,
    address: SocketAddr,
    host: &str,
) -> Result<VerifiedStream<TcpStream>, TlsError> {
    let name = ServerName::try_from(host.to_owned()).expect("a name or an address");
    let tcp = TcpStream::connect(address)
        .await
        .expect("the server listens");
    policy.connect_alpn(name, tcp, &[b"http/1.1"]).await
}

/// Sends a request over the stream, and reads the answer until the server ends it.
///
/// # Errors
/// Those of the stream. A server of TLS 1.3 that misses a client certificate says so here at the
/// earliest.
pub async fn converse(stream: &mut VerifiedStream<TcpStream>) -> io::Result<String> {
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
