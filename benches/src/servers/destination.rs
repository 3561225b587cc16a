//! Where requests go.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use bonafide_verify::pki_types::CertificateDer;
use data_encoding::HEXLOWER;

use crate::Failure;

/// The host that all servers have a certificate for.
pub(crate) const HOST: &str = "bench.test";

/// A server's address and the root of its certificate. Written as text to hand it to another
/// process.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) address: SocketAddr,
    pub(crate) root: CertificateDer<'static>,
}

impl Destination {
    /// The URL that is requested.
    pub(crate) fn url(&self) -> String {
        format!("https://{HOST}:{}/items/42?view=brief", self.address.port())
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.address, HEXLOWER.encode(&self.root))
    }
}

impl FromStr for Destination {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let (address, root) = text
            .trim_end()
            .split_once(' ')
            .ok_or("a destination is an address and a root")?;
        Ok(Self {
            address: address.parse()?,
            root: HEXLOWER.decode(root.as_bytes())?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_the_same_after_it_was_written_and_read() {
        let written = Destination {
            address: SocketAddr::from(([127, 0, 0, 1], 8443)),
            root: vec![0, 1, 0xfe].into(),
        };
        let read: Destination = written.to_string().parse().unwrap();
        assert_eq!(read.address, written.address);
        assert_eq!(read.root, written.root);
        assert_eq!(read.url(), "https://bench.test:8443/items/42?view=brief");
    }
}
