use std::fmt;
use std::marker::PhantomData;

use tower_layer::Layer;

use super::{Auth, Keyring};
use crate::BoxError;

/// Layer that applies the [`Auth`] middleware, whose service fails with `E`.
///
/// See the [module docs](crate::auth) for an example.
pub struct AuthLayer<E = BoxError> {
    keyring: Keyring,
    error: PhantomData<fn() -> E>,
}

impl AuthLayer {
    /// A layer that sends one [`Credential`](super::Credential), or those of a [`Keyring`], and
    /// whose service fails with [`BoxError`].
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self {
            keyring: keyring.into(),
            error: PhantomData,
        }
    }
}

impl<E> AuthLayer<E> {
    /// Sets the error of the service. It is made from [`AuthError`](super::AuthError) (`From`) and
    /// from the error of the inner service (`Into`). Default: [`BoxError`].
    pub fn with_error<T>(self) -> AuthLayer<T> {
        AuthLayer {
            keyring: self.keyring,
            error: PhantomData,
        }
    }
}

impl<S, E> Layer<S> for AuthLayer<E> {
    type Service = Auth<S, E>;

    fn layer(&self, inner: S) -> Self::Service {
        Auth::new(inner, self.keyring.clone()).with_error()
    }
}

impl<E> Clone for AuthLayer<E> {
    fn clone(&self) -> Self {
        Self {
            keyring: self.keyring.clone(),
            error: PhantomData,
        }
    }
}

impl<E> fmt::Debug for AuthLayer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keyring, error: _ } = self;
        f.debug_struct("AuthLayer")
            .field("keyring", keyring)
            .finish()
    }
}
