//! The servers, which run in a process of their own.

mod destination;
mod process;
mod serve;
mod site;

pub(crate) use self::destination::{Destination, HOST};
pub(crate) use self::process::{Counts, Servers};
pub(crate) use self::serve::serve;
pub(crate) use self::site::Site;
