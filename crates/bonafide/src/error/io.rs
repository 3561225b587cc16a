//! The client's error as one of `std::io`, for readers.

use std::io;

use super::{Error, Kind};

/// An error of `std::io` that contains this one: `TimedOut` for a [`Kind::Timeout`], `InvalidData`
/// for [`Kind::Decode`] and [`Kind::Protocol`], else `Other`.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            Kind::Timeout => io::ErrorKind::TimedOut,
            Kind::Decode | Kind::Protocol => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
