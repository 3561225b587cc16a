//! From a builder to a request as a value, and back.

use std::marker::PhantomData;

use super::RequestBuilder;
use crate::client::{Client, Request};
use crate::error::{Delivery, Error};
use crate::limits::RequestTimeouts;

/// A client that a builder can be for: the async one or the blocking one.
pub trait AnyClient: From<Client> {
    /// A builder that goes on with `request`, sent by this client.
    fn resume(&self, request: Result<Request, Error>) -> RequestBuilder<Self>;
}

impl AnyClient for Client {
    fn resume(&self, request: Result<Request, Error>) -> RequestBuilder<Self> {
        RequestBuilder::of(self.clone(), request)
    }
}

impl<C> RequestBuilder<C> {
    /// `request`, sent by `client`.
    pub(crate) fn of(client: Client, request: Result<Request, Error>) -> Self {
        let request = request.map(Request::gathered);
        let (timeouts, versions) = match &request {
            Ok(request) => (*request.timeouts(), request.versions()),
            Err(_) => (RequestTimeouts::default(), None),
        };
        Self {
            call: request
                .and_then(|request| request.into_call(&client))
                .map(Box::new),
            client,
            timeouts,
            versions,
            sent_by: PhantomData,
        }
    }

    /// The request as a value that can be read and changed. It does not have the client's own
    /// headers and limits.
    ///
    /// [`Client::execute`] sends it, [`from_parts`](Self::from_parts) makes a builder of it again,
    /// and `http::Request::try_from` makes the request for a tower service.
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::{Body, http};
    ///
    /// let request = client.get("https://shop.example/stock").build()?;
    /// println!("{} {}", request.method(), request.url());
    /// let request = http::Request::<Body>::try_from(request)?;
    /// let response = tower::ServiceExt::oneshot(client, request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Url`](crate::Kind::Url) or [`Kind::Request`](crate::Kind::Request) for a value that
    /// cannot be used.
    pub fn build(self) -> Result<Request, Error> {
        let call = self
            .call
            .map_err(|error| error.delivered(Delivery::NotSent))?;
        Request::of_call(*call, self.timeouts, self.versions)
    }
}

impl<C: AnyClient> RequestBuilder<C> {
    /// A builder that goes on with `request`, which `client` will send: [`Client`], or the one of
    /// the module `blocking`.
    ///
    /// Limits, versions and rules that the request has of its own stay. Those that it does not have
    /// are this client's, as for [`Client::execute`]. A mistake in the request is reported by
    /// [`send`](RequestBuilder::send).
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::{Request, RequestBuilder};
    ///
    /// let mut request: Request = client.get("https://shop.example/stock").build()?;
    /// request.url_mut().set_path("/orders");
    /// let response = RequestBuilder::from_parts(client, request).fetch().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_parts(client: C, request: Request) -> Self {
        client.resume(Ok(request))
    }

    /// The client, and the request as [`build`](Self::build) returns it.
    ///
    /// ```
    /// # fn show(request: bonafide::RequestBuilder) -> Result<(), bonafide::Error> {
    /// use bonafide::RequestBuilder;
    ///
    /// let (client, request) = request.build_split();
    /// let again = RequestBuilder::from_parts(client, request?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build_split(self) -> (C, Result<Request, Error>) {
        (self.client.clone().into(), self.build())
    }
}
