//! Work on the disk, which blocks, and what its failures mean.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::error::{Failure, Kind};

/// Runs `work` on a thread for blocking work.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let runtime = Handle::try_current().map_err(|_| Failure::outside_a_runtime("the download"))?;
    let done = runtime.spawn_blocking(work).await;
    done.map_err(|error| {
        Failure::new(Kind::Canceled, "the file could not be written").caused_by(Arc::new(error))
    })
}

/// The file at `path` could not be written.
#[cold]
pub(super) fn unwritable(path: &Path, error: io::Error) -> Failure {
    Failure::new(
        Kind::File,
        format!("the download cannot be written to {path:?}"),
    )
    .caused_by(error)
}
