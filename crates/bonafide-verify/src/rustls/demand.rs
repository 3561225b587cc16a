//! Whether a server requested a client certificate, and which one was presented.
//!
//! In TLS 1.2 a server that requires a client certificate and gets none answers with
//! `handshake_failure` (RFC 5246, 7.4.6), as it does if there is no common cipher suite. The two
//! cases differ only in the certificate request, earlier in the same handshake. rustls passes it to
//! the resolver of client certificates, which all handshakes of a configuration share. So the
//! request is recorded for the current thread, and read when polling the handshake's future
//! returns.

#[cfg(feature = "tokio")]
use std::cell::RefCell;
#[cfg(feature = "tokio")]
use std::future::{Future, poll_fn};
#[cfg(feature = "tokio")]
use std::pin::Pin;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

#[cfg(feature = "tokio")]
use crate::identity::{Credential, Shown};
use crate::identity::{IdentityRequest, ZoneIdentity};

#[cfg(feature = "tokio")]
thread_local! {
    static OBSERVED: RefCell<Option<Observed>> = const { RefCell::new(None) };
}

/// The handshake that the current thread drives. A signer that contacts a server may drive another
/// handshake in between.
#[cfg(feature = "tokio")]
#[derive(Debug)]
struct Observed {
    /// The address of the resolver of its configuration.
    resolver: usize,
    seen: Option<Demand>,
}

/// A server's request for a client certificate.
#[cfg(feature = "tokio")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    /// The certificate that was presented.
    pub(crate) shown: Option<Arc<Credential>>,
}

/// Chooses the client certificate for servers that request one, and records the request.
#[derive(Debug)]
pub(crate) enum CertificateResolver {
    Nothing,
    /// This one, also if the zone has another one by then.
    #[cfg(feature = "tokio")]
    One(Shown),
    /// The current one of the zone.
    OfZone(ZoneIdentity),
}

impl ResolvesClientCert for CertificateResolver {
    fn resolve(
        &self,
        acceptable_issuers: &[&[u8]],
        schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let offered = match self {
            Self::Nothing => None,
            #[cfg(feature = "tokio")]
            Self::One(shown) => Some(shown.clone()),
            Self::OfZone(identity) => {
                identity.answer(&IdentityRequest::new(acceptable_issuers, schemes))
            }
        };
        #[cfg(feature = "tokio")]
        self.note(offered.as_ref(), schemes);
        offered.map(|offered| offered.key)
    }

    fn has_certs(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}

#[cfg(feature = "tokio")]
impl CertificateResolver {
    /// Records what is presented, if the request belongs to the observed handshake.
    fn note(&self, offered: Option<&Shown>, schemes: &[SignatureScheme]) {
        // rustls presents no certificate if the key and the server have no scheme in common.
        let shown = offered
            .filter(|offered| offered.key.key.choose_scheme(schemes).is_some())
            .and_then(|offered| offered.credential.clone());
        OBSERVED.with_borrow_mut(|observed| {
            if let Some(observed) = observed
                && observed.resolver == address(self)
            {
                observed.seen = Some(Demand { shown });
            }
        });
    }
}

#[cfg(feature = "tokio")]
fn address<T: ?Sized>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// Runs one handshake with a configuration that has this resolver. Also returns the server's
/// request for a client certificate, if there was one.
#[cfg(feature = "tokio")]
pub(crate) async fn observe<F: Future>(
    resolver: &dyn ResolvesClientCert,
    mut handshake: Pin<&mut F>,
) -> (F::Output, Option<Demand>) {
    let resolver = address(resolver);
    let mut seen = None;
    let output = poll_fn(|cx| {
        let outer = OBSERVED.replace(Some(Observed {
            resolver,
            seen: None,
        }));
        let polled = handshake.as_mut().poll(cx);
        if let Some(Observed {
            seen: Some(demand), ..
        }) = OBSERVED.replace(outer)
        {
            seen = Some(demand);
        }
        polled
    })
    .await;
    (output, seen)
}
