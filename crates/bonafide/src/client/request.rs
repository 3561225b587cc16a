//! Building a request and sending it.

mod rules;
mod value;

use std::fmt;
use std::marker::PhantomData;

#[cfg(feature = "retry")]
use bonafide_tower::retry::{IdempotencyKey, Retry};
use bonafide_tower::shown::ShownUrl;
#[cfg(feature = "download")]
use http::header::ACCEPT_ENCODING;
use http::header::{AUTHORIZATION, CONTENT_TYPE, EXPECT};
#[cfg(feature = "form")]
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
#[cfg(any(feature = "form", feature = "json"))]
use serde::Serialize;

use super::{Client, Inner};
use crate::body::Body;
use crate::body::multipart::Form;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::exchange::{Call, Extent, OnInformational};
use crate::header_names::{HeaderNames, mark_secret, mark_secrets};
use crate::limits::RequestTimeouts;
use crate::origin::{IntoUrl, basic};
use crate::response::Response;
use crate::versions::Versions;

pub(crate) use self::value::AnyClient;

/// A request that is being built; see [`Client::get`] and the methods like it.
///
/// [`send`](Self::send) reports a value that cannot be used, such as a header value that is not
/// valid.
///
/// The client alone controls the framing of a request. `Content-Length` may be set to the length of
/// the body, or to the length that a [stream](Body::from_stream) will have; `Transfer-Encoding` may
/// be `chunked`, `TE` may be `trailers`, and `Connection` may be `close`, after which the
/// connection serves no other request (on HTTP/2 it is left out, RFC 9113 section 8.2.2).
/// `Keep-Alive`, `Proxy-Connection` and `Connection: keep-alive` are left out. Any other value of
/// these, `Upgrade`, `HTTP2-Settings`, a second `Host` or one that is not a host with an optional
/// port, the methods `CONNECT` and `PRI`, and `TRACE` with a body are an error of [`Kind::Request`]
/// before anything is sent.
///
/// ```
/// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
/// let response = client
///     .post("https://shop.example/orders")
///     .query(&[("express", "yes")])
///     .bearer_auth("s3cret")
///     .json(&["tea", "cake"])
///     .send()
///     .await?
///     .error_for_status()?;
/// # Ok(())
/// # }
/// ```
///
/// `C` is the client that sends the request: [`Client`], or the one of the module `blocking`.
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder<C = Client> {
    client: Client,
    /// Boxed, since a builder is moved with each of its methods.
    call: Result<Box<Call>, Error>,
    timeouts: RequestTimeouts,
    /// Those that this request has in place of its client's.
    versions: Option<Versions>,
    sent_by: PhantomData<fn() -> C>,
}

impl<C> RequestBuilder<C> {
    pub(crate) fn new(client: Client, method: Method, url: impl IntoUrl) -> Self {
        let stack = &client.inner().stack;
        let find = |scheme, host: &str, port, versions| stack.find(scheme, host, port, versions);
        let (limits, versions) = (stack.limits(), stack.versions());
        let call = url.lend(|url| Call::new(method, url, limits, versions, find).map(Box::new));
        Self {
            client,
            call,
            timeouts: RequestTimeouts::default(),
            versions: None,
            sent_by: PhantomData,
        }
    }

    /// Adds a header, in addition to earlier ones of the same name.
    /// [`PRIVATE_HEADERS`](crate::redirect::PRIVATE_HEADERS), such as `Authorization` and
    /// `X-Api-Key`, are made [sensitive](HeaderValue::set_sensitive), so that no `Debug` shows
    /// them.
    pub fn header<K, V>(self, name: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        self.change(|call| {
            let name = HeaderName::try_from(name)
                .map_err(|error| mistake("the header's name is not valid", error.into()))?;
            let mut value = HeaderValue::try_from(value)
                .map_err(|error| mistake("the header's value is not valid", error.into()))?;
            mark_secret(&name, &mut value);
            call.headers.append(name, value);
            Ok(())
        })
    }

