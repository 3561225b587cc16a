use tower_layer::Layer;

use super::RequireVerified;
use super::demand::{Demand, KnownKeys, Pins};

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
            demand: Demand::VERIFIED,
        }
    }

    /// Demands a pin too: one key of the server's verified path is pinned for its host, by a check that was enforced.
    pub const fn pinned(mut self) -> Self {
        self.demand.pins = Pins::Demanded;
        self
    }

    /// Lets responses pass too whose server was believed by its key alone, in a zone of the policy that says so (`first_use` or `exactly`). Default: they are
    /// refused, as such a server is not verified. Pins that are demanded are demanded of the others.
    pub const fn or_known_key(mut self) -> Self {
        self.demand.known_keys = KnownKeys::Allowed;
        self
    }
}

impl<S> Layer<S> for RequireVerifiedLayer {
    type Service = RequireVerified<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireVerified::demanding(inner, self.demand)
    }
}
