//! What a download has made.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bonafide_tower::shown::ShownUrl;
use bonafide_verify::Receipt;
use http::HeaderMap;
use url::Url;

use crate::header_names::HeaderNames;

/// A file that was downloaded.
#[derive(Clone)]
pub struct Downloaded {
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) resumptions: u32,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) receipt: Option<Arc<Receipt>>,
}

impl Downloaded {
    /// Where it is: the path that was given, made absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How often the rest was asked for, or all again.
    pub fn resumptions(&self) -> u32 {
        self.resumptions
    }

    /// The URL that the last response came from, after redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The headers of the response that the file began with: its `Last-Modified` and
    /// `Content-Type`, for instance. Where an earlier run of the program received the beginning,
    /// those of the last response, which may lack them (RFC 9110 section 15.3.7).
    ///
    /// ```
    /// use bonafide::header::LAST_MODIFIED;
    ///
    /// # fn show(done: bonafide::download::Downloaded) {
    /// if let Some(date) = done.headers().get(LAST_MODIFIED) {
    ///     println!("{} is of {date:?}", done.path().display());
    /// }
    /// # }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What was checked about the server of the last response; `None` only over plain http. Each
    /// server of an earlier response was judged by the policy of that moment.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        self.receipt.as_ref()
    }
}

/// Shows the URL as the texts of an [`Error`](crate::Error) show it, and the names of the headers.
impl fmt::Debug for Downloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            bytes,
            resumptions,
            url,
            headers,
            receipt: _,
        } = self;
        f.debug_struct("Downloaded")
            .field("path", path)
            .field("bytes", bytes)
            .field("resumptions", resumptions)
            .field("url", &ShownUrl(url))
            .field("headers", &HeaderNames(headers))
            .finish_non_exhaustive()
    }
}
