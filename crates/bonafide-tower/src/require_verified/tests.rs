use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bonafide_testkit::{Identity, Recipe, TestCa};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{Anchors, Code, Peer, Pins, Policy, PolicyBuilder, Receipt, Zone};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{NotVerified, RequireVerifiedLayer};
use crate::BoxError;

const HOST: &str = "example.com";

struct Server {
    ca: TestCa,
    identity: Identity,
}

impl Server {
    fn new() -> Self {
        let ca = TestCa::new();
        let identity = ca.issue(Recipe::for_host(HOST));
        Self { ca, identity }
    }

    fn policy(&self) -> PolicyBuilder {
        Policy::builder().anchors(Anchors::only(self.ca.certificate().clone()))
    }

    fn pins(&self) -> Pins {
        Pins::for_host(HOST)
            .leaf(self.identity.spki_pin())
            .without_backup()
            .never_expires()
            .build()
            .unwrap()
    }

    fn receipt(&self, policy: PolicyBuilder) -> Arc<Receipt> {
        let name = ServerName::try_from(HOST).unwrap();
        let peer = Peer::new(self.identity.chain(), &name);
        policy.build().unwrap().verify(&peer).unwrap()
    }
}

/// A body that counts how often it was polled and dropped.
#[derive(Clone, Default)]
struct Watched {
    polled: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

struct WatchedBody(Watched);

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.polled.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(None)
    }
}

/// Sends a request to a service whose response has `receipt`.
async fn ask<B>(
    layer: RequireVerifiedLayer,
    receipt: Option<Arc<Receipt>>,
    body: B,
) -> Result<Response<B>, BoxError> {
    let mut response = Response::new(body);
    if let Some(receipt) = receipt {
        response.extensions_mut().insert(receipt);
    }
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        ready(
            response
                .take()
                .ok_or_else(|| io::Error::other("one request only")),
        )
    });
    layer.layer(service).oneshot(Request::new(())).await
}

fn not_verified<B>(answer: Result<Response<B>, BoxError>) -> NotVerified {
    match answer {
        Ok(_) => panic!("the response passed"),
        Err(error) => *error.downcast::<NotVerified>().unwrap(),
    }
}

#[tokio::test]
async fn a_verified_response_passes_with_its_receipt() {
    let server = Server::new();
    let receipt = server.receipt(server.policy());
    let response = ask(
        RequireVerifiedLayer::new(),
        Some(Arc::clone(&receipt)),
        "body",
    )
    .await
    .unwrap();
    let carried = response.extensions().get::<Arc<Receipt>>().unwrap();
    assert!(Arc::ptr_eq(carried, &receipt));
    assert_eq!(response.into_body(), "body");
}

#[tokio::test]
async fn a_response_without_a_receipt_is_refused() {
    for layer in [
        RequireVerifiedLayer::new(),
        RequireVerifiedLayer::new().pinned(),
    ] {
        let refusal = not_verified(ask(layer, None, ()).await);
        assert!(matches!(refusal, NotVerified::NoReceipt), "{refusal:?}");
        assert!(refusal.receipt().is_none());
        assert_eq!(refusal.code(), None);
        assert_eq!(
            refusal.to_string(),
            "the connection of the response has no receipt, so its server is not known to be verified"
        );
    }
}

