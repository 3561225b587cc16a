//! SOCKS 5 (RFC 1928) with user name and password (RFC 1929).
//!
//! hyper-util's connector silently drops bytes after the proxy's answer, does not report an unknown
//! reply or one without an address, and truncates texts that are too long. This code reads exactly
//! the bytes of the answer.

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::first_bytes::KEPT;
use super::untouched;
use crate::error::{Failure, Kind, Phase, ProxyError, SocksReply};
use crate::proxy::Proxy;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NONE_ACCEPTABLE: u8 = 0xff;
/// The version of RFC 1929's own messages.
const CREDENTIALS_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const RESERVED: u8 = 0;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;

pub(super) async fn open(
    proxy: &Proxy,
    mut stream: TcpStream,
    host: &str,
    port: u16,
) -> Result<TcpStream, Failure> {
    let address = address(host, port).ok_or_else(|| {
        let what = format!("a host name of {} bytes is too long for SOCKS", host.len());
        Failure::new(Kind::Url, what).during(Phase::Proxy)
    })?;
    match negotiate(&mut stream, proxy.credentials(), &address).await {
        Ok(()) => untouched(stream, &[]),
        Err(error) => Err(error),
    }
    .map_err(|error| Failure::by_proxy(proxy, error))
}

/// `host` and `port` in a request (RFC 1928 section 4). `None` if the name has more than 255 bytes.
fn address(host: &str, port: u16) -> Option<Vec<u8>> {
    let mut address = match host.parse() {
        Ok(IpAddr::V4(ip)) => [&[IPV4][..], &ip.octets()].concat(),
        Ok(IpAddr::V6(ip)) => [&[IPV6][..], &ip.octets()].concat(),
        Err(_) => [
            &[DOMAIN, u8::try_from(host.len()).ok()?][..],
            host.as_bytes(),
        ]
        .concat(),
    };
    address.extend(port.to_be_bytes());
    Some(address)
}

async fn negotiate(
    stream: &mut TcpStream,
    credentials: Option<(&[u8], &[u8])>,
    address: &[u8],
) -> Result<(), ProxyError> {
    let offer: &[u8] = match credentials {
        None => &[VERSION, 1, NO_AUTHENTICATION],
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    };
    let [version, method] = ask(stream, offer).await?;
    match (version, method, credentials) {
        (VERSION, NO_AUTHENTICATION, _) => {}
        (VERSION, USER_AND_PASSWORD, Some(credentials)) => {
            show_credentials(stream, credentials).await?;
        }
        (VERSION, NONE_ACCEPTABLE, _) => {
            return Err(ProxyError::SocksMethods {
                credentials: credentials.is_some(),
            });
        }
        _ => return Err(not_socks(stream, &[version, method])),
    }
    let request = [&[VERSION, CONNECT, RESERVED], address].concat();
    let [version, reply] = ask(stream, &request).await?;
    if version != VERSION {
        return Err(not_socks(stream, &[version, reply]));
    }
    // The bytes after a failure reply are not read: not all proxies send them.
    if let Some(reply) = SocksReply::from_code(reply) {
        return Err(ProxyError::Socks(reply));
    }
    read_bound_address(stream, [version, reply]).await
}

/// Skips the address that the proxy connects from.
async fn read_bound_address(
    stream: &mut TcpStream,
    [version, reply]: [u8; 2],
) -> Result<(), ProxyError> {
    let [reserved, kind] = rest(stream).await?;
    let length = match kind {
        IPV4 => 4,
        IPV6 => 16,
        DOMAIN => {
            let [length] = rest(stream).await?;
            length.into()
        }
        _ => return Err(not_socks(stream, &[version, reply, reserved, kind])),
    };
    let mut skipped = [0; 255 + 2];
    let skipped = skipped.get_mut(..length + 2).unwrap_or_default();
    stream.read_exact(skipped).await.map_err(cut_off)?;
    Ok(())
}

/// Sends user name and password (RFC 1929 section 2). [`Proxy`] has checked their lengths.
async fn show_credentials(
    stream: &mut TcpStream,
    (user, password): (&[u8], &[u8]),
) -> Result<(), ProxyError> {
    let mut message = vec![CREDENTIALS_VERSION];
    for text in [user, password] {
        message.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        message.extend(text.iter().take(u8::MAX.into()));
    }
    let [version, status] = ask(stream, &message).await?;
    match (version, status) {
        (CREDENTIALS_VERSION, 0) => Ok(()),
        (CREDENTIALS_VERSION, status) => Err(ProxyError::SocksCredentials { status }),
        // The bytes after these may be the password, echoed back: they are not kept.
        _ => Err(ProxyError::NotSocks {
            first: vec![version, status],
        }),
    }
}

/// Sends `message` and reads the first two bytes of the answer to it.
async fn ask(stream: &mut TcpStream, message: &[u8]) -> Result<[u8; 2], ProxyError> {
    // If the proxy has already answered and closed, its answer is read first.
    let sent = stream.write_all(message).await;
    let first = stream.read_u8().await.map_err(|error| ProxyError::Closed {
        error: sent.err().or(unexpected(error)),
    })?;
    let [second] = rest(stream).await?;
    Ok([first, second])
}

async fn rest<const N: usize>(stream: &mut TcpStream) -> Result<[u8; N], ProxyError> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(cut_off)?;
    Ok(bytes)
}

fn cut_off(error: io::Error) -> ProxyError {
    ProxyError::CutOff {
        error: unexpected(error),
    }
}

/// `None` for the end of the stream, for which the operating system has no error.
fn unexpected(error: io::Error) -> Option<io::Error> {
    (error.kind() != io::ErrorKind::UnexpectedEof).then_some(error)
}

/// `read`, and the bytes that arrived after it.
fn not_socks(stream: &TcpStream, read: &[u8]) -> ProxyError {
    let mut more = [0; KEPT];
    let count = stream.try_read(&mut more).unwrap_or(0);
    let arrived = more.get(..count).unwrap_or_default();
    let first = read.iter().chain(arrived).take(KEPT).copied().collect();
    ProxyError::NotSocks { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_asked_for_as_what_it_is() {
        for (host, expected) in [
            ("192.0.2.7", &[1, 192, 0, 2, 7, 0x20, 0xfb][..]),
            ("h.example", b"\x03\x09h.example\x20\xfb"),
            ("::1", b"\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x20\xfb"),
        ] {
            assert_eq!(address(host, 8443).expect("short enough"), expected);
        }
        assert!(address(&"a".repeat(255), 1).is_some());
        assert_eq!(address(&"a".repeat(256), 1), None);
    }
}
