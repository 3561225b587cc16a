//! microsocks, as a SOCKS 5 proxy.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use crate::loopback::free_port;
use crate::program::Program;
use crate::running::Running;
use crate::scratch::Scratch;

const TRIES: usize = 5;

/// A running microsocks; it ends when this is dropped.
#[derive(Debug)]
pub struct Microsocks {
    _running: Running,
    address: SocketAddr,
}

impl Microsocks {
    /// Starts one that demands `user` and `password`. `None`, with a word on stderr, where there is
    /// no microsocks.
    ///
    /// # Panics
    /// If it does not start to listen, or is missing and the variable `CI` is set.
    pub async fn demanding(user: &str, password: &str) -> Option<Self> {
        let program = Program::find("microsocks")?;
        for _ in 0..TRIES {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
            let (ip, port) = (address.ip().to_string(), address.port().to_string());
            let arguments = ["-i", &ip, "-p", &port, "-u", user, "-P", password];
            let mut running = Running::start(&program, Scratch::new(), arguments);
            // It says nothing when it listens.
            let listening = running
                .until("microsocks to listen", |_| TcpStream::connect(address).ok())
                .await;
            if let Ok(_connection) = listening {
                return Some(Self {
                    _running: running,
                    address,
                });
            }
        }
        panic!("{TRIES} times microsocks ended before it listened")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