#[tokio::test]
async fn where_a_pin_is_demanded_a_server_verified_without_one_is_refused() {
    let server = Server::new();
    let elsewhere = Pins::for_host("other.example.com")
        .leaf(server.identity.spki_pin())
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    let unpinned = [
        server.policy(),
        server.policy().pins(elsewhere),
        server.policy().report_only(server.pins()),
    ];
    for policy in unpinned {
        let receipt = server.receipt(policy);
        let layer = RequireVerifiedLayer::new().pinned();
        match not_verified(ask(layer, Some(Arc::clone(&receipt)), ()).await) {
            NotVerified::NotPinned { receipt: shown } => assert!(Arc::ptr_eq(&shown, &receipt)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn where_a_pin_is_demanded_a_pinned_server_passes() {
    let server = Server::new();
    let receipt = server.receipt(server.policy().pins(server.pins()));
    let layer = RequireVerifiedLayer::new().pinned();
    let response = ask(layer, Some(receipt), ()).await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_server_that_is_believed_by_its_key_alone_passes_only_where_that_is_allowed() {
    let server = Server::new();
    let key: SpkiSha256 = server.identity.spki_pin().parse().unwrap();
    let receipt = server.receipt(Policy::builder().zone(Zone::for_host(HOST).exactly([key])));
    let layer = RequireVerifiedLayer::new;
    for refusing in [layer(), layer().pinned()] {
        match not_verified(ask(refusing, Some(Arc::clone(&receipt)), ()).await) {
            NotVerified::KnownKey { receipt: shown } => assert!(Arc::ptr_eq(&shown, &receipt)),
            other => panic!("{other:?}"),
        }
    }
    for allowing in [layer().or_known_key(), layer().pinned().or_known_key()] {
        ask(allowing, Some(Arc::clone(&receipt)), ()).await.unwrap();
    }
    // That allows nothing else.
    let unpinned = server.receipt(server.policy());
    let refusal = not_verified(ask(layer().pinned().or_known_key(), Some(unpinned), ()).await);
    assert!(
        matches!(refusal, NotVerified::NotPinned { .. }),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn the_receipt_of_a_path_without_a_name_is_refused() {
    let server = Server::new();
    let policy = server.policy().build().unwrap();
    let audit = policy
        .verify(&Peer::without_name(server.identity.chain()))
        .unwrap();
    let refusal = not_verified(ask(RequireVerifiedLayer::new(), Some(audit), ()).await);
    assert!(
        matches!(refusal, NotVerified::NotProved { .. }),
        "{refusal:?}"
    );
    assert_eq!(
        refusal.to_string(),
        "the receipt does not show a verified server: \
         path verified, no name given"
    );
    assert_eq!(refusal.code(), None);
}

#[tokio::test]
async fn the_receipt_of_a_refusal_is_refused_with_its_code() {
    let server = Server::new();
    let stranger = TestCa::new().issue(Recipe::for_host(HOST));
    let name = ServerName::try_from(HOST).unwrap();
    let policy = server.policy().build().unwrap();
    let verdict = policy
        .verify(&Peer::new(stranger.chain(), &name))
        .unwrap_err();
    let receipt = Arc::clone(verdict.receipt());
    let refusal = not_verified(ask(RequireVerifiedLayer::new(), Some(receipt), ()).await);
    assert!(
        matches!(refusal, NotVerified::NotProved { .. }),
        "{refusal:?}"
    );
    assert_eq!(refusal.code(), Some(Code::UnknownIssuer));
}

#[tokio::test]
async fn the_body_of_a_refused_response_is_dropped_unread() {
    let watched = Watched::default();
    let body = WatchedBody(watched.clone());
    let refusal = not_verified(ask(RequireVerifiedLayer::new(), None, body).await);
    assert!(matches!(refusal, NotVerified::NoReceipt), "{refusal:?}");
    assert_eq!(watched.polled.load(Ordering::SeqCst), 0);
    assert_eq!(watched.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_error_of_the_inner_service_passes_as_it_is() {
    let failing =
        service_fn(|_: Request<()>| ready(Err::<Response<()>, _>(io::Error::other("dead line"))));
    let service = RequireVerifiedLayer::new().layer(failing);
    let error = service.oneshot(Request::new(())).await.unwrap_err();
    assert_eq!(
        error.downcast_ref::<io::Error>().unwrap().to_string(),
        "dead line"
    );
}

/// The error of a program without boxed errors.
#[derive(Debug)]
enum Failed {
    NotVerified(NotVerified),
    Inner(io::Error),
}

impl From<NotVerified> for Failed {
    fn from(refusal: NotVerified) -> Self {
        Self::NotVerified(refusal)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Inner(error)
    }
}

#[tokio::test]
async fn an_error_of_the_callers_own_holds_the_refusal_and_the_inner_error_by_type() {
    let server = Server::new();
    let receipt = server.receipt(server.policy());
    let layer = RequireVerifiedLayer::new().with_error::<Failed>().pinned();
    let unpinned = service_fn(move |_: Request<()>| {
        let mut response = Response::new(());
        response.extensions_mut().insert(Arc::clone(&receipt));
        ready(Ok::<_, io::Error>(response))
    });
    match layer.layer(unpinned).oneshot(Request::new(())).await {
        Err(Failed::NotVerified(NotVerified::NotPinned { receipt })) => {
            assert_eq!(receipt.host(), Some(HOST));
        }
        other => panic!("{other:?}"),
    }
    let failing =
        service_fn(|_: Request<()>| ready(Err::<Response<()>, _>(io::Error::other("dead line"))));
    match layer.layer(failing).oneshot(Request::new(())).await {
        Err(Failed::Inner(error)) => assert_eq!(error.to_string(), "dead line"),
        other => panic!("{other:?}"),
    }
}
