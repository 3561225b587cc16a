use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::RequireVerified;
use super::demand::{Demand, KnownKeys, Pins};
use crate::BoxError;

/// Layer that applies the [`RequireVerified`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::require_verified) for an example.
pub struct RequireVerifiedLayer<E = BoxError> {
    demand: Demand,
    error: PhantomData<fn() -> E>,
}

impl RequireVerifiedLayer {
    /// A layer that requires a receipt of a verified server, and whose service fails with
    /// [`BoxError`].
    pub const fn new() -> Self {
        Self {
            demand: Demand::VERIFIED,
            error: PhantomData,
        }
    }
}

impl<E> RequireVerifiedLayer<E> {
    /// Requires a pin too: one key of the server's verified path is pinned for its host, by a check
    /// that was enforced.
    pub const fn pinned(mut self) -> Self {
        self.demand.pins = Pins::Demanded;
        self
    }

    /// Also accepts responses whose server was accepted by its key alone, in a zone of the policy
    /// that allows it (`first_use` or `exactly`). Default: they are refused, since such a server is
    /// not verified. With [`pinned`](Self::pinned), the other servers still need a pin.
    pub const fn or_known_key(mut self) -> Self {
        self.demand.known_keys = KnownKeys::Allowed;
        self
    }

    /// Sets the error of the service. It is made from [`NotVerified`](super::NotVerified) (`From`)
    /// and from the error of the inner service (`Into`). Default: [`BoxError`].
    pub const fn with_error<T>(self) -> RequireVerifiedLayer<T> {
        RequireVerifiedLayer {
            demand: self.demand,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for RequireVerifiedLayer<E> {
    type Service = RequireVerified<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireVerified::demanding(inner, self.demand)
    }
}

impl Default for RequireVerifiedLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Clone for RequireVerifiedLayer<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for RequireVerifiedLayer<E> {}

impl<E> fmt::Debug for RequireVerifiedLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { demand, error: _ } = self;
        f.debug_struct("RequireVerifiedLayer")
            .field("demand", demand)
            .finish()
    }
}
