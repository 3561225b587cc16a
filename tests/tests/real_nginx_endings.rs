//! nginx ends connections under requests, and answers before it has read them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use bonafide::Client;
use bonafide_testkit::{Recipe, TestCa};
use bonafide_tests::{Nginx, Site, trusting};
use http::Version;

const HOST: &str = "one.test";

/// A site, and a client that finds and trusts it.
fn site() -> (Site, Client) {
    let ca = TestCa::new();
    let site = Site::new(HOST, &ca.issue(Recipe::for_host(HOST)));
    let client = Client::builder()
        .policy(trusting(&ca).build().unwrap())
        .resolve(HOST, (Ipv4Addr::LOCALHOST, 0).into());
    (site, client.build().unwrap())
}

/// nginx ends a connection with a GOAWAY after a number of requests, and answers none of those that
/// come after it.
#[tokio::test(flavor = "multi_thread")]
async fn no_post_is_lost_or_doubled_when_nginx_ends_its_connections_again_and_again() {
    const POSTS: usize = 600;
    let (site, client) = site();
    let nginx = Nginx::serving([site]).requests_per_connection(40);
    let Some(mut nginx) = nginx.start().await else {
        return;
    };
    let callers: Vec<_> = (0..12)
        .map(|caller| {
            let client = client.clone();
            let urls: Vec<_> = (caller..POSTS)
                .step_by(12)
                .map(|number| nginx.http2_url(HOST, &format!("/{number}")))
                .collect();
            tokio::spawn(async move {
                for url in urls {
                    let response = client.post(&url).body("body").send().await.unwrap();
                    assert_eq!(response.status(), 200, "{url}");
                    assert_eq!(response.text().await.unwrap(), HOST);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let requests = nginx.requests(POSTS).await;
    assert_eq!(requests.len(), POSTS, "each once");
    let connections: BTreeSet<_> = requests.iter().map(|request| request.connection).collect();
    assert!(connections.len() >= POSTS / 40);
}

#[tokio::test]
async fn nginx_can_refuse_an_upload_before_it_has_read_it() {
    let (site, client) = site();
    let Some(nginx) = Nginx::serving([site]).start().await else {
        return;
    };
    let upload = vec![7; 20 << 20];
    for (url, version) in [
        (nginx.http1_url(HOST, "/"), Version::HTTP_11),
        (nginx.http2_url(HOST, "/"), Version::HTTP_2),
    ] {
        for _ in 0..5 {
            let request = client.post(&url).body(upload.clone());
            let response = request.send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), response.version()),
                (413, version)
            );
            assert!(response.text().await.unwrap().contains("413"));
        }
    }
}
