//! The notification that a client certificate was replaced.

use std::time::Duration;

/// A client certificate was replaced.
///
/// [`Credential::retires_at`](crate::identity::Credential::retires_at) of the former certificates
/// is set by then. Close their idle connections, at once or when the overlap has passed.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rotation {
    /// How long requests may still use connections that were made with the former certificates.
    pub overlap: Duration,
}
