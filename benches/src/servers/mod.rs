//! The servers, which run in a process of their own.

mod destination;
mod process;
#[cfg(feature = "peers")]
mod serve;
mod site;

pub(crate) use self::destination::{Destination, HOST};
pub(crate) use self::process::{Counts, Servers};
#[cfg(feature = "peers")]
pub(crate) use self::serve::serve;
pub(crate) use self::site::Site;
