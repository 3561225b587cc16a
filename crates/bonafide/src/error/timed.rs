//! Where the time of a failed request went.

use super::Error;
use crate::observe::{OpeningTimes, Timings};

impl Error {
    /// Where the time went until the failure, or until the headers if the failure came later;
    /// [`phase`](Self::phase) says which part failed. `None` if the request could not be built, and
    /// where a [layer](crate::ClientBuilder::layer) failed, or took too long.
    ///
    /// ```
    /// # async fn show() {
    /// if let Err(error) = bonafide::get("https://example.com/").await
    ///     && let Some(timings) = error.timings()
    /// {
    ///     eprintln!("failed after {:?}, {:?}", timings.total(), timings.opening());
    /// }
    /// # }
    /// ```
    pub fn timings(&self) -> Option<&Timings> {
        self.inner.timings.as_ref()
    }

    /// The times of the connection that could not be opened, if that is what failed.
    pub(crate) fn opening(&self) -> Option<OpeningTimes> {
        self.inner.failure.opening.as_deref().copied()
    }

    /// Adds where the time went, unless that is known already.
    pub(crate) fn timed(mut self, timings: impl FnOnce() -> Option<Timings>) -> Self {
        if self.inner.timings.is_none() {
            self.inner.timings = timings();
        }
        self
    }
}
