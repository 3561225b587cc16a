//! A request as the client carries it from hop to hop.

use std::sync::Arc;

#[cfg(feature = "retry")]
use bonafide_tower::retry::{Attempts, Over};
use http::header::AUTHORIZATION;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, Method, Request, Uri};
use tokio::time::Instant;
use url::Url;

use super::{Attachments, Reached};
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Kind};
use crate::events::CallEvents;
use crate::header_names::mark_secrets;
use crate::limits::{Cap, Deadline, RequestLimits, RequestTimeouts};
use crate::origin::{Endpoint, Origin, Parsed, Scheme, Written};
use crate::protocol::Credentials;
use crate::router::Connections;
use crate::versions::Versions;

/// One request, before it is written for a connection.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) endpoint: Endpoint<Connections>,
    pub(crate) path: PathAndQuery,
    /// The headers that the caller gave.
    pub(crate) headers: HeaderMap,
    /// Whether it is sent with the client's own credentials.
    pub(crate) credentials: Credentials,
    /// What this hop is sent with beside, once its connection is known.
    pub(crate) attachments: Option<Arc<Attachments>>,
    pub(crate) body: Body,
    pub(crate) limits: RequestLimits,
    pub(crate) extent: Extent,
    /// The versions of HTTP that the caller allows, on each hop.
    pub(crate) versions: Versions,
    /// The connection that this hop needs.
    pub(crate) connection: Wanted,
    /// Those of the caller's `http::Request`, for layers to see. They are not sent.
    pub(crate) extensions: Extensions,
    /// When the whole call began, once it has.
    pub(crate) begun: Option<Instant>,
    pub(crate) events: CallEvents,
    /// The attempts of all hops, once a rule of retries counts them.
    #[cfg(feature = "retry")]
    pub(crate) attempts: Option<Attempts>,
}

/// How much of a successful response an attempt is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Extent {
    /// The attempt ends with its head.
    #[default]
    Head,
    /// The attempt ends with its body, which is kept in memory up to this size.
    Whole(Cap),
}

/// The connection that a hop needs. A hop that is sent again may need another one than before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Any connection to the origin.
    #[default]
    Any,
    /// One that is opened after the request asks for it, as after 421 (RFC 9110 section 15.5.20).
    #[cfg_attr(
        not(feature = "retry"),
        expect(dead_code, reason = "a rule of retries alone asks for one")
    )]
    Fresh,
    /// One of HTTP/1.1, as after HTTP_1_1_REQUIRED (RFC 9113 section 7).
    Http1,
}

#[cfg(feature = "retry")]
impl From<Over> for Wanted {
    fn from(over: Over) -> Self {
        match over {
            Over::Any => Self::Any,
            Over::FreshConnection => Self::Fresh,
            Over::Http1 => Self::Http1,
        }
    }
}

/// What an `http::Request` has no field for, while a call passes the caller's layers in that form.
/// It is in the request's extensions. It holds secrets, so it has no `Debug`.
#[derive(Clone)]
pub(crate) struct Carried {
    limits: RequestLimits,
    extent: Extent,
    versions: Versions,
    connection: Wanted,
    /// When the whole call must be over.
    deadline: Deadline,
    credentials: Credentials,
    attachments: Option<Arc<Attachments>>,
    /// The origin that credentials and attachments are for.
    origin: Origin,
    /// When the whole call began.
    begun: Option<Instant>,
    events: CallEvents,
    /// The same for each copy of the request.
    pub(crate) reached: Reached,
}

impl Call {
    /// A call of `method` to what the caller wrote as a URL. `find` gives the connections of an
    /// origin for `versions`, if they are known.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`] for a URL that cannot be used.
    pub(crate) fn new(
        method: Method,
        url: Written<'_>,
        limits: RequestLimits,
        versions: Versions,
        find: impl Fn(Scheme, &str, u16, Versions) -> Option<Connections>,
    ) -> Result<Self, Error> {
        let Parsed {
            endpoint,
            path,
            basic,
        } = Parsed::new(url, |scheme, host, port| find(scheme, host, port, versions))?;
        let mut headers = HeaderMap::new();
        if let Some(basic) = basic {
            headers.insert(AUTHORIZATION, basic);
        }
        Ok(Self {
            method,
            endpoint,
            path,
            headers,
            credentials: Credentials::Sent,
            attachments: None,
            body: Body::empty(),
            limits,
            extent: Extent::Head,
            versions,
            connection: Wanted::Any,
            extensions: Extensions::new(),
            begun: None,
            events: CallEvents::default(),
            #[cfg(feature = "retry")]
            attempts: None,
        })
    }

