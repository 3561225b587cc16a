use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::{DecodingLimits, Decompression};
use crate::BoxError;

/// Layer that applies the [`Decompression`] middleware. The service, and the bodies of its
/// responses, fail with `E`.
///
/// See the [module docs](crate::decompression) for an example.
pub struct DecompressionLayer<E = BoxError> {
    limits: DecodingLimits,
    error: PhantomData<fn() -> E>,
}

impl DecompressionLayer {
    /// A layer with the [default limits](DecodingLimits). Its service fails with [`BoxError`].
    pub fn new() -> Self {
        Self {
            limits: DecodingLimits::default(),
            error: PhantomData,
        }
    }
}

impl<E> DecompressionLayer<E> {
    /// Sets how much a body may grow. Default: to any size, but after the first MiB at most to
    /// 1,000 times its encoded size.
    pub const fn with_limits(mut self, limits: DecodingLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the error of the service and of the bodies. It is made from
    /// [`DecompressionError`](super::DecompressionError) (`From`) and from the errors of the inner
    /// service and of its bodies (`Into`). Default: [`BoxError`].
    pub const fn with_error<T>(self) -> DecompressionLayer<T> {
        DecompressionLayer {
            limits: self.limits,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for DecompressionLayer<E> {
    type Service = Decompression<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Decompression::new(inner)
            .with_limits(self.limits)
            .with_error()
    }
}

impl Default for DecompressionLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for DecompressionLayer<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for DecompressionLayer<E> {}

impl<E> fmt::Debug for DecompressionLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limits, error: _ } = self;
        f.debug_struct("DecompressionLayer")
            .field("limits", limits)
            .finish()
    }
}
