//! A request as a value, between building it and sending it.

use std::convert::Infallible;
use std::fmt;

use bonafide_tower::redirect::Redirects;
use bonafide_tower::shown::ShownUrl;
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, Method};
use url::Url;

use super::Client;
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::exchange::{Call, Carried};
use crate::header_names::{HeaderNames, mark_secrets};
use crate::limits::RequestTimeouts;
use crate::origin::{Endpoint, Origin, Parsed, Written};
use crate::versions::Versions;

/// A request that can be read and changed before it is sent: by
/// [`RequestBuilder::build`](crate::RequestBuilder::build), or from an `http::Request` with an
/// absolute URI. [`Client::execute`] sends it;
/// [`RequestBuilder::from_parts`](crate::RequestBuilder::from_parts) makes a builder of it again.
///
/// It belongs to no client: limits, headers, credentials and trust are those of the client that
/// sends it. Of the client that built it nothing is left.
///
/// What was changed is checked when the request is sent. A header such as `Authorization` is sent
/// to wherever [`url_mut`](Self::url_mut) leads; the client takes it away only at a redirect.
///
/// ```
/// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
/// use bonafide::Method;
/// use bonafide::header::{HeaderValue, USER_AGENT};
///
/// let mut request = client.get("https://shop.example/stock").build()?;
/// assert_eq!(request.method(), Method::GET);
/// request.url_mut().set_path("/orders");
/// request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("till/2"));
/// let response = client.execute(request).await?;
/// # Ok(())
/// # }
/// ```
pub struct Request {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
    timeouts: RequestTimeouts,
    versions: Option<Versions>,
    extensions: Extensions,
}

impl Request {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The method, to be changed.
    pub fn method_mut(&mut self) -> &mut Method {
        &mut self.method
    }

    /// The URL. User name and password of the URL that the request was built with are in the
    /// header `Authorization` by now.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The URL, to be changed.
    pub fn url_mut(&mut self) -> &mut Url {
        &mut self.url
    }

    /// The headers. The client adds its own when it sends the request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The body; [`Body::as_bytes`] shows one that is whole in memory.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The body, to be changed. `Content-Type` stays as it is.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.body
    }

    /// The time limits, as far as the request has its own.
    pub fn timeouts(&self) -> &RequestTimeouts {
        &self.timeouts
    }

    /// The time limits, to be changed.
    pub fn timeouts_mut(&mut self) -> &mut RequestTimeouts {
        &mut self.timeouts
    }

    /// The versions of HTTP that the request may use; `None` leaves them to the client.
    pub fn versions(&self) -> Option<Versions> {
        self.versions
    }

    /// The versions of HTTP, to be changed.
    pub fn versions_mut(&mut self) -> &mut Option<Versions> {
        &mut self.versions
    }

    /// The rule of redirects, if the request has its own.
    pub fn redirects(&self) -> Option<&Redirects> {
        self.extensions.get()
    }

    /// The extensions: what the request has for the caller's layers, and rules of its own such as
    /// [`Redirects`].
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The extensions, to be changed. [`RequestTimeouts`] and [`Versions`] count here too, as in an
    /// `http::Request`, where the request has no others.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.extensions
    }

    /// A second request like this one, if its [body can be repeated](Body::try_clone).
    pub fn try_clone(&self) -> Option<Self> {
        Some(Self {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            body: self.body.try_clone()?,
            timeouts: self.timeouts,
            versions: self.versions,
            extensions: self.extensions.clone(),
        })
    }

    /// `call`, without what it has of its client.
    pub(super) fn of_call(
        call: Call,
        timeouts: RequestTimeouts,
        versions: Option<Versions>,
    ) -> Result<Self, Error> {
        let url = call.url().ok_or_else(unusable)?;
        Ok(Self {
            method: call.method,
            url,
            headers: call.headers,
            body: call.body,
            timeouts,
            versions,
            extensions: call.extensions,
        })
    }

    /// This request, whose limits and versions are no longer among the extensions.
    pub(super) fn gathered(mut self) -> Self {
        let timeouts = self.extensions.remove().unwrap_or_default();
        if self.timeouts == RequestTimeouts::default() {
            self.timeouts = timeouts;
        }
        let versions = self.extensions.remove();
        self.versions = self.versions.or(versions);
        self
    }

    /// The request as a call of `client`, without its time limits.
    pub(super) fn into_call(self, client: &Client) -> Result<Call, Error> {
        let Self {
            method,
            url,
            headers,
            body,
            timeouts: _,
            versions,
            extensions,
        } = self;
        let stack = &client.inner().stack;
        let versions = versions.unwrap_or_else(|| stack.versions());
        let find = |scheme, host: &str, port, versions| stack.find(scheme, host, port, versions);
        let mut call = Call::new(method, Written::Url(&url), stack.limits(), versions, find)?;
        let basic = call.headers.remove(AUTHORIZATION);
        call.headers = headers;
        if let Some(basic) = basic {
            call.headers.entry(AUTHORIZATION).or_insert(basic);
        }
        mark_secrets(&mut call.headers);
        call.body = body;
        call.extensions = extensions;
        Ok(call)
    }
}

