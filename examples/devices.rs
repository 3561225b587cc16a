//! Devices that sign their own certificates: the first contact is remembered, and a changed key is
//! refused until a person has looked at it.

use std::error::Error;

use bonafide::Client;
use bonafide::verify::first_use::{FileFirstUse, FirstUse, KeyReason};
use bonafide::verify::refusal::Reason;
use bonafide::verify::{Code, Policy, Zone};
use bonafide_testkit::{Identity, Recipe, TestServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = FileFirstUse::open_or_create(directory.path().join("devices"))?;
    let policy = Policy::builder()
        .zone(Zone::for_host("localhost").first_use(store.clone()))
        .build()?;
    let client = Client::builder().policy(policy).build()?;

    let device = TestServer::http2(Identity::self_signed(Recipe::for_host("device"))).await;
    let response = client.get(device.url("/")).send().await?;
    let verdict = response
        .receipt()
        .map(|receipt| receipt.verdict().to_string());
    println!("{}", verdict.unwrap_or_default());
    device.shutdown().await;
    for (host, known) in store.entries()? {
        println!("{host} is known by {}", known.key);
    }

    // The device was reset and has made itself a new key. Or another server answers.
    let reset = TestServer::http2(Identity::self_signed(Recipe::for_host("device"))).await;
    let refused = match client.get(reset.url("/")).send().await {
        Err(error) if error.code() == Some(Code::KeyChanged) => error,
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    };
    println!("{refused}");
    let reason = refused.refusal().map(|refusal| refusal.reason().clone());
    let Some(Reason::Key(reason)) = reason else {
        return Err("a refusal says why".into());
    };
    if let KeyReason::Changed {
        host,
        known,
        observed,
    } = *reason
    {
        // A person has read this key on the device itself, and now says so on purpose.
        store.replace(&host, known.key, observed)?;
    }
    let response = client.get(reset.url("/")).send().await?;
    println!("{}", response.status());
    reset.shutdown().await;
    Ok(())
}
