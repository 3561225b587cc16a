use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::RequireHttps;
use crate::BoxError;

/// Layer that applies the [`RequireHttps`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::require_https) for an example.
pub struct RequireHttpsLayer<E = BoxError> {
    error: PhantomData<fn() -> E>,
}

impl RequireHttpsLayer {
    /// A layer that accepts only `https://`, and whose service fails with [`BoxError`].
    pub const fn new() -> Self {
        Self { error: PhantomData }
    }
}

impl<E> RequireHttpsLayer<E> {
    /// Sets the error of the service. It is made from [`NotHttps`](super::NotHttps) (`From`) and
    /// from the error of the inner service (`Into`). Default: [`BoxError`].
    pub const fn with_error<T>(self) -> RequireHttpsLayer<T> {
        RequireHttpsLayer { error: PhantomData }
    }
}

impl<S, E> Layer<S> for RequireHttpsLayer<E> {
    type Service = RequireHttps<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireHttps::new(inner).with_error()
    }
}

impl Default for RequireHttpsLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for RequireHttpsLayer<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for RequireHttpsLayer<E> {}

impl<E> fmt::Debug for RequireHttpsLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RequireHttpsLayer")
    }
}
