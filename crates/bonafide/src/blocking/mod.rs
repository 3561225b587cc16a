//! The client for programs without async code.
//!
//! ```
//! # fn show() -> Result<(), bonafide::Error> {
//! let response = bonafide::blocking::get("https://example.com/")?;
//! if let Some(receipt) = response.receipt() {
//!     println!("{receipt}");
//! }
//! println!("{}", response.text()?);
//! # Ok(())
//! # }
//! ```
//!
//! The names are those of the async client. A client is built by the same builder, with
//! [`build_blocking`](crate::ClientBuilder::build_blocking), or made of an async one with `from`. A
//! request is built by the same [`RequestBuilder`]; [`send`](RequestBuilder::send) waits for the
//! response. A [`Response`] is an [`io::Read`](std::io::Read).
//!
//! # Threads
//!
//! The first request starts one thread for the whole process, `bonafide-blocking`. It drives the
//! connections of all blocking clients, and makes their handshakes. The thread that calls drives
//! the request itself: there is no queue between the two, so any number of threads can wait at
//! once. Name lookups and files use the threads that tokio keeps for blocking work. The thread does
//! not survive `fork`: a process that forks must do so before its first request.
//!
//! # Inside async code
//!
//! A call that waits would stop all tasks of its thread. In a task of tokio it is an error of
//! [`Kind::InsideRuntime`](crate::Kind::InsideRuntime), before anything is sent. In
//! `tokio::task::spawn_blocking` and `block_in_place` it is allowed.
//!
//! # What is async only
//!
//! [`block_on`] waits for any future of this crate, such as that of
//! [`Body::from_file`](crate::Body::from_file).

mod client;
mod response;
mod runtime;

pub use self::client::{Client, RequestBuilder};
pub use self::response::Response;
use crate::error::{Delivery, Error};
use crate::origin::IntoUrl;

/// Sends a `GET` of `url` with a client that the whole process shares: a [`Client::new`] that the
/// first call creates.
///
/// # Errors
///
/// Those of [`RequestBuilder::send`].
pub fn get(url: impl IntoUrl) -> Result<Response, Error> {
    Client::shared().get(url).send()
}

/// Waits for `future`, one of this crate's: a method of the async client, or a constructor such as
/// [`Body::from_file`](crate::Body::from_file). It is polled on this thread, in the context of the
/// runtime that blocking clients use.
///
/// ```no_run
/// use bonafide::{Body, blocking};
///
/// let backup = blocking::block_on(Body::from_file("backup.tar"))?;
/// let client = blocking::Client::new();
/// client.put("https://store.example/backup.tar").body(backup).send()?;
/// # Ok::<(), bonafide::Error>(())
/// ```
///
/// # Errors
///
/// [`Kind::InsideRuntime`](crate::Kind::InsideRuntime) in a task of tokio,
/// [`Kind::NoRuntime`](crate::Kind::NoRuntime) in the destructor of a thread-local value at the end
/// of a thread, [`Kind::Config`](crate::Kind::Config) if the runtime cannot be started, and those
/// of `future`.
pub fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match runtime::wait(future) {
        Ok(output) => output,
        Err(failure) => Err(failure.delivered(Delivery::NotSent).into()),
    }
}
