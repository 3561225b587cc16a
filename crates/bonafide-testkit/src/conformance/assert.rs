//! Leading a client through the sites.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use super::family::{Needs, Verdict};
use super::replica::Replica;
use super::report::{Judgement, Report, Trial};
use super::site::Site;
use super::sites::CONTROLS;
use super::target::Target;

/// How long a client may take for one site.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fails the test unless the client accepts the few sites that it must, and refuses every
/// one that is dangerous.
///
/// The closure is called once for each site. It makes a client that trusts only [`Target::root`],
/// lets it get [`Target::url`], and returns `Ok` if the client accepted the server, and its error
/// if not. Status and body of the response do not matter.
///
/// A client cannot pass by failing: it has to accept the sites that are right, and a refusal counts
/// where the server has seen it begin a handshake. Nor can it pass by reporting an error: if its
/// request arrives at a server that must be refused, or if it continues a weak key exchange, it has
/// accepted the server.
///
/// Left out are the sites where a client needs more settings than a root: see
/// [`Needs`]. Those are in the [`Replica`].
///
/// ```no_run
/// use bonafide_testkit::conformance::assert_rejects_all;
/// # struct MyClient;
/// # impl MyClient {
/// #     fn trusting(_: &str) -> Result<Self, std::io::Error> { Ok(Self) }
/// #     async fn get(&self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_rejects_all(|target| async move {
///     let client = MyClient::trusting(&target.root_pem)?;
///     client.get(&target.url).await
/// })
/// .await;
/// # }
/// ```
///
/// # Panics
/// If the client accepts what it must not, or refuses what it must accept, or never
/// begins, with the list.
pub async fn assert_rejects_all<C, F, T, E>(client: C)
where
    C: Fn(Target) -> F,
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    assert_rejects_all_but(&[], client).await;
}

/// As [`assert_rejects_all`], with sites that the client is known to accept. One that it
/// refuses, or that is not there, fails too: so the list cannot grow old.
///
/// ```
/// use bonafide_testkit::conformance::assert_rejects_all_but;
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // rustls by hand: its verifier looks at neither.
/// let known = ["intermediate-without-cert-sign", "rfc5280::validity::expired-root"];
/// assert_rejects_all_but(&known, |target| async move {
///     let mut roots = rustls::RootCertStore::empty();
///     roots.add(target.root.clone())?;
/// #   let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
///     let config = rustls::ClientConfig::builder_with_provider(provider)
///         .with_safe_default_protocol_versions()?
///         .with_root_certificates(roots)
///         .with_no_client_auth();
///     let tcp = tokio::net::TcpStream::connect(target.address).await?;
///     let host = rustls_pki_types::ServerName::try_from(target.host)?;
///     let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
///     let mut tls = connector.connect(host, tcp).await?;
///     // Some sites begin well and redirect: they want to be asked.
///     use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
///     tls.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
///     tls.read_to_end(&mut Vec::new()).await?;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })
/// .await;
/// # }
/// ```
///
/// # Panics
/// As [`assert_rejects_all`], and if an exception is not one.
pub async fn assert_rejects_all_but<C, F, T, E>(known: &[&str], client: C)
where
    C: Fn(Target) -> F,
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    let report = run(client).await;
    let accepted = report.wrongly_accepted();
    let stale: Vec<&&str> = known
        .iter()
        .filter(|name| accepted.iter().all(|trial| trial.name != **name))
        .collect();
    let unknown = report.without(known);
    assert!(unknown.is_clean(), "{unknown}");
    assert!(
        stale.is_empty(),
        "the client does not accept what it is known to accept: {stale:?}"
    );
}

/// As [`assert_rejects_all`], but returns the report and does not fail.
///
/// Where the client refuses one of the sites that it must accept, or never begins there,
/// the others are not tried.
///
/// # Panics
/// Outside of a tokio runtime, or if the loopback has no free ports.
pub async fn run<C, F, T, E>(client: C) -> Report
where
    C: Fn(Target) -> F,
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    let replica = Replica::new();
    let mut trials = Vec::new();
    for name in CONTROLS {
        trials.push(try_site(replica.site(name), &client).await);
    }
    if trials.iter().all(Trial::is_right) {
        for site in replica.sites().iter().filter(|site| is_for_all(site)) {
            trials.push(try_site(site, &client).await);
        }
    }
    Report::new(trials)
}

fn is_for_all(site: &Site) -> bool {
    site.verdict == Verdict::Reject && site.needs == Needs::Nothing
}

async fn try_site<C, F, T, E>(site: &Site, client: &C) -> Trial
where
    C: Fn(Target) -> F,
    F: Future<Output = Result<T, E>>,
    E: Display,
{
    let open = site.open().await;
    let answer = tokio::time::timeout(PATIENCE, client(open.target().clone())).await;
    let judgement = match answer {
        Ok(answer) => {
            let said = answer.map(drop).map_err(|error| error.to_string());
            open.judge(said).await
        }
        Err(_) => Judgement::Stalled,
    };
    Trial::of(site, judgement)
}
