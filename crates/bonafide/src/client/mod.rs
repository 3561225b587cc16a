//! The client.

mod builder;
mod request;
mod request_value;
mod service;
mod shared;

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "sse")]
use bonafide_tower::retry::Budgets;
use bonafide_verify::PolicyHandle;
use http::Method;

pub use self::builder::ClientBuilder;
pub(crate) use self::request::AnyClient;
pub use self::request::RequestBuilder;
pub use self::request_value::Request;
pub(crate) use self::shared::shared;
use crate::error::Error;
use crate::limits::Cap;
use crate::origin::IntoUrl;
#[cfg(feature = "sse")]
use crate::origin::Origin;
use crate::response::Response;
use crate::stack::Stack;

/// Sends HTTPS requests, and shows with every response why its server was trusted.
///
/// Making one is cheap; cloning is cheaper and shares the connections. Keep one as long as the
/// program makes requests.
///
/// A client is a [`tower::Service`](tower_service::Service) of `http::Request<Body>`, and so is
/// `&Client`.
///
/// ```
/// # async fn show() -> Result<(), bonafide::Error> {
/// let client = bonafide::Client::new();
/// let response = client.get("https://example.com/").send().await?;
/// if let Some(receipt) = response.receipt() {
///     println!("{receipt}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

/// What the clones of a client share.
pub(crate) struct Inner {
    pub(crate) stack: Stack,
    /// For the methods of a response that collect its body.
    pub(crate) body_cap: Cap,
    /// For connections of event streams that failed, by origin.
    #[cfg(feature = "sse")]
    pub(crate) event_budgets: Budgets<Origin>,
}

impl Client {
    /// A client that trusts the system's trust store, under the rules of browsers.
    /// [`ClientBuilder`] has all settings.
    ///
    /// Reads no file yet: the store is read once in each process, on a thread of its own. If the
    /// policy cannot be used, each request fails with [`Kind::Config`](crate::Kind::Config).
    pub fn new() -> Self {
        Self::builder().build_or_defer()
    }

    /// Starts a client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Starts a `GET` of `url`.
    pub fn get(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Starts a `HEAD` of `url`.
    pub fn head(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// Starts a `POST` to `url`.
    pub fn post(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Starts a `PUT` to `url`.
    pub fn put(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// Starts a `PATCH` of `url`.
    pub fn patch(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// Starts a `DELETE` of `url`.
    pub fn delete(&self, url: impl IntoUrl) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// Starts a request of any method. A URL that cannot be used is reported when the request is
    /// sent.
    pub fn request(&self, method: Method, url: impl IntoUrl) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, url)
    }

    /// Sends `request` and waits for the response's headers. Dropping the future cancels it.
    ///
    /// It is a [`Request`], or an `http::Request` with an absolute URI and any body that converts
    /// into a [`Body`](crate::Body). It may have been built with another client. It is sent with
    /// the limits, the headers and the trust of this one.
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = client.get("https://shop.example/").build()?;
    /// println!("{} {}", request.method(), request.url());
    /// let response = client.execute(request).await?;
    ///
    /// let order = bonafide::http::Request::post("https://shop.example/orders").body("a cake")?;
    /// let response = client.execute(order).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Url`](crate::Kind::Url) for a URI that is not absolute, and those of
    /// [`RequestBuilder::send`].
    pub fn execute<R>(
        &self,
        request: R,
    ) -> impl Future<Output = Result<Response, Error>> + Send + use<R>
    where
        R: TryInto<Request>,
        Error: From<R::Error>,
    {
        let request = request.try_into().map_err(Error::from);
        self.resume(request).send()
    }

    /// The policy that judges the servers, to read or to replace; `None` only if it could not be
    /// built.
    pub fn policy(&self) -> Option<&PolicyHandle> {
        self.inner.stack.router().ok().map(|router| router.policy())
    }

    /// Closes the connections that no request uses at this moment, of all clones of this client and
    /// on all runtimes. A connection in use is kept when its requests have ended, as always.
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// client.get("https://shop.example/").send().await?.bytes().await?;
    /// // The network has changed: the next request begins with a new connection.
    /// client.close_idle_connections();
    /// # Ok(())
    /// # }
    /// ```
    pub fn close_idle_connections(&self) {
        if let Ok(router) = self.inner.stack.router() {
            router.close_idle();
        }
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            stack,
            body_cap,
            #[cfg(feature = "sse")]
            event_budgets,
        } = &*self.inner;
        let mut f = f.debug_struct("Client");
        f.field("stack", stack).field("body_cap", body_cap);
        #[cfg(feature = "sse")]
        f.field("event_budgets", event_budgets);
        f.finish()
    }
}
