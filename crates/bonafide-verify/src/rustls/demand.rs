//! Whether a server has asked for a client certificate, and which one it was shown.
//!
//! In TLS 1.2 a server that misses one answers with `handshake_failure` (RFC 5246, 7.4.6), as it does when nothing is in
//! common. Only the request for the certificate, earlier in the same handshake, tells the two apart. rustls shows it to
//! the resolver of client certificates, which all handshakes of a configuration share, so it is noted for the thread and
//! picked up when the handshake's future returns.

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

/// The handshake that the thread drives at this moment. It may drive another one meanwhile, of a signer that asks a server of its own.
#[cfg(feature = "tokio")]
#[derive(Debug)]
struct Observed {
    /// The address of the resolver of its configuration.
    resolver: usize,
    seen: Option<Demand>,
}

/// What was seen of a server that asked for a client certificate.
#[cfg(feature = "tokio")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Demand {
    /// The certificate that it was shown.
    pub(crate) shown: Option<Arc<Credential>>,
}

/// What is offered to servers that ask for a client certificate; that they did is noted.
#[derive(Debug)]
pub(crate) enum CertificateResolver {
    Nothing,
    /// This one, whatever the zone has by then.
    #[cfg(feature = "tokio")]
    One(Shown),
    /// What the zone has by then.
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
    /// Notes what the server that asked is shown, if it is the watched handshake's.
    fn note(&self, offered: Option<&Shown>, schemes: &[SignatureScheme]) {
        // rustls shows nothing where the key has no scheme in common with the server.
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

/// Runs one handshake with a configuration that has this resolver; says as well what was seen of the server if it has asked for a client certificate.
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
