//! How many connections a server has open, as it says itself over a socket in its folder.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::scratch::Scratch;

/// The name of the socket. A client that gets a page there receives a number.
pub(crate) const SOCKET: &str = "open";
const PATIENCE: Duration = Duration::from_secs(20);

/// `None` where no server listens yet.
pub(crate) fn open_connections(scratch: &Scratch) -> Option<usize> {
    let mut socket = UnixStream::connect(scratch.path().join(SOCKET)).ok()?;
    socket
        .set_read_timeout(Some(PATIENCE))
        .expect("a socket can wait");
    socket
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .expect("the server takes a request");
    let mut answer = String::new();
    socket
        .read_to_string(&mut answer)
        .expect("the server answers");
    let (_, number) = answer.split_once("\r\n\r\n").expect("a response");
    Some(number.trim().parse().expect("a number"))
}
