use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;
use url::Url;

use super::source::Source;
use super::{Cookies, Jar};
use crate::BoxError;
use crate::assurance::Assurance;
use crate::store::Partition;

/// Layer that applies the [`Cookies`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::cookies) for an example.
pub struct CookiesLayer<E = BoxError> {
    source: Source,
    error: PhantomData<fn() -> E>,
}

impl CookiesLayer {
    /// A layer that sends and keeps the cookies of `jar`, in its default partition, and whose
    /// service fails with [`BoxError`].
    pub fn new(jar: Jar) -> Self {
        Self {
            source: Source::new(jar),
            error: PhantomData,
        }
    }
}

impl<E> CookiesLayer<E> {
    /// Sets whose cookies are sent and kept. Default: [`Partition::default`].
    pub fn with_partition(mut self, partition: Partition) -> Self {
        self.source.partition = partition;
        self
    }

    /// Sets what is expected of the server of an `https://` URL before the request is sent: without
    /// [`Assurance::Verified`] no cookie is sent. Default: that it will be verified.
    ///
    /// A program whose policy has a grant for a host says so here. The layer sees the receipt of a
    /// connection with the response, when the cookies have been sent.
    pub fn with_expectation(
        mut self,
        expectation: impl Fn(&Url) -> Assurance + Send + Sync + 'static,
    ) -> Self {
        self.source.expect(expectation);
        self
    }

    /// Sets the error of the service, which the error of the inner service is turned into (`Into`).
    /// The layer has no error of its own. Default: [`BoxError`].
    pub fn with_error<T>(self) -> CookiesLayer<T> {
        CookiesLayer {
            source: self.source,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for CookiesLayer<E> {
    type Service = Cookies<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Cookies::from_source(inner, self.source.clone())
    }
}

impl<E> Clone for CookiesLayer<E> {
    fn clone(&self) -> Self {
        Self {
            source: self.source.clone(),
            error: PhantomData,
        }
    }
}

impl<E> fmt::Debug for CookiesLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, error: _ } = self;
        f.debug_struct("CookiesLayer")
            .field("source", source)
            .finish()
    }
}
