//! Which cookies a layer sends and stores.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Request, Response, Uri};
use url::Url;

use super::Jar;
use crate::assurance::Assurance;
use crate::store::Partition;

type Expectation = Arc<dyn Fn(&Url) -> Assurance + Send + Sync>;

/// A jar, a partition of it, and what is expected of servers.
#[derive(Clone)]
pub(super) struct Source {
    jar: Jar,
    pub(super) partition: Partition,
    /// `None`: every server of an `https://` URL will be verified.
    expectation: Option<Expectation>,
}

impl Source {
    pub(super) fn new(jar: Jar) -> Self {
        Self {
            jar,
            partition: Partition::default(),
            expectation: None,
        }
    }

    pub(super) fn expect(&mut self, by: impl Fn(&Url) -> Assurance + Send + Sync + 'static) {
        self.expectation = Some(Arc::new(by));
    }

    /// Adds the cookies for `request`, unless the caller has set a `Cookie` header.
    pub(super) fn add<B>(&self, request: &mut Request<B>) {
        if request.headers().contains_key(COOKIE) || self.jar.is_empty() {
            return;
        }
        let Some(url) = url(request.uri()) else {
            return;
        };
        let assurance = match &self.expectation {
            Some(expectation) => expectation(&url),
            None => Assurance::Verified,
        };
        let header = self
            .jar
            .header(&url, &self.partition, assurance, SystemTime::now());
        if let Some(header) = header {
            request.headers_mut().insert(COOKIE, header);
        }
    }

    /// Stores the cookies that a response from `uri` sets.
    pub(super) fn keep<B>(&self, uri: &Uri, response: &Response<B>) {
        let headers: &HeaderMap = response.headers();
        if !headers.contains_key(SET_COOKIE) {
            return;
        }
        if let Some(url) = url(uri) {
            let assurance = Assurance::of(response.extensions());
            let now = SystemTime::now();
            self.jar
                .receive(&url, &self.partition, assurance, headers, now);
        }
    }
}

fn url(uri: &Uri) -> Option<Url> {
    Url::parse(&uri.to_string()).ok()
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            jar,
            partition,
            expectation: _,
        } = self;
        f.debug_struct("Source")
            .field("jar", jar)
            .field("partition", partition)
            .finish_non_exhaustive()
    }
}
