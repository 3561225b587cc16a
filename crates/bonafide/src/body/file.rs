//! A file as a body.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::Body;
use super::outgoing::PIECE_BYTES;
use super::repeat::Again;
use crate::error::{Delivery, Error, Failure, Kind, Phase};

impl Body {
    /// The content of the file at `path`, with its present length as `Content-Length` (an empty
    /// file is sent chunked over HTTP/1.1, since it may still grow). The file is
    /// opened when the connection first asks for the body and read in pieces of 64 KiB, on the
    /// threads that tokio keeps for blocking work. Each further attempt to send the request opens
    /// it again.
    ///
    /// A file that is longer or shorter than its length was when this function was called ends the
    /// request with [`Kind::Body`](crate::Kind::Body), and so does one that cannot be read.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::Body;
    ///
    /// let body = Body::from_file("backup.tar").await?;
    /// client.put("https://store.example/backup.tar").body(body).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Body`](crate::Kind::Body) if there is no regular file at `path`,
    /// [`Kind::NoRuntime`](crate::Kind::NoRuntime) outside a tokio runtime.
    pub async fn from_file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path: Arc<Path> = Arc::from(path.into());
        let measured = Arc::clone(&path);
        let runtime = Handle::try_current().map_err(|_| {
            Failure::outside_a_runtime("Body::from_file").delivered(Delivery::NotSent)
        })?;
        let length = runtime
            .spawn_blocking(move || regular_length(&std::fs::metadata(&*measured)?))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|error| {
                let what = format!("the file {path:?} cannot be sent");
                Failure::new(Kind::Body, what)
                    .during(Phase::Send)
                    .delivered(Delivery::NotSent)
                    .caused_by(error)
            })?;
        let open = move || Self::from_stream(Pieces::of(Arc::clone(&path))).declared(length);
        let body = open();
        Ok(body.repeated_by(Again::new(move || Some(open()))))
    }
}

/// The length of a file of which nothing but its content can arrive. A pipe or a device has none.
fn regular_length(metadata: &std::fs::Metadata) -> io::Result<u64> {
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ))
    }
}

/// A file between two reads, and the piece that was read last; no file at the end.
type Step = io::Result<(Option<File>, Bytes)>;

/// The content of a file. At most one piece is in memory.
enum Pieces {
    Closed(Arc<Path>),
    Open(File),
    Reading(JoinHandle<Step>),
    Ended,
}

impl Pieces {
    fn of(path: Arc<Path>) -> Self {
        Self::Closed(path)
    }
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Self::Reading(reading) = &mut *self {
                let step = ready!(Pin::new(reading).poll(cx));
                *self = Self::Ended;
                let (file, piece) = step.unwrap_or_else(|error| Err(io::Error::other(error)))?;
                let Some(file) = file else {
                    return Poll::Ready(None);
                };
                *self = Self::Open(file);
                return Poll::Ready(Some(Ok(piece)));
            }
            let runtime = Handle::try_current().map_err(io::Error::other)?;
            let reading = match std::mem::replace(&mut *self, Self::Ended) {
                Self::Closed(path) => runtime.spawn_blocking(move || {
                    let file = File::open(&*path)?;
                    regular_length(&file.metadata()?)?;
                    read_piece(file)
                }),
                Self::Open(file) => runtime.spawn_blocking(move || read_piece(file)),
                Self::Reading(_) | Self::Ended => return Poll::Ready(None),
            };
            *self = Self::Reading(reading);
        }
    }
}

fn read_piece(file: File) -> Step {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    (&file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
    let rest = (!piece.is_empty()).then_some(file);
    Ok((rest, piece.into()))
}