/// Origin and path of a URL, whose user name and password become a header. Secrets among `headers`
/// are marked.
fn split(url: Written<'_>, headers: &mut HeaderMap) -> Result<(Origin, PathAndQuery), Error> {
    let Parsed {
        endpoint,
        path,
        basic,
    } = Parsed::<Infallible>::new(url, |_, _, _| None)
        .map_err(|error| error.delivered(Delivery::NotSent))?;
    if let Some(basic) = basic {
        headers.entry(AUTHORIZATION).or_insert(basic);
    }
    mark_secrets(headers);
    match endpoint {
        Endpoint::Named(origin) => Ok((origin, path)),
        Endpoint::Known(never) => match never {},
    }
}

#[cold]
fn unusable() -> Error {
    Failure::new(Kind::Url, "the URL is not valid")
        .delivered(Delivery::NotSent)
        .into()
}

/// Its URI must be absolute. [`RequestTimeouts`] and [`Versions`] in its extensions count, its
/// `version` does not. The body is anything that [`RequestBuilder::body`] takes.
///
/// ```
/// use bonafide::{Request, http};
///
/// # fn show() -> Result<(), Box<dyn std::error::Error>> {
/// let built = http::Request::put("https://shop.example/stock").body(vec![3, 1, 4])?;
/// let request = Request::try_from(built)?;
/// assert_eq!(request.body().as_bytes(), Some(&[3, 1, 4][..]));
/// # Ok(())
/// # }
/// ```
///
/// [`RequestBuilder::body`]: crate::RequestBuilder::body
impl<B: Into<Body>> TryFrom<http::Request<B>> for Request {
    type Error = Error;

    fn try_from(request: http::Request<B>) -> Result<Self, Error> {
        let (mut head, body) = request.into_parts();
        let mut headers = head.headers;
        let (origin, path) = split(Written::Uri(&head.uri), &mut headers)?;
        // It may come from a layer of a client, whose secrets stay there.
        head.extensions.remove::<Carried>();
        Ok(Self {
            method: head.method,
            url: origin.url(&path).ok_or_else(unusable)?,
            headers,
            body: body.into(),
            timeouts: head.extensions.remove().unwrap_or_default(),
            versions: head.extensions.remove(),
            extensions: head.extensions,
        })
    }
}

/// The whole request for a tower service: [`RequestTimeouts`] and [`Versions`] are in the
/// extensions, if the request has its own, beside its rules. A fragment of the URL, which is never
/// sent, is left out.
impl TryFrom<Request> for http::Request<Body> {
    type Error = Error;

    fn try_from(request: Request) -> Result<Self, Error> {
        let Request {
            method,
            url,
            mut headers,
            body,
            timeouts,
            versions,
            extensions,
        } = request.gathered();
        let (origin, path) = split(Written::Url(&url), &mut headers)?;
        let mut request = Self::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = origin.uri(&path)?;
        *request.headers_mut() = headers;
        *request.extensions_mut() = extensions;
        if timeouts != RequestTimeouts::default() {
            request.extensions_mut().insert(timeouts);
        }
        if let Some(versions) = versions {
            request.extensions_mut().insert(versions);
        }
        Ok(request)
    }
}

/// Shows the names of the headers and no values, and the URL as the texts of an [`Error`] show it.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            url,
            headers,
            body,
            timeouts,
            versions,
            extensions: _,
        } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("url", &ShownUrl(url))
            .field("headers", &HeaderNames(headers))
            .field("body", body)
            .field("timeouts", timeouts)
            .field("versions", versions)
            .finish_non_exhaustive()
    }
}
