//! One call of the layer, from request to request.

use std::mem;

use http::header::LOCATION;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};
use url::{Position, Url};

use super::location::unusable;
use super::{Choice, Hop, Hops, RedirectError, Redirects, RepeatBody, Seen, Step};
use crate::shown::is_http;

/// The parts of the next request, and the redirects followed so far.
pub(super) struct Chain<B> {
    redirects: Redirects,
    /// Empty where no redirect is followed.
    head: Head,
    /// A copy of the body of the request under way.
    spare: Option<B>,
    hops: Vec<Hop>,
}

/// The head of a request.
#[derive(Default)]
struct Head {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Extensions,
}

impl Head {
    fn of<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: request.headers().clone(),
            extensions: request.extensions().clone(),
        }
    }

    fn request<B>(&self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        request
    }

    /// The URI as a URL that redirects can start from.
    fn url(&self) -> Option<Url> {
        let url = Url::parse(&self.uri.to_string()).ok()?;
        is_http(&url).then_some(url)
    }
}

impl<B: RepeatBody> Chain<B> {
    /// Copies the parts of `request` that a redirect needs.
    pub(super) fn new(redirects: Redirects, request: &Request<B>) -> Self {
        let limit = redirects.limit();
        let mut chain = Self {
            redirects,
            head: Head::default(),
            spare: None,
            hops: Vec::new(),
        };
        if limit > 0 {
            chain.head = Head::of(request);
            chain.spare = request.body().try_repeat();
        }
        chain
    }

    /// The body of the next request, for which the head is then ready; `None` if `response` is the
    /// final one.
    pub(super) fn next<R>(&mut self, response: &Response<R>) -> Result<Option<B>, RedirectError> {
        let status = response.status();
        if !self.redirects.follows(status) {
            return Ok(None);
        }
        let Some(here) = self.head.url() else {
            return Ok(None);
        };
        let seen = Seen {
            url: &here,
            method: &self.head.method,
            status,
            headers: response.headers(),
            followed: self.hops.len(),
            can_repeat_body: self.spare.is_some(),
        };
        let Step::Follow(follow) = self.redirects.judge(&seen)? else {
            return Ok(None);
        };
        let uri = Uri::try_from(&follow.url[..Position::AfterQuery]).map_err(|error| {
            let value = response.headers().get(LOCATION);
            unusable(value.map_or(&[], HeaderValue::as_bytes), error)
        })?;
        let target = follow.target(&here);
        let headers = &mut self.head.headers;
        if self.redirects.prepare(&seen, &follow, target, headers) == Choice::Stop {
            return Ok(None);
        }
        let body = match self.spare.take() {
            _ if !follow.keeps_body => B::empty(),
            Some(body) => body,
            None => return Ok(None),
        };
        self.head.method = follow.method;
        self.head.uri = uri;
        self.hops.push(Hop::new(here, status));
        Ok(Some(body))
    }

    /// The next request.
    pub(super) fn request(&mut self, body: B) -> Request<B> {
        self.spare = body.try_repeat();
        self.head.request(body)
    }

    /// The final response, with the redirects that led to it.
    pub(super) fn finish<R>(&mut self, mut response: Response<R>) -> Response<R> {
        let hops = mem::take(&mut self.hops);
        if !hops.is_empty() {
            response.extensions_mut().insert(Hops::from(hops));
        }
        response
    }
}
