//! Looking into an error of hyper.

use std::error::Error as StdError;

/// The error of HTTP/2 beneath, if there is one.
pub(crate) fn h2_cause(error: &hyper::Error) -> Option<&h2::Error> {
    causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>())
}

/// The errors beneath, the nearest first.
pub(crate) fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}
