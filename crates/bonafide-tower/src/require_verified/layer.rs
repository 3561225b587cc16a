use tower_layer::Layer;

use super::RequireVerified;
use super::demand::Demand;

/// Layer that applies the [`RequireVerified`] middleware.
///
/// See the [module docs](crate::require_verified) for an example.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequireVerifiedLayer {
    demand: Demand,
}

impl RequireVerifiedLayer {
    /// A layer that demands a receipt of a verified server.
    pub const fn new() -> Self {
        Self {
            demand: Demand::Verified,
        }
    }

    /// Demands a pin too: one key of the server's verified path is pinned for its host, by a check that was enforced.
    pub const fn pinned(mut self) -> Self {
        self.demand = Demand::Pinned;
        self
    }
}

impl<S> Layer<S> for RequireVerifiedLayer {
    type Service = RequireVerified<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireVerified::demanding(inner, self.demand)
    }
}
