//! Where a server listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where a server listens: an address with a port, or an address alone, which then
/// gets a free port.
///
/// ```
/// use bonafide_testkit::server::BindAddr;
/// use std::net::{Ipv6Addr, SocketAddr};
///
/// let six = BindAddr::from(Ipv6Addr::LOCALHOST);
/// assert_eq!(six, BindAddr::from("[::1]:0".parse::<SocketAddr>()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BindAddr(SocketAddr);

impl BindAddr {
    pub(crate) fn socket_addr(self) -> SocketAddr {
        self.0
    }
}

impl Default for BindAddr {
    /// A free port on 127.0.0.1.
    fn default() -> Self {
        Ipv4Addr::LOCALHOST.into()
    }
}

impl From<SocketAddr> for BindAddr {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl From<IpAddr> for BindAddr {
    fn from(address: IpAddr) -> Self {
        Self(SocketAddr::new(address, 0))
    }
}

impl From<Ipv4Addr> for BindAddr {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}

impl From<Ipv6Addr> for BindAddr {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::V6(address).into()
    }
}
