//! One test authority and clients that trust it.

use std::sync::LazyLock;

use bonafide::verify::{Anchors, Policy};
use bonafide::{Client, ClientBuilder};
use bonafide_testkit::server::TestServerBuilder;
use bonafide_testkit::{Alpn, Identity, Recipe, TestCa, TestServer};

static CA: LazyLock<TestCa> = LazyLock::new(TestCa::new);

/// The authority of all tests.
pub(crate) fn ca() -> &'static TestCa {
    &CA
}

/// An identity for loopback, by name and by address.
pub(crate) fn loopback() -> Identity {
    ca().issue(Recipe::for_hosts(["localhost", "127.0.0.1", "::1"]))
}

/// A policy that trusts the authority and no other.
pub(crate) fn policy() -> Policy {
    Policy::builder()
        .anchors(Anchors::only(ca().certificate().clone()))
        .build()
        .expect("one anchor is enough")
}

/// A builder with that policy.
pub(crate) fn builder() -> ClientBuilder {
    Client::builder().policy(policy())
}

/// A client with that policy.
pub(crate) fn client() -> Client {
    builder().build().expect("a client")
}

/// A server on loopback with `alpn`.
pub(crate) fn server(alpn: Alpn) -> TestServerBuilder {
    TestServer::builder(loopback()).alpn(alpn)
}
