use std::sync::Arc;

use tower_layer::Layer;

use super::{DefaultHeaderValues, DefaultHeaders};

/// Layer that applies the [`DefaultHeaders`] middleware.
///
/// See the [module docs](crate::default_headers) for an example.
#[derive(Clone, Debug)]
pub struct DefaultHeadersLayer {
    values: Arc<DefaultHeaderValues>,
}

impl DefaultHeadersLayer {
    /// A layer that adds `values`.
    pub fn new(values: DefaultHeaderValues) -> Self {
        Self {
            values: Arc::new(values),
        }
    }
}

impl<S> Layer<S> for DefaultHeadersLayer {
    type Service = DefaultHeaders<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DefaultHeaders::shared(inner, Arc::clone(&self.values))
    }
}
