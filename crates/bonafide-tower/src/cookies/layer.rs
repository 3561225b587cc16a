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
    /// A layer that sends the cookies of the default partition of `jar` and stores new ones there.
    /// Its service fails with [`BoxError`].
    pub fn new(jar: Jar) -> Self {
        Self {
            source: Source::new(jar),
            error: PhantomData,
        }
    }
}

impl<E> CookiesLayer<E> {
    /// Sets the partition of the cookies. Default: [`Partition::default`].
    pub fn with_partition(mut self, partition: Partition) -> Self {
        self.source.partition = partition;
        self
    }

    /// Sets a function that predicts, before a request is sent, the assurance of the server of an
    /// `https://` URL: unless it returns [`Assurance::Verified`], no cookie is sent. Default: every
    /// server will be verified.
    ///
    /// Set it if your policy has a grant for a host. The layer sees the receipt of a connection
    /// only with the response, after the cookies were sent.
    pub fn with_expectation(
        mut self,
        expectation: impl Fn(&Url) -> Assurance + Send + Sync + 'static,
    ) -> Self {
        self.source.expect(expectation);
        self
    }

    /// Sets the error of the service, which the error of the inner service is turned into (`Into`).
    /// The layer adds no error. Default: [`BoxError`].
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
