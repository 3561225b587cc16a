use tower_layer::Layer;

use super::RequireHttps;

/// Layer that applies the [`RequireHttps`] middleware.
///
/// See the [module docs](crate::require_https) for an example.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RequireHttpsLayer;

impl RequireHttpsLayer {
    /// A layer that lets only `https://` pass.
    pub const fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for RequireHttpsLayer {
    type Service = RequireHttps<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireHttps::new(inner)
    }
}