    /// A request of the `http` crate as a call, and when it must be over. [`RequestTimeouts`] and
    /// [`Versions`] in its extensions count; `defaults` are those of a request that sets none.
    ///
    /// Where it was [carried](Self::carried), the limit of the whole call holds too, and the
    /// client's own credentials and the attachments are sent with it only if they were before, and
    /// to the same origin. Where it was not, the credentials are as `uncarried` says, and nothing
    /// is attached.
    ///
    /// # Errors
    ///
    /// Those of [`Call::new`].
    pub(crate) fn from_request(
        request: Request<Body>,
        defaults: (RequestLimits, Versions),
        uncarried: Credentials,
        find: impl Fn(Scheme, &str, u16, Versions) -> Option<Connections>,
    ) -> Result<(Self, Deadline), Error> {
        let (mut head, body) = request.into_parts();
        let carried = head.extensions.remove::<Carried>();
        let (limits, versions) = carried
            .as_ref()
            .map_or(defaults, |carried| (carried.limits, carried.versions));
        let versions = head.extensions.get().copied().unwrap_or(versions);
        let mut call = Self::new(head.method, Written::Uri(&head.uri), limits, versions, find)?;
        let timeouts = head.extensions.get::<RequestTimeouts>();
        if let Some(timeouts) = timeouts {
            timeouts.apply(&mut call.limits);
        }
        let whole = carried.as_ref().and_then(|carried| carried.deadline);
        let own = match (&carried, timeouts.and_then(|timeouts| timeouts.total)) {
            (Some(_), None) => None,
            _ => call.limits.deadline(),
        };
        let deadline = whole.into_iter().chain(own).min_by_key(|(at, _)| *at);
        let basic = call.headers.remove(AUTHORIZATION);
        call.headers = head.headers;
        if let Some(basic) = basic {
            call.headers.entry(AUTHORIZATION).or_insert(basic);
        }
        mark_secrets(&mut call.headers);
        if let Some(carried) = &carried {
            call.extent = carried.extent;
            call.begun = carried.begun;
            call.events = carried.events.clone();
        }
        call.body = body;
        call.extensions = head.extensions;
        call.connection = carried
            .as_ref()
            .map_or(Wanted::Any, |carried| carried.connection);
        // Of a layer that retries. It is for this hop alone.
        #[cfg(feature = "retry")]
        if let Some(over) = call.extensions.remove::<Over>() {
            call.connection = over.into();
        }
        (call.credentials, call.attachments) = match carried {
            None => (uncarried, None),
            Some(carried) if carried.origin == call.origin() => {
                (carried.credentials, carried.attachments)
            }
            Some(_) => (Credentials::LeftOut, None),
        };
        Ok((call, deadline))
    }

    /// Allows these versions alone. `find` gives the connections of an origin, if they are known.
    pub(crate) fn allow(
        &mut self,
        versions: Versions,
        find: impl Fn(Scheme, &str, u16, Versions) -> Option<Connections>,
    ) {
        let origin = self.origin();
        self.versions = versions;
        self.endpoint = match find(origin.scheme, &origin.host, origin.port, versions) {
            Some(connections) => Endpoint::Known(connections),
            None => Endpoint::Named(origin),
        };
    }

    /// The same call again, if its body can be repeated.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Some(Self {
            method: self.method.clone(),
            endpoint: self.endpoint.clone(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            credentials: self.credentials,
            attachments: self.attachments.clone(),
            body: self.body.try_clone()?,
            limits: self.limits,
            extent: self.extent,
            versions: self.versions,
            connection: self.connection,
            extensions: self.extensions.clone(),
            begun: self.begun,
            events: self.events.clone(),
            #[cfg(feature = "retry")]
            attempts: None,
        })
    }

    /// The call as a request of the `http` crate, without its body and with an absolute URI. Its
    /// extensions are those of the caller.
    ///
    /// # Errors
    ///
    /// [`Kind::Request`] if origin and path make no URI.
    pub(crate) fn request(&self) -> Result<Request<()>, Failure> {
        let origin = self.origin();
        let uri = Uri::builder()
            .scheme(origin.scheme.to_http())
            .authority(origin.authority())
            .path_and_query(self.path.clone())
            .build();
        let uri = uri.map_err(|error| {
            Failure::new(Kind::Request, "the URL is not valid")
                .caused_by(error)
                .delivered(Delivery::NotSent)
        })?;
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        *request.extensions_mut() = self.extensions.clone();
        Ok(request)
    }

    /// What accompanies the [request](Self::request).
    pub(crate) fn carried(&self, deadline: Deadline, reached: Reached) -> Carried {
        Carried {
            limits: self.limits,
            extent: self.extent,
            versions: self.versions,
            connection: self.connection,
            deadline,
            credentials: self.credentials,
            attachments: self.attachments.clone(),
            origin: self.origin(),
            begun: self.begun,
            events: self.events.clone(),
            reached,
        }
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> Origin {
        match &self.endpoint {
            Endpoint::Named(name) => name.clone(),
            Endpoint::Known(connections) => connections.key().parts().origin.clone(),
        }
    }

    /// The URL of this hop.
    pub(crate) fn url(&self) -> Option<Url> {
        self.origin().url(&self.path)
    }
}
