//! Whether a server has asked for a client certificate.
//!
//! In TLS 1.2 a server that misses one answers with `handshake_failure` (RFC 5246, 7.4.6), as it does when nothing is in
//! common. Only the request for the certificate, earlier in the same handshake, tells the two apart. rustls shows it to
//! the resolver of client certificates, which all handshakes of a configuration share, so it is noted for the thread and
//! picked up when the handshake's future returns.

use std::cell::Cell;
#[cfg(feature = "tokio")]
use std::future::{Future, poll_fn};
#[cfg(feature = "tokio")]
use std::pin::pin;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;

thread_local! {
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// Offers the zone's certificate, where it has one, and notes that it was asked for.
#[derive(Debug)]
pub(crate) struct Offer(pub(crate) Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Offer {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        ASKED.set(true);
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Runs one handshake; says as well whether the server has asked for a client certificate.
#[cfg(feature = "tokio")]
pub(crate) async fn watch<F: Future>(handshake: F) -> (F::Output, bool) {
    let mut handshake = pin!(handshake);
    let mut asked = false;
    let output = poll_fn(|cx| {
        ASKED.set(false);
        let polled = handshake.as_mut().poll(cx);
        asked |= ASKED.take();
        polled
    })
    .await;
    (output, asked)
}
