//! A proxy that answers with bytes by script.

use std::io;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, sink};
use tokio::net::TcpStream;

use super::builder::{AfterReply, Script};
use super::state::{ConnectRequest, State};
use super::tunnel::{OpenTunnel, reach};

const MAX_HEAD: usize = 64 * 1024;

/// Reads one request by hand, since hyper would write an answer of its own, and answers it.
pub(super) async fn serve(
    mut client: TcpStream,
    answer: &[u8],
    then: AfterReply,
    script: &Script,
    state: &Arc<State>,
) -> io::Result<()> {
    let Some(request) = read_request(&mut client).await? else {
        return Ok(());
    };
    let authority = request.authority.clone();
    state.record(request);
    if then == AfterReply::Tunnel {
        let mut server = reach(&authority, script).await?;
        let _open = OpenTunnel::new(Arc::clone(state));
        client.write_all(answer).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }
    state.count(|stats| stats.refusals += 1);
    client.write_all(answer).await?;
    if then == AfterReply::Stall {
        tokio::io::copy(&mut client, &mut sink()).await?;
    }
    Ok(())
}

/// `None` for what is no CONNECT request.
async fn read_request(client: &mut TcpStream) -> io::Result<Option<ConnectRequest>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some("CONNECT"), Some(authority)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    Ok(Some(ConnectRequest {
        authority: authority.to_owned(),
        headers,
    }))
}
