//! Downloading a file, so that what has the final name is whole.
//!
//! ```no_run
//! use bonafide::download::Integrity;
//! use bonafide::retry::Retry;
//!
//! # async fn show() -> Result<(), Box<dyn std::error::Error>> {
//! let client = bonafide::Client::builder().retry(Retry::standard()).build()?;
//! let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
//! let done = client
//!     .get("https://releases.example/tool.tar.gz")
//!     .download_to("tool.tar.gz")
//!     .integrity(Integrity::sha256_hex(digest)?)
//!     .on_progress(|bytes, total| println!("{bytes} of {total:?}"))
//!     .send()
//!     .await?;
//! println!("{} bytes", done.bytes());
//! # Ok(())
//! # }
//! ```
//!
//! The content is written to a file beside the final one, `.NAME.….part`. Once it is whole, and has
//! the digest that the caller named, it is written to the disk and renamed. So the final name never
//! has a part of a file, whatever ends the program; a file of that name is replaced as a whole. If
//! the download fails or is dropped, the part is removed; a process that is killed leaves it. The
//! folder has to exist.
//!
//! The path is chosen before the server is asked. Where the server chooses the name, a `HEAD` shows
//! it; a name that comes from a server may hold `..` and separators of folders, so take its last
//! part alone. A file that is already there is downloaded again, unless the program looks first:
//! [`Integrity::matches`] says whether it is the right one.
//!
//! # If the body breaks off
//!
//! **Without a rule of retries the download fails**, as any request does:
//! `.retry(Retry::standard())` above is what lets it go on. By that [rule](crate::retry), the
//! client's or the request's, the rest is asked for after the wait and within the budget that the
//! rule has: attempts count from the last one that brought new bytes, and there are at most 100 in
//! all. The [observer of retries](crate::ClientBuilder::retry_observer) sees each decision.
//!
//! | the server's response | what happens |
//! |---|---|
//! | had a strong `ETag` (RFC 9110 section 8.8.3) | `Range` and `If-Range` ask for the rest |
//! | had none, or a weak one | all is asked for again |
//! | 206 with exactly the rest of the same version | it is added |
//! | 206 with anything else, or encoded | the download fails with [`Kind::Protocol`] |
//! | 200 | the file was changed: it is received from the start |
//! | 416 that says that no byte is missing | the download is complete |
//! | any other 416 | all is asked for again |
//! | any other status | the download fails with [`Kind::Status`] |
//!
//! `Accept-Encoding: identity` is sent, and an encoded response is refused: its ranges would be
//! those of the encoded form.
//!
//! # Over restarts of the program
//!
//! [`resume_across_runs`](Download::resume_across_runs) keeps the part, and its entity tag beside
//! it, if the download does not end. It needs a digest: what an earlier run has written is trusted
//! only as far as the whole has it. If it does not, the part is removed and the download fails with
//! [`Kind::Integrity`]. While one run downloads a file, another run of the same download has a part
//! of its own, which is not kept.
//!
//! # Limits
//!
//! The limits of the request hold, that of the [whole
//! request](crate::RequestBuilder::timeout) for all attempts together. The size has no limit unless
//! [`max_bytes`](Download::max_bytes) sets one; if the server says the length and the file system
//! has less free space, nothing is written.

mod answer;
mod disk;
mod downloaded;
mod integrity;
mod pace;
mod part;
mod run;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use self::downloaded::Downloaded;
pub use self::integrity::{Integrity, IntegrityError};
use self::pace::Pace;
use crate::client::{Client, RequestBuilder};
use crate::error::Error;
#[cfg(doc)]
use crate::error::Kind;

/// Is called with the bytes so far and the bytes in all, if their number is known.
type Report = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// A download that is being prepared; see [`RequestBuilder::download_to`].
#[must_use = "a download does nothing until it is sent"]
pub struct Download<C = Client> {
    request: RequestBuilder<C>,
    plan: Plan,
}

/// How a file is downloaded.
struct Plan {
    path: PathBuf,
    integrity: Option<Integrity>,
    across_runs: bool,
    max_bytes: Option<u64>,
    pace: Option<Pace>,
    report: Option<Report>,
}

