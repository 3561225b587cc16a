//! HTTP/2 in single frames (RFC 9113 section 4.1).

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::RawStream;

const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The type of DATA.
    pub const DATA: u8 = 0;
    /// The type of HEADERS.
    pub const HEADERS: u8 = 1;
    /// The type of RST_STREAM.
    pub const RST_STREAM: u8 = 3;
    /// The type of SETTINGS.
    pub const SETTINGS: u8 = 4;
    /// The type of GOAWAY.
    pub const GOAWAY: u8 = 7;
    /// The flag END_STREAM of HEADERS and DATA.
    pub const END_STREAM: u8 = 1;
    /// The flag END_HEADERS of HEADERS.
    pub const END_HEADERS: u8 = 4;

    /// A response's HEADERS. `status` is an index of HPACK's static table: 8 is 200, 9 is 204, 11
    /// is 304.
    pub fn status(stream: u32, status: u8, flags: u8) -> Self {
        Self {
            kind: Self::HEADERS,
            flags: Self::END_HEADERS | flags,
            stream,
            payload: vec![0x80 | status],
        }
    }

    /// A piece of a body.
    pub fn data(stream: u32, data: &[u8], flags: u8) -> Self {
        Self {
            kind: Self::DATA,
            flags,
            stream,
            payload: data.to_vec(),
        }
    }

    /// RST_STREAM with an error code.
    pub fn reset(stream: u32, code: u32) -> Self {
        Self {
            kind: Self::RST_STREAM,
            flags: 0,
            stream,
            payload: code.to_be_bytes().to_vec(),
        }
    }

    /// GOAWAY with the last stream that was or may be processed.
    pub fn goaway(last: u32, code: u32) -> Self {
        Self {
            kind: Self::GOAWAY,
            flags: 0,
            stream: 0,
            payload: [last.to_be_bytes(), code.to_be_bytes()].concat(),
        }
    }
}

/// The server's side of an HTTP/2 connection.
#[derive(Debug)]
pub struct Http2Peer {
    stream: RawStream,
}

impl Http2Peer {
    /// Reads the client's preface and sends empty SETTINGS.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn accept(stream: RawStream) -> io::Result<Self> {
        let mut peer = Self::without_settings(stream).await?;
        peer.send(Frame {
            kind: Frame::SETTINGS,
            flags: 0,
            stream: 0,
            payload: Vec::new(),
        })
        .await?;
        Ok(peer)
    }

    /// Reads the client's preface and sends nothing.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn without_settings(mut stream: RawStream) -> io::Result<Self> {
        let mut preface = [0; PREFACE];
        stream.read_exact(&mut preface).await?;
        Ok(Self { stream })
    }

    /// Sends a frame.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn send(&mut self, frame: Frame) -> io::Result<()> {
        let length = u32::try_from(frame.payload.len()).map_err(io::Error::other)?;
        let mut bytes = length.to_be_bytes()[1..].to_vec();
        bytes.extend([frame.kind, frame.flags]);
        bytes.extend(frame.stream.to_be_bytes());
        bytes.extend(frame.payload);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    /// The next frame of the client.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn receive(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await?;
        Ok(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        })
    }

    /// The stream of the next request, when its HEADERS have come.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn request(&mut self) -> io::Result<u32> {
        loop {
            let frame = self.receive().await?;
            if frame.kind == Frame::HEADERS {
                return Ok(frame.stream);
            }
        }
    }

    /// Sends 200 and a whole body.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn answer(&mut self, stream: u32, body: &[u8]) -> io::Result<()> {
        self.send(Frame::status(stream, 8, 0)).await?;
        self.send(Frame::data(stream, body, Frame::END_STREAM))
            .await
    }

    /// Reads until the client closes the connection.
    pub async fn drain(&mut self) {
        while self.receive().await.is_ok() {}
    }
}
