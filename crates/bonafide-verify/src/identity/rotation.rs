//! What listeners are notified of when a client certificate is replaced.

use std::time::Duration;

/// A change of client certificates. [`Credential::retires_at`](crate::identity::Credential::retires_at) of
/// those before says so by now; connections that rest on them and that no request uses are to be
/// closed, at once or when the overlap is over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rotation {
    /// How long connections made with the certificates before may still be given to requests.
    pub overlap: Duration,
}
