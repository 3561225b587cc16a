//! The client, and what is blocking of a request.

use std::sync::OnceLock;

use bonafide_verify::PolicyHandle;
use http::Method;

use super::{Response, block_on, runtime};
use crate::client::{AnyClient, ClientBuilder, Request};
use crate::error::Error;
use crate::origin::IntoUrl;

/// A request that is being built, with all methods of
/// [`bonafide::RequestBuilder`](crate::RequestBuilder) but its `send`.
pub type RequestBuilder = crate::RequestBuilder<Client>;

/// Sends HTTPS requests and waits for the responses. Cheap to clone; the clones share the
/// connections. Keep one as long as the program makes requests.
///
/// ```
/// use std::time::Duration;
/// use bonafide::Client;
///
/// let client = Client::builder().timeout(Duration::from_secs(60)).build_blocking()?;
/// # let _: bonafide::blocking::Client = client;
/// # Ok::<(), bonafide::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Client {
    client: crate::Client,
}

impl Client {
    /// A client that trusts the system's trust store, as [`bonafide::Client::new`] does.
    ///
    /// [`bonafide::Client::new`]: crate::Client::new
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a client with settings of its own; end it with
    /// [`build_blocking`](ClientBuilder::build_blocking).
    pub fn builder() -> ClientBuilder {
        crate::Client::builder()
    }

    pub(super) fn shared() -> &'static Self {
        static SHARED: OnceLock<Client> = OnceLock::new();
        SHARED.get_or_init(Self::new)
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
        // The connections that the runtime drives are found from within it alone.
        let _entered = runtime::enter().ok();
        RequestBuilder::new(self.client.clone(), method, url)
    }

    /// Sends `request`, a [`Request`] or an `http::Request`, and waits for the response's headers;
    /// see the async [`execute`](crate::Client::execute).
    ///
    /// # Errors
    ///
    /// [`Kind::Url`](crate::Kind::Url) for a URI that is not absolute, and those of
    /// [`send`](RequestBuilder::send).
    pub fn execute<R>(&self, request: R) -> Result<Response, Error>
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
        self.client.policy()
    }
}

/// Connections are not shared: each runtime has its own.
impl From<crate::Client> for Client {
    fn from(client: crate::Client) -> Self {
        Self { client }
    }
}

impl AnyClient for Client {
    fn resume(&self, request: Result<Request, Error>) -> RequestBuilder {
        // As for a request that is built.
        let _entered = runtime::enter().ok();
        RequestBuilder::of(self.client.clone(), request)
    }
}

impl RequestBuilder {
    /// Sends the request and waits for the response's headers.
    ///
    /// # Errors
    ///
    /// [`Kind::InsideRuntime`](crate::Kind::InsideRuntime) in a task of tokio,
    /// [`Kind::NoRuntime`](crate::Kind::NoRuntime) in the destructor of a thread-local value at the
    /// end of a thread, and those of the async [`send`](crate::RequestBuilder#method.send).
    pub fn send(self) -> Result<Response, Error> {
        block_on(self.into_async().send()).map(Response::from)
    }

    /// Sends the request and reads the whole response as one unit.
    ///
    /// # Errors
    ///
    /// [`Kind::InsideRuntime`](crate::Kind::InsideRuntime) in a task of tokio,
    /// [`Kind::NoRuntime`](crate::Kind::NoRuntime) in the destructor of a thread-local value at the
    /// end of a thread, and those of the async [`fetch`](crate::RequestBuilder#method.fetch).
    pub fn fetch(self) -> Result<Response, Error> {
        block_on(self.into_async().fetch()).map(Response::from)
    }
}

impl ClientBuilder {
    /// Builds a [blocking](crate::blocking) client, with these settings.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build).
    pub fn build_blocking(self) -> Result<Client, Error> {
        self.build().map(Client::from)
    }
}
