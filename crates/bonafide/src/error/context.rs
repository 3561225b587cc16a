//! What is added to an error on its way up to the caller.

use std::sync::Arc;

use bonafide_tower::redirect::Hop;
use bonafide_tower::shown::{is_http, without_credentials};
use bonafide_verify::Receipt;
use http::StatusCode;
use url::Url;

use super::{Delivery, Error};

impl Error {
    /// Adds the request's URL, unless there is one already. Credentials are removed; a URL that is
    /// neither `https` nor `http` may hold them anywhere and is not named.
    pub(crate) fn at(mut self, url: impl FnOnce() -> Option<Url>) -> Self {
        if self.inner.url.is_none() {
            self.inner.url = url().filter(is_http).map(without_credentials);
        }
        self
    }

    /// An earlier sending of the same request got as far as `delivery`.
    pub(crate) fn sent_before(self, delivery: Delivery) -> Self {
        let delivery = self.delivery().max(delivery);
        self.delivered(delivery)
    }

    /// Sets how far the request got.
    pub(crate) fn delivered(mut self, delivery: Delivery) -> Self {
        self.inner.failure.delivery = delivery;
        self
    }

    /// Adds the receipt of the connection.
    pub(crate) fn over(mut self, receipt: Option<&Arc<Receipt>>) -> Self {
        if self.inner.receipt.is_none() {
            self.inner.receipt = receipt.cloned();
        }
        self
    }

    /// Adds the redirects that were followed before.
    pub(crate) fn after(mut self, hops: &[Hop]) -> Self {
        if self.inner.hops.is_empty() {
            self.inner.hops = hops.to_vec();
        }
        self
    }

    /// Adds the response's status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.inner.status = Some(status);
        self
    }
}
