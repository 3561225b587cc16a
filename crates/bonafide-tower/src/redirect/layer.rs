use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::{Redirect, Redirects};
use crate::BoxError;

/// Layer that applies the [`Redirect`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::redirect) for an example.
pub struct RedirectLayer<E = BoxError> {
    redirects: Redirects,
    error: PhantomData<fn() -> E>,
}

impl RedirectLayer {
    /// A layer that follows up to 10 redirects, and whose service fails with [`BoxError`].
    pub fn new() -> Self {
        Self {
            redirects: Redirects::default(),
            error: PhantomData,
        }
    }
}

impl<E> RedirectLayer<E> {
    /// Sets how many redirects are followed. Default: 10.
    pub fn with_redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Sets the error of the service. It is made from [`RedirectError`](super::RedirectError)
    /// (`From`) and from the error of the inner service (`Into`). Default: [`BoxError`].
    pub fn with_error<T>(self) -> RedirectLayer<T> {
        RedirectLayer {
            redirects: self.redirects,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for RedirectLayer<E> {
    type Service = Redirect<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Redirect::new(inner)
            .with_redirects(self.redirects.clone())
            .with_error()
    }
}

impl Default for RedirectLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for RedirectLayer<E> {
    fn clone(&self) -> Self {
        Self {
            redirects: self.redirects.clone(),
            error: PhantomData,
        }
    }
}

impl<E> fmt::Debug for RedirectLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            redirects,
            error: _,
        } = self;
        f.debug_struct("RedirectLayer")
            .field("redirects", redirects)
            .finish()
    }
}
