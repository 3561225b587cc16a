//! Writing the server's messages, and records around them.

use super::hello::Hello;
use super::weakness::Choice;

pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;

pub(super) const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const SERVER_HELLO_DONE: u8 = 14;
pub(super) const CLIENT_KEY_EXCHANGE: u8 = 16;

/// `renegotiation_info` with nothing in it, RFC 5746 section 3.6.
const RENEGOTIATION_INFO: [u8; 5] = [0xff, 0x01, 0x00, 0x01, 0x00];
/// The longest record (RFC 5246 section 6.2.1).
const RECORD_BYTES: usize = 1 << 14;

/// A sequence of handshake messages of one version.
#[derive(Debug)]
pub(super) struct Flight {
    version: u16,
    bytes: Vec<u8>,
}

impl Flight {
    pub(super) fn new(choice: Choice) -> Self {
        Self {
            version: choice.version,
            bytes: Vec::new(),
        }
    }

    pub(super) fn server_hello(&mut self, hello: &Hello, suite: u16, random: &[u8; 32]) {
        let mut body = self.version.to_be_bytes().to_vec();
        body.extend(random);
        // No session, and no compression.
        body.push(0);
        body.extend(suite.to_be_bytes());
        body.push(0);
        if hello.knows_renegotiation_info {
            vector16(&mut body, &RENEGOTIATION_INFO);
        }
        self.message(SERVER_HELLO, &body);
    }

    pub(super) fn certificate<C: AsRef<[u8]>>(&mut self, chain: &[C]) {
        let mut list = Vec::new();
        for certificate in chain {
            vector24(&mut list, certificate.as_ref());
        }
        let mut body = Vec::new();
        vector24(&mut body, &list);
        self.message(CERTIFICATE, &body);
    }

    pub(super) fn server_key_exchange(&mut self, body: &[u8]) {
        self.message(SERVER_KEY_EXCHANGE, body);
    }

    /// Ends the flight; gives its records.
    pub(super) fn done(mut self) -> Vec<u8> {
        self.message(SERVER_HELLO_DONE, &[]);
        let mut records = Vec::new();
        for part in self.bytes.chunks(RECORD_BYTES) {
            records.push(HANDSHAKE);
            records.extend(self.version.to_be_bytes());
            vector16(&mut records, part);
        }
        records
    }

    fn message(&mut self, kind: u8, body: &[u8]) {
        self.bytes.push(kind);
        vector24(&mut self.bytes, body);
    }
}

pub(super) fn vector8(out: &mut Vec<u8>, content: &[u8]) {
    vector(out, content, 1);
}

pub(super) fn vector16(out: &mut Vec<u8>, content: &[u8]) {
    vector(out, content, 2);
}

fn vector24(out: &mut Vec<u8>, content: &[u8]) {
    vector(out, content, 3);
}

fn vector(out: &mut Vec<u8>, content: &[u8], length_bytes: usize) {
    let length = content.len().to_be_bytes();
    let (overflow, length) = length.split_at(length.len() - length_bytes);
    assert!(
        overflow.iter().all(|byte| *byte == 0),
        "{} bytes do not fit into a vector of TLS",
        content.len()
    );
    out.extend_from_slice(length);
    out.extend_from_slice(content);
}
