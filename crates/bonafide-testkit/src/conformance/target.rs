//! What a client gets to know about a site.

use std::net::SocketAddr;

use rustls_pki_types::CertificateDer;

use crate::certificate::{Identity, TestCa};

/// Where a client connects, and which root it trusts.
///
/// ```
/// use bonafide_testkit::conformance::Replica;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let replica = Replica::new();
/// let open = replica.site("expired").open().await;
/// let target = open.target();
/// assert_eq!(target.host, "localhost");
/// assert_eq!(target.url, format!("https://localhost:{}/", target.address.port()));
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Target {
    /// The name of the site, such as `expired`.
    pub name: &'static str,
    /// The URL to get.
    pub url: String,
    /// The host of the URL: `localhost` everywhere.
    pub host: &'static str,
    /// Where the server listens, for clients that do not want to look the host up.
    pub address: SocketAddr,
    /// The only root to trust, in DER.
    pub root: CertificateDer<'static>,
    /// The only root to trust, in PEM.
    pub root_pem: String,
    /// For [`Needs::Pin`](super::Needs::Pin): the pin to demand, `sha256/` and base64.
    pub pin: Option<String>,
    /// For [`Needs::Revocation`](super::Needs::Revocation): the revocation lists of all
    /// issuers, PEM. Where there are none, OCSP staples are to be checked.
    pub crls_pem: Option<String>,
    /// For [`Needs::Transparency`](super::Needs::Transparency): the logs to know, as a log
    /// list of version 3.
    pub log_list: Option<String>,
    /// For [`Needs::ClientCertificate`](super::Needs::ClientCertificate): the certificate
    /// to show, where there is one.
    pub identity: Option<Identity>,
    /// What to get after that with the same client, where the site takes two steps.
    pub then: Option<String>,
}

impl Target {
    /// A target that is not a site of the replica: a server of your own at this address, with a
    /// certificate for `localhost` below the root of this authority.
    ///
    /// ```
    /// use bonafide_testkit::conformance::Target;
    /// use bonafide_testkit::{Recipe, TestCa, TestServer};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let ca = TestCa::new();
    /// let server = TestServer::http1(ca.issue(Recipe::for_host("localhost"))).await;
    /// let target = Target::new("of my own", server.addr(), &ca);
    /// assert_eq!(target.url, server.url("/"));
    /// # }
    /// ```
    pub fn new(name: &'static str, address: SocketAddr, ca: &TestCa) -> Self {
        Self {
            name,
            url: format!("https://localhost:{}/", address.port()),
            host: "localhost",
            address,
            root: ca.root_certificate().clone(),
            root_pem: ca.root_pem(),
            pin: None,
            crls_pem: None,
            log_list: None,
            identity: None,
            then: None,
        }
    }
}
