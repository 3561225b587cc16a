use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::{Hsts, HstsHosts};
use crate::BoxError;

/// Layer that applies the [`Hsts`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::hsts) for an example.
pub struct HstsLayer<E = BoxError> {
    hosts: HstsHosts,
    error: PhantomData<fn() -> E>,
}

impl HstsLayer {
    /// A layer that upgrades requests by `hosts`, and adds to `hosts` what it learns. Its service
    /// fails with [`BoxError`].
    pub const fn new(hosts: HstsHosts) -> Self {
        Self {
            hosts,
            error: PhantomData,
        }
    }
}

impl<E> HstsLayer<E> {
    /// Sets the error of the service, which the error of the inner service is turned into (`Into`).
    /// The layer adds no error. Default: [`BoxError`].
    pub fn with_error<T>(self) -> HstsLayer<T> {
        HstsLayer {
            hosts: self.hosts,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for HstsLayer<E> {
    type Service = Hsts<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Hsts::new(inner, self.hosts.clone()).with_error()
    }
}

impl<E> Clone for HstsLayer<E> {
    fn clone(&self) -> Self {
        Self {
            hosts: self.hosts.clone(),
            error: PhantomData,
        }
    }
}

impl<E> fmt::Debug for HstsLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hosts, error: _ } = self;
        f.debug_struct("HstsLayer").field("hosts", hosts).finish()
    }
}
