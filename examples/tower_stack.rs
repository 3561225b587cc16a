//! bonafide's client inside a tower stack: a limit on concurrency, a time limit, and the demand for
//! verified and pinned HTTPS.

use std::time::Duration;

use bonafide::verify::{Anchors, Pins, Policy};
use bonafide::{Body, Client};
use bonafide_testkit::{Recipe, TestCa, TestServer};
use bonafide_tower::BoxError;
use bonafide_tower::require_https::{NotHttps, RequireHttpsLayer};
use bonafide_tower::require_verified::{NotVerified, RequireVerifiedLayer};
use http::Request;
use tower::{Service as _, ServiceBuilder, ServiceExt as _};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let ca = TestCa::new();
    let pinned = ca.issue(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(pinned.spki_pin())
        .without_backup()
        .never_expires()
        .build()?;
    let server = TestServer::http2(pinned).await;
    let policy = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .pins(pins)
        .build()?;

    let stack = |policy: Policy| -> Result<_, BoxError> {
        Ok(ServiceBuilder::new()
            .layer(RequireHttpsLayer::new())
            .layer(RequireVerifiedLayer::new().pinned())
            .concurrency_limit(64)
            .timeout(Duration::from_secs(10))
            .service(Client::builder().policy(policy).build()?))
    };
    let get = |url: &str| Request::get(url).body(Body::empty());

    let mut client = stack(policy)?;
    let response = client.ready().await?.call(get(&server.url("/"))?).await?;
    println!("verified and pinned: {}", response.status());

    let plain = server.url("/").replace("https://", "http://");
    match client.ready().await?.call(get(&plain)?).await {
        Err(error) if error.is::<NotHttps>() => println!("{error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }

    // The same stack over a policy without pins: the response is verified, and that is not enough
    // here.
    let unpinned = Policy::builder()
        .anchors(Anchors::only(ca.certificate().clone()))
        .build()?;
    match stack(unpinned)?
        .ready()
        .await?
        .call(get(&server.url("/"))?)
        .await
    {
        Err(error) if error.is::<NotVerified>() => println!("{error}"),
        other => return Err(format!("expected a refusal, not {other:?}").into()),
    }
    server.shutdown().await;
    Ok(())
}
