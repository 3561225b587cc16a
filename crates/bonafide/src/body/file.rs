//! A file as a body.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Handle;

use super::Body;
use super::off_thread::OffThread;
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
    #[doc(alias = "file")]
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
        let open = move || {
            let path = Arc::clone(&path);
            let opened = OffThread::new(move || {
                let file = File::open(&*path).and_then(|file| {
                    regular_length(&file.metadata()?)?;
                    Ok(file)
                });
                file.map_err(|error| Unopened::at(path, error))
            });
            Self::from_stream(opened).declared(length)
        };
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

/// A file could not be opened when the connection asked for its content.
#[derive(Debug, thiserror::Error)]
#[error("the file {path:?} could not be opened")]
struct Unopened {
    path: Arc<Path>,
    source: io::Error,
}

impl Unopened {
    /// As an error of the same kind.
    fn at(path: Arc<Path>, source: io::Error) -> io::Error {
        io::Error::new(source.kind(), Self { path, source })
    }
}
