//! Zones: each host pattern with its own anchors, client certificate and TLS version, in a policy
//! that is closed to all other hosts.

use std::error::Error;

use bonafide::Client;
use bonafide::verify::{Anchors, ClientIdentity, Code, Policy, TlsVersion, Zone};
use bonafide_testkit::{ClientAuth, Recipe, TestCa, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let corp = TestCa::named("corp CA");
    let partner = TestCa::named("partner CA");
    let database = TestServer::builder(corp.issue(Recipe::for_host("db.corp.test")))
        .client_auth(ClientAuth::Required(corp.certificate().clone()))
        .start()
        .await;
    let api = TestServer::http2(partner.issue(Recipe::for_host("api.partner.test"))).await;

    let me = corp.issue(Recipe::for_host("service").client());
    let policy = Policy::builder()
        .zone(
            Zone::for_host("**.corp.test")
                .anchors(Anchors::only(corp.certificate().clone()))
                .identity(ClientIdentity::from_pem(me.chain_pem(), me.key_pem())?)
                .min_tls_version(TlsVersion::Tls13),
        )
        .zone(
            Zone::for_host("api.partner.test")
                .anchors(Anchors::only(partner.certificate().clone())),
        )
        .closed()
        .build()?;
    let client = Client::builder()
        .policy(policy)
        .resolve("db.corp.test", database.addr())
        .resolve("api.partner.test", api.addr())
        .build()?;

    for url in [
        database.url_for("db.corp.test", "/"),
        api.url_for("api.partner.test", "/"),
    ] {
        let response = client.get(&url).send().await?;
        if let Some(receipt) = response.receipt() {
            let with_certificate = receipt
                .connection()
                .is_some_and(|connection| connection.client_identity.shown().is_some());
            println!(
                "{url}: {}, zone {}, client certificate: {with_certificate}",
                response.status(),
                receipt.zone()
            );
        }
    }
    match client.get("https://elsewhere.test/").send().await {
        Err(error) if error.code() == Some(Code::HostNotInPolicy) => println!("{error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    database.shutdown().await;
    api.shutdown().await;
    Ok(())
}
