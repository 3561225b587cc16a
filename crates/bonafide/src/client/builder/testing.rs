//! A client over a fake server.

use bonafide_verify::first_use::{CertificateSha256, Exactly};
use bonafide_verify::{ConfigError, Policy, Zone};

use super::ClientBuilder;
use crate::client::Client;
use crate::testing::FakeServer;

impl ClientBuilder {
    /// Has `server` answer every request: the client opens no connection and looks up no name, and
    /// its responses have no receipt. See [`testing`](crate::testing).
    ///
    /// A [`policy`](Self::policy) of yours still says for which hosts requests may be sent, as it
    /// would before a connection. Without one, the client has a policy that trusts no server. A
    /// [`proxy`](Self::proxy), [addresses](Self::resolve) and the choice of a
    /// [version](Self::http1_only) have no effect.
    ///
    /// ```
    /// use bonafide::Client;
    /// use bonafide::http::Response;
    /// use bonafide::testing::FakeServer;
    ///
    /// let server = FakeServer::new(|_| async { Response::new("hello") });
    /// let client = Client::builder()
    ///     .user_agent("shop/1.0")
    ///     .answered_by(&server)
    ///     .build()?;
    /// # drop(client);
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    pub fn answered_by(mut self, server: &FakeServer) -> Self {
        self.fake = Some(server.clone());
        self
    }
}

impl FakeServer {
    /// A client of the default settings whose requests this server answers.
    /// [`ClientBuilder::answered_by`] is the same for a client with settings of its own.
    pub fn client(&self) -> Client {
        Client::builder().answered_by(self).build_or_defer()
    }
}

/// A policy under which no server is trusted: it has one zone, for a host that cannot exist
/// (RFC 6761 section 6.4), and trusts no certificate that can exist there.
pub(super) fn trusting_no_server() -> Result<Policy, ConfigError> {
    let nothing = Exactly::from(CertificateSha256([0; 32]));
    let nowhere = Zone::for_host("nowhere.invalid").exactly([nothing]);
    Policy::builder().zone(nowhere).closed().build()
}
