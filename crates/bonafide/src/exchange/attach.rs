//! Secrets that are written into a request when its connection is known: cookies and credentials.
//! No secret stands among the headers of a [`Call`], so none reaches a layer, a text or another
//! origin.

#[cfg(feature = "auth")]
use std::sync::Arc;
#[cfg(feature = "cookies")]
use std::time::SystemTime;

#[cfg(feature = "cookies")]
use bonafide_tower::assurance::Assurance;
#[cfg(feature = "auth")]
use bonafide_tower::auth::{AuthError, Peer, Prepared, Presented};
#[cfg(feature = "cookies")]
use bonafide_tower::cookies::Jar;
#[cfg(feature = "auth")]
use http::header::AUTHORIZATION;
#[cfg(feature = "cookies")]
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Request};

use super::Call;
use crate::body::Body;
use crate::connect::Meta;
use crate::error::Failure;
#[cfg(feature = "auth")]
use crate::error::Kind;

/// What is written into the request of one hop, for each time that it is sent. It holds secrets,
/// so it has no `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Attachments {
    #[cfg(feature = "cookies")]
    jar: Option<Jar>,
    #[cfg(feature = "auth")]
    prepared: Option<Prepared>,
}

/// What was written into a request, as far as its response is compared with it.
#[derive(Clone, Default)]
pub(crate) struct Attached {
    /// None where no credential was to be sent.
    #[cfg(feature = "auth")]
    presented: Option<Arc<Presented>>,
}

impl Attachments {
    /// The cookies of `jar`.
    #[cfg(feature = "cookies")]
    pub(crate) fn with_jar(mut self, jar: Jar) -> Self {
        self.jar = Some(jar);
        self
    }

    /// A credential beside what is here.
    #[cfg(feature = "auth")]
    pub(crate) fn with_credential(mut self, prepared: Prepared) -> Self {
        self.prepared = Some(prepared);
        self
    }

    /// Writes into `request`, which is `call` as it is sent on the connection of `meta`. What the
    /// caller has set counts before what is here.
    ///
    /// # Errors
    ///
    /// `Kind::Auth` if the credential must not be sent on this connection.
    pub(super) fn attach(
        &self,
        request: &mut Request<Body>,
        call: &Call,
        meta: &Meta,
    ) -> Result<Attached, Failure> {
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.jar {
            add_cookies(jar, request, call, meta);
        }
        #[cfg(feature = "auth")]
        if let Some(prepared) = &self.prepared
            && !call.headers.contains_key(AUTHORIZATION)
        {
            let presented = present(prepared, request, call, meta).map_err(unauthenticated)?;
            return Ok(Attached {
                presented: Some(Arc::new(presented)),
            });
        }
        #[cfg(not(any(feature = "auth", feature = "cookies")))]
        let _ = (request, call, meta);
        Ok(Attached::default())
    }

    /// Writes nothing for a fake server, which is not verified: it gets no cookie of the jar.
    ///
    /// # Errors
    ///
    /// [`Kind::Auth`] if a credential is to be sent, as on any connection that was not verified.
    #[cfg(feature = "testing")]
    pub(super) fn for_fake_server(&self, call: &Call) -> Result<(), Failure> {
        #[cfg(feature = "auth")]
        if let Some(prepared) = &self.prepared
            && !call.headers.contains_key(AUTHORIZATION)
        {
            let checked = prepared
                .credential()
                .check_peer(prepared.origin(), Peer::Unverified);
            return checked.map_err(unauthenticated);
        }
        #[cfg(not(feature = "auth"))]
        let _ = call;
        Ok(())
    }

    /// Stores the cookies that a response to `call` sets.
    pub(super) fn receive(&self, headers: &HeaderMap, call: &Call, meta: &Meta) {
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.jar
            && headers.contains_key(SET_COOKIE)
        {
            let (url, now) = (meta.wire.url(&call.path), SystemTime::now());
            jar.receive(&url, &meta.partition, assurance(meta), headers, now);
        }
        #[cfg(not(feature = "cookies"))]
        let _ = (headers, call, meta);
    }
}

impl Attached {
    /// The credential that was sent.
    #[cfg(feature = "auth")]
    pub(super) fn presented(&self) -> Option<&Arc<Presented>> {
        self.presented.as_ref()
    }
}

#[cfg(feature = "cookies")]
fn assurance(meta: &Meta) -> Assurance {
    Assurance::by(meta.info.receipt().map(|receipt| &**receipt))
}

/// The jar has no cookie for a server that was not verified.
#[cfg(feature = "cookies")]
fn add_cookies(jar: &Jar, request: &mut Request<Body>, call: &Call, meta: &Meta) {
    if jar.is_empty() || request.headers().contains_key(COOKIE) {
        return;
    }
    let (url, now) = (meta.wire.url(&call.path), SystemTime::now());
    let cookies = jar.header(&url, &meta.partition, assurance(meta), now);
    if let Some(cookies) = cookies {
        request.headers_mut().insert(COOKIE, cookies);
    }
}

/// Writes the credential, in place of one that the client has by default.
#[cfg(feature = "auth")]
fn present(
    prepared: &Prepared,
    request: &mut Request<Body>,
    call: &Call,
    meta: &Meta,
) -> Result<Presented, AuthError> {
    let peer = match meta.info.receipt() {
        Some(receipt) if receipt.is_pinned() => Peer::Pinned {
            zone: receipt.zone(),
        },
        Some(receipt) if receipt.is_verified() => Peer::Verified {
            zone: receipt.zone(),
        },
        Some(_) | None => Peer::Unverified,
    };
    prepared.credential().check_peer(prepared.origin(), peer)?;
    let presented = prepared.present(&call.method, &meta.wire.uri(&call.path))?;
    let headers = request.headers_mut();
    match presented.value() {
        Some(value) => headers.insert(AUTHORIZATION, value.clone()),
        None => headers.remove(AUTHORIZATION),
    };
    Ok(presented)
}

/// The failure of a request whose credential cannot, or must not, be sent.
#[cfg(feature = "auth")]
#[cold]
pub(crate) fn unauthenticated(error: AuthError) -> Failure {
    Failure::new(Kind::Auth, "the request cannot be authenticated").caused_by(error)
}
