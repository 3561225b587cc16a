use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use tower_layer::Layer;

use super::call::Shared;
use super::{BudgetKey, Budgets, Observer, Retry, RetryService, Standard};
use crate::BoxError;

/// Layer that applies the [`RetryService`] middleware. The service fails with `E`; `C` classifies
/// its attempts.
///
/// All services of one layer, and of its clones, share the same budgets.
///
/// See the [module docs](crate::retry) for an example.
pub struct RetryLayer<E = BoxError, C = Standard> {
    shared: Shared<C>,
    error: PhantomData<fn() -> E>,
}

impl RetryLayer {
    /// A layer with the rule [`Retry::standard`] and new budgets. Its service fails with
    /// [`BoxError`].
    pub fn new() -> Self {
        Self {
            shared: Shared {
                retry: Retry::standard(),
                budgets: Budgets::default(),
                classifier: Standard,
                observer: None,
            },
            error: PhantomData,
        }
    }
}

impl<E, C> RetryLayer<E, C> {
    /// Sets the rule. Default: [`Retry::standard`].
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.shared.retry = retry;
        self
    }

    /// Sets the budgets of retries. Default: budgets that only this layer uses, each
    /// [`Budget::default`](super::Budget).
    #[must_use]
    pub fn with_budgets(mut self, budgets: Budgets<BudgetKey>) -> Self {
        self.shared.budgets = budgets;
        self
    }

    /// Sets the observer of decisions. Default: none.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.shared.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the classifier of attempts: a [`Classify<E>`](super::Classify). Default: [`Standard`].
    #[must_use]
    pub fn with_classifier<D>(self, classifier: D) -> RetryLayer<E, D> {
        let Shared {
            retry,
            budgets,
            classifier: _,
            observer,
        } = self.shared;
        RetryLayer {
            shared: Shared {
                retry,
                budgets,
                classifier,
                observer,
            },
            error: PhantomData,
        }
    }

    /// Sets the error of the service. It is made from [`RetryError`](super::RetryError) (`From`)
    /// and from the error of the inner service (`Into`). Default: [`BoxError`]. The classifier must
    /// then accept this error: see [`with_classifier`](Self::with_classifier).
    ///
    /// ```
    /// use bonafide_tower::retry::{Outcome, RetryError, RetryLayer, Standard};
    /// use http::response;
    ///
    /// enum Failed {
    ///     Retry(RetryError),
    ///     Io(std::io::Error),
    /// }
    ///
    /// impl From<RetryError> for Failed {
    ///     fn from(error: RetryError) -> Self {
    ///         Self::Retry(error)
    ///     }
    /// }
    ///
    /// fn classify(attempt: Result<&response::Parts, &Failed>) -> Outcome {
    ///     match attempt {
    ///         Ok(head) => Standard::of_status(head.status),
    ///         Err(Failed::Retry(error)) => Standard::of_error(error),
    ///         Err(Failed::Io(error)) => Standard::of_error(error),
    ///     }
    /// }
    ///
    /// let layer = RetryLayer::new().with_error::<Failed>().with_classifier(classify);
    /// ```
    pub fn with_error<T>(self) -> RetryLayer<T, C> {
        RetryLayer {
            shared: self.shared,
            error: PhantomData,
        }
    }
}

impl<S, E, C: Clone> Layer<S> for RetryLayer<E, C> {
    type Service = RetryService<S, E, C>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService::sharing(inner, self.shared.clone())
    }
}

impl Default for RetryLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<E, C: Clone> Clone for RetryLayer<E, C> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            error: PhantomData,
        }
    }
}

impl<E, C> fmt::Debug for RetryLayer<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shared, error: _ } = self;
        f.debug_struct("RetryLayer")
            .field("retry", &shared.retry)
            .field("budgets", &shared.budgets)
            .finish_non_exhaustive()
    }
}