    /// Sets headers. They replace earlier ones of the same name. Which are made sensitive is as
    /// [`header`](Self::header) says.
    pub fn headers(self, mut headers: HeaderMap) -> Self {
        mark_secrets(&mut headers);
        self.change(|call| {
            for name in headers.keys() {
                call.headers.remove(name);
            }
            call.headers.extend(headers);
            Ok(())
        })
    }

    /// Adds `pairs` to the URL's query, `application/x-www-form-urlencoded`: a sequence of pairs, a
    /// map or a struct.
    #[cfg(feature = "form")]
    pub fn query<T: Serialize + ?Sized>(self, pairs: &T) -> Self {
        self.change(|call| {
            let pairs = serde_urlencoded::to_string(pairs)
                .map_err(|error| mistake("the query cannot be serialized", error))?;
            if pairs.is_empty() {
                return Ok(());
            }
            let join = match call.path.query() {
                None => "?",
                Some("") => "",
                Some(_) => "&",
            };
            call.path = PathAndQuery::try_from(format!("{}{join}{pairs}", call.path))
                .map_err(|error| mistake("the query is not valid in a URL", error))?;
            Ok(())
        })
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.change(|call| {
            call.body = body.into();
            Ok(())
        })
    }

    /// Sets the body to `value` as JSON, and `Content-Type: application/json` unless one is set.
    #[cfg(feature = "json")]
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|call| {
            let json = serde_json::to_vec(value)
                .map_err(|error| mistake("the JSON body cannot be serialized", error))?;
            set_body(call, json, "application/json");
            Ok(())
        })
    }

    /// Sets the body to `pairs` as an HTML form, and
    /// `Content-Type: application/x-www-form-urlencoded` unless one is set.
    #[cfg(feature = "form")]
    pub fn form<T: Serialize + ?Sized>(self, pairs: &T) -> Self {
        self.change(|call| {
            let form = serde_urlencoded::to_string(pairs)
                .map_err(|error| mistake("the form cannot be serialized", error))?;
            set_body(call, form, "application/x-www-form-urlencoded");
            Ok(())
        })
    }

    /// Sets the body to `form`, and `Content-Type` to `multipart/form-data` with the form's
    /// boundary, in place of any that was set. The module [`multipart`](crate::multipart) shows how
    /// to watch the progress of a file.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::multipart::{Form, Part};
    ///
    /// let photo = Part::file("sunset.jpg").await?.content_type("image/jpeg")?;
    /// let form = Form::new().text("title", "Sunset").part("photo", photo);
    /// client.post("https://photos.example/").multipart(form).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn multipart(self, form: Form) -> Self {
        self.change(|call| {
            let (body, content_type) = form.into_body()?;
            let content_type = HeaderValue::try_from(content_type)
                .map_err(|error| mistake("the form's boundary is not a header value", error))?;
            call.body = body;
            call.headers.insert(CONTENT_TYPE, content_type);
            Ok(())
        })
    }

    /// Sends user name and password (RFC 7617). They are left out after a redirect to another
    /// origin.
    pub fn basic_auth(self, user: impl AsRef<str>, password: Option<&str>) -> Self {
        self.change(|call| {
            let value = basic(user.as_ref().as_bytes(), password.map(str::as_bytes));
            call.headers.insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sends a bearer token (RFC 6750). It is left out after a redirect to another origin.
    pub fn bearer_auth(self, token: impl fmt::Display) -> Self {
        self.change(|call| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|error| mistake("the token is not a valid header value", error))?;
            value.set_sensitive(true);
            call.headers.insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sends the headers first, and the body when the server asks for it (`Expect: 100-continue`,
    /// RFC 9110 section 10.1.1) or has not answered for 1 s
    /// ([`ClientBuilder::expect_continue_timeout`](crate::ClientBuilder::expect_continue_timeout)).
    /// If the server answers with a final status instead, such as 401 or 413, the body is not sent,
    /// and the connection is closed after the response.
    ///
    /// This is for HTTP/1.1 and requests with a body. Over HTTP/2 the field is not sent and the
    /// body does not wait: there a server can refuse the rest of a body without closing the
    /// connection.
    ///
    /// ```no_run
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// use bonafide::Body;
    ///
    /// let backup = Body::from_file("backup.tar").await?;
    /// let request = client.put("https://store.example/backup.tar").body(backup);
    /// let response = request.expect_continue().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn expect_continue(self) -> Self {
        self.change(|call| {
            let expected = HeaderValue::from_static("100-continue");
            call.headers.insert(EXPECT, expected);
            Ok(())
        })
    }

    /// Uses HTTP/1.1 alone for this request and its redirects, whatever the client's own
    /// [choice](crate::ClientBuilder::http1_only) is. Requests with another choice do not share its
    /// connections.
    ///
    /// ```
    /// # fn show(client: bonafide::Client) {
    /// let request = client.get("https://shop.example/").http1_only();
    /// # }
    /// ```
    pub fn http1_only(self) -> Self {
        self.allow(Versions::Http1)
    }

    /// Uses HTTP/2 alone for this request and its redirects; see
    /// [`ClientBuilder::http2_only`](crate::ClientBuilder::http2_only) and
    /// [`http1_only`](Self::http1_only). If the server requires HTTP/1.1 for it
    /// (HTTP_1_1_REQUIRED, RFC 9113 section 7), it fails with [`Kind::Protocol`].
    ///
    /// ```
    /// # fn show(client: bonafide::Client) {
    /// let request = client.get("https://shop.example/").http2_only();
    /// # }
    /// ```
    pub fn http2_only(self) -> Self {
        self.allow(Versions::Http2)
    }

    fn allow(mut self, versions: Versions) -> Self {
        self.versions = Some(versions);
        let stack = &self.client.inner().stack;
        if let Ok(call) = &mut self.call {
            call.allow(versions, |scheme, host, port, versions| {
                stack.find(scheme, host, port, versions)
            });
        }
        self
    }

    /// Calls `callback` with the status and the headers of each interim response, such as
    /// 103 Early Hints, at most 32 for each time that the request is sent. It is called on the task
    /// of the connection; it must not block. Interim responses over HTTP/2 are not reported.
    ///
    /// ```
    /// # fn show(client: bonafide::Client) {
    /// let request = client
    ///     .get("https://shop.example/")
    ///     .on_informational(|status, headers| println!("{status} {:?}", headers.get("link")));
    /// # }
    /// ```
    pub fn on_informational(
        self,
        callback: impl Fn(StatusCode, &HeaderMap) + Send + Sync + 'static,
    ) -> Self {
        self.change(|call| {
            call.extensions.insert(OnInformational::new(callback));
            Ok(())
        })
    }

    /// Sends this request again by this rule, in place of the client's
    /// ([`ClientBuilder::retry`](crate::ClientBuilder::retry)). [`Retry::none`] makes one attempt.
    ///
    /// ```
    /// use bonafide::retry::Retry;
    ///
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let request = client.get("https://shop.example/stock").retry(Retry::standard());
    /// let response = request.send().await?;
    /// println!("{} attempts", response.attempts());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "retry")]
    pub fn retry(self, rule: Retry) -> Self {
        self.change(|call| {
            call.extensions.insert(rule);
            Ok(())
        })
    }

    /// Sends `key` as `Idempotency-Key`, in place of one that was set. Every attempt has the same
    /// key, and with it a `POST` or `PATCH` counts as idempotent: see
    /// [`IdempotencyKey`](crate::retry::IdempotencyKey) for what the server has to do.
    ///
    /// ```
    /// use bonafide::retry::{IdempotencyKey, Retry};
    ///
    /// # async fn show(client: bonafide::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let key = IdempotencyKey::random()?;
    /// let order = client.post("https://shop.example/orders").body("one cake");
    /// order.idempotency_key(key).retry(Retry::standard()).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "retry")]
    pub fn idempotency_key(self, key: IdempotencyKey) -> Self {
        self.change(|call| {
            let name = HeaderName::from_static("idempotency-key");
            call.headers.insert(name, key.value().clone());
            Ok(())
        })
    }

    /// A second request like this one, if its [body can be repeated](Body::try_clone) and it has no
    /// mistake.
    pub fn try_clone(&self) -> Option<Self> {
        let call = self.call.as_ref().ok()?.try_clone()?;
        Some(Self {
            client: self.client.clone(),
            call: Ok(Box::new(call)),
            timeouts: self.timeouts,
            versions: self.versions,
            sent_by: PhantomData,
        })
    }

    /// This request, whose response must not be encoded.
    #[cfg(feature = "download")]
    pub(crate) fn identity(self) -> Self {
        self.header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
    }

    /// The client that will send it.
    #[cfg(any(feature = "download", feature = "sse"))]
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The request so far and its own time limits; `None` if it has a mistake.
    #[cfg(feature = "download")]
    pub(crate) fn parts(&self) -> Option<(&Call, RequestTimeouts)> {
        Some((self.call.as_ref().ok()?, self.timeouts))
    }

    /// As `parts`, to be changed.
    #[cfg(feature = "sse")]
    pub(crate) fn parts_mut(&mut self) -> Option<(&mut Call, &mut RequestTimeouts)> {
        Some((self.call.as_mut().ok()?, &mut self.timeouts))
    }

    /// The same request, sent by the async client.
    #[cfg(feature = "blocking")]
    pub(crate) fn into_async(self) -> RequestBuilder {
        RequestBuilder {
            client: self.client,
            call: self.call,
            timeouts: self.timeouts,
            versions: self.versions,
            sent_by: PhantomData,
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Call) -> Result<(), Error>) -> Self {
        if let Ok(call) = &mut self.call
            && let Err(error) = change(call)
        {
            let url = call.url();
            self.call = Err(error.at(|| url));
        }
        self
    }
}

impl RequestBuilder {
    /// Sends the request and waits for the response's headers. Dropping the future cancels it.
    ///
    /// # Errors
    ///
    /// Any [`Kind`] but those about the response's body and status.
    pub fn send(self) -> impl Future<Output = Result<Response, Error>> + Send + use<> {
        // An `async fn` would hold the request twice, and the future is moved more than once.
        let mut this = self;
        async move {
            match this.call {
                Ok(ref mut call) => {
                    this.timeouts.apply(&mut call.limits);
                    let Inner {
                        stack, body_cap, ..
                    } = this.client.inner();
                    match stack.send(call).await {
                        Ok(answered) => Ok(Response::new(answered, *body_cap)),
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error.delivered(Delivery::NotSent)),
            }
        }
    }

    /// Sends the request and reads the whole response as one unit: `bytes`, `text` and `json` of
    /// the response that is returned wait for nothing. The size limit is that of
    /// [`bytes`](Response::bytes).
    ///
    /// A successful response whose body breaks off or stalls is a failed attempt, which a [rule of
    /// retries](crate::ClientBuilder) sends again where the request is idempotent. After
    /// [`send`](Self::send) it is an error of the method that reads the body.
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let response = client.get("https://shop.example/stock").fetch().await?;
    /// let stock: Vec<String> = response.error_for_status()?.json().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send) and of [`Response::bytes`].
    pub fn fetch(self) -> impl Future<Output = Result<Response, Error>> + Send + use<> {
        let cap = self.client.inner().body_cap;
        let request = self.change(|call| {
            call.extent = Extent::Whole(cap);
            Ok(())
        });
        async move { request.send().await?.whole().await }
    }
}

#[cfg(any(feature = "form", feature = "json"))]
fn set_body(call: &mut Call, body: impl Into<Body>, content_type: &'static str) {
    call.body = body.into();
    call.headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static(content_type));
}

#[cold]
fn mistake(what: &'static str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Failure::new(Kind::Request, what)
        .caused_by(error)
        .delivered(Delivery::NotSent)
        .into()
}

/// Shows the names of the headers and no values, and the URL as the texts of an [`Error`] show it.
impl<C> fmt::Debug for RequestBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("RequestBuilder");
        match &self.call {
            Ok(call) => debug
                .field("method", &call.method)
                .field("url", &call.url().as_ref().map(ShownUrl))
                .field("headers", &HeaderNames(&call.headers)),
            Err(error) => debug.field("error", error),
        };
        debug.finish_non_exhaustive()
    }
}