impl<C> RequestBuilder<C> {
    /// Sends this `GET` and writes the body of the response to the file `path`, as one unit: see
    /// the module [`download`](crate::download).
    #[doc(alias("copy_to", "download"))]
    pub fn download_to(self, path: impl Into<PathBuf>) -> Download<C> {
        Download {
            request: self,
            plan: Plan {
                path: path.into(),
                integrity: None,
                across_runs: false,
                max_bytes: None,
                pace: None,
                report: None,
            },
        }
    }
}

impl<C> Download<C> {
    /// The digest that the content must have. If it has another one, the download fails with
    /// [`Kind::Integrity`], and the file does not appear. Default: none.
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.plan.integrity = Some(integrity);
        self
    }

    /// Keeps what was received if the download does not end, and goes on from there the next time:
    /// also in another process. Needs [`integrity`](Self::integrity). Default: the part is removed.
    pub fn resume_across_runs(mut self) -> Self {
        self.plan.across_runs = true;
        self
    }

    /// Maximum size of the file in bytes; a larger one is an error of [`Kind::TooLarge`]. Default:
    /// no limit.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.plan.max_bytes = Some(bytes);
        self
    }

    /// Least number of bytes that must arrive in each `per` of waiting. A slower response is broken
    /// off with [`Kind::Timeout`], and the rest is asked for where a rule of retries allows that.
    /// Default: none, but the [read limit](crate::RequestBuilder::read_timeout) between two pieces.
    pub fn min_throughput(mut self, bytes: u64, per: Duration) -> Self {
        self.plan.pace = Some(Pace::new(bytes, per));
        self
    }

    /// Calls `report` for each piece that arrives, with the bytes so far, those of earlier runs
    /// included, and the bytes in all, if the server has said their number. It must not block.
    ///
    /// If all of the file is asked for again, because it has changed or has no strong `ETag`, both
    /// numbers begin again: the bytes so far may be fewer than before.
    ///
    /// ```
    /// # fn show(client: bonafide::Client) {
    /// let download = client
    ///     .get("https://releases.example/tool.tar.gz")
    ///     .download_to("tool.tar.gz")
    ///     .on_progress(|bytes, total| match total {
    ///         Some(total) => eprintln!("{bytes} of {total} bytes"),
    ///         None => eprintln!("{bytes} bytes"),
    ///     });
    /// # let _ = download;
    /// # }
    /// ```
    pub fn on_progress(
        mut self,
        report: impl Fn(u64, Option<u64>) + Send + Sync + 'static,
    ) -> Self {
        self.plan.report = Some(Arc::new(report));
        self
    }
}

impl Download {
    /// Downloads the file.
    ///
    /// # Errors
    ///
    /// Those of [`RequestBuilder::send`](crate::RequestBuilder#method.send) and of
    /// [`Response::chunk`](crate::Response::chunk); [`Kind::Status`] for a response that is not a
    /// file; [`Kind::Protocol`] for one that is not what was asked for; [`Kind::Integrity`];
    /// [`Kind::TooLarge`]; [`Kind::File`] if the file cannot be written; [`Kind::Request`] for a
    /// method other than `GET`, for a request with a body, a `Range`, an `If-Range` or an
    /// `Accept-Encoding`, and for [`resume_across_runs`](Self::resume_across_runs) without a
    /// digest.
    pub async fn send(self) -> Result<Downloaded, Error> {
        let Self { request, plan } = self;
        Box::pin(run::run(request, plan)).await
    }
}

#[cfg(feature = "blocking")]
impl Download<crate::blocking::Client> {
    /// Downloads the file, and waits until it is there.
    ///
    /// # Errors
    ///
    /// Those of the async [`send`](Download#method.send), and
    /// [`Kind::InsideRuntime`] in a task of tokio.
    pub fn send(self) -> Result<Downloaded, Error> {
        let Self { request, plan } = self;
        crate::blocking::block_on(run::run(request.into_async(), plan))
    }
}

impl<C> fmt::Debug for Download<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, plan } = self;
        let Plan {
            path,
            integrity,
            across_runs,
            max_bytes,
            pace,
            report: _,
        } = plan;
        f.debug_struct("Download")
            .field("request", request)
            .field("path", path)
            .field("integrity", integrity)
            .field("across_runs", across_runs)
            .field("max_bytes", max_bytes)
            .field("pace", pace)
            .finish_non_exhaustive()
    }
}
