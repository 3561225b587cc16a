//! The one-line test of the testkit, on bonafide and on clients of other projects.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use bonafide::verify::Anchors;
use bonafide::{Client, Policy};
use bonafide_testkit::conformance::{self, Report, Target, Trial};
use bonafide_tests::{Curl, CurlRequest};

fn accepted(report: &Report) -> BTreeSet<&'static str> {
    let accepted = report.wrongly_accepted();
    assert!(report.undecided().is_empty(), "{report}");
    assert!(report.wrongly_rejected().is_empty(), "{report}");
    accepted
        .into_iter()
        .map(|trial: &Trial| trial.name)
        .collect()
}

#[tokio::test]
async fn bonafide_refuses_all() {
    conformance::assert_rejects_all(|target: Target| async move {
        let policy = Policy::builder()
            .anchors(Anchors::only(target.root))
            .build()
            .unwrap();
        let client = Client::builder().policy(policy).build()?;
        client.get(target.url).send().await
    })
    .await;
}

#[tokio::test]
async fn reqwest_follows_from_https_to_http_and_looks_at_no_root() {
    let report = conformance::run(|target: Target| async move {
        let root = reqwest::Certificate::from_der(&target.root)?;
        let client = reqwest::Client::builder()
            .tls_certs_only([root])
            .no_proxy()
            .build()?;
        client.get(target.url).send().await
    })
    .await;
    assert_eq!(
        accepted(&report),
        BTreeSet::from([
            "intermediate-without-cert-sign",
            "mixed-redirect-302",
            "mixed-redirect-308",
            "mixed-redirect-second-hop",
            "rfc5280::validity::expired-root",
        ]),
        "{report}"
    );
}

#[tokio::test]
async fn curl_takes_the_common_name_and_follows_from_https_to_http() {
    let Some(curl) = Curl::find() else {
        return;
    };
    let report = conformance::run(|target: Target| {
        let curl = &curl;
        async move {
            curl.get(CurlRequest {
                url: &target.url,
                ca_pem: &target.root_pem,
                ..CurlRequest::default()
            })
            .await
        }
    })
    .await;
    assert_eq!(
        accepted(&report),
        BTreeSet::from([
            "mixed-redirect-302",
            "mixed-redirect-308",
            "mixed-redirect-second-hop",
            "webpki::ee-basicconstraints-ca",
            "webpki::san::no-san",
        ]),
        "{report}"
    );
}
