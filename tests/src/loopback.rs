//! The loopback of this machine, and the URLs of servers there.

use std::net::{Ipv6Addr, TcpListener};

use crate::program::skip;

/// The IPv6 loopback; `None`, with a word on stderr, on a machine without it.
///
/// # Panics
/// If there is none and the variable `CI` is set.
pub fn ipv6_loopback() -> Option<Ipv6Addr> {
    let address = Ipv6Addr::LOCALHOST;
    let there = TcpListener::bind((address, 0)).is_ok();
    if !there {
        skip("IPv6 loopback not found");
    }
    there.then_some(address)
}

/// A port of 127.0.0.1 that no process listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// So many different ones. All are taken before one is given back, or two could be the same.
pub(crate) fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let taken = [(); COUNT]
        .map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("the loopback has a free port"));
    taken.each_ref().map(|listener| {
        let address = listener.local_addr().expect("a listener has an address");
        address.port()
    })
}

/// `https://HOST:PORT`, with brackets around an IPv6 address.
pub(crate) fn origin(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("https://[{host}]:{port}")
    } else {
        format!("https://{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_that_are_asked_for_together_differ() {
        let ports = free_ports::<512>();
        assert_eq!(BTreeSet::from(ports).len(), ports.len());
    }
}
