//! The table of situations.

mod bodies;
mod limits;
mod locations;
mod methods;
mod origins;

use super::situation::Situation;

/// All situations.
pub fn situations() -> Vec<Situation> {
    [
        methods::situations(),
        bodies::situations(),
        origins::situations(),
        locations::situations(),
        limits::situations(),
    ]
    .concat()
}
