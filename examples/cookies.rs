//! Two users of one program log in: each has a jar, and no jar has the cookies of the other.
//!
//! ```text
//! cargo run --example cookies
//! ```
//!
//! Nothing leaves this machine: the server is started here, under a CA of its own.

use std::error::Error;
use std::time::SystemTime;

use bonafide::cookies::Jar;
use bonafide::store::Partition;
use bonafide::verify::{Anchors, PolicyHandle};
use bonafide::{Bytes, Client, Policy};
use bonafide_testkit::{Recipe, TestCa, TestServer};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Request, Response, StatusCode};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let ca = TestCa::new();
    let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
        .handler(|request| std::future::ready(answer(&request)))
        .start()
        .await;
    let anchors = Anchors::only(ca.certificate().clone());
    // The clients of all users share one policy, and what it has read.
    let policy = PolicyHandle::new(Policy::builder().anchors(anchors).build()?);

    for user in ["ada", "grace"] {
        let jar = Jar::new();
        let client = Client::builder()
            .policy(policy.clone())
            .cookies(jar.clone())
            .build()?;
        // The answer sets a cookie and leads to /account: the cookie is sent there already.
        let login = client.post(server.url("/login")).form(&[("user", user)]);
        let account = login.send().await?.error_for_status()?;
        let path = account.url().path().to_owned();
        println!("{path} says: {}", account.text().await?);

        // A zone of the policy owns its cookies; a policy without zones has one, `default`.
        for cookie in jar.all(&Partition::new("default"), SystemTime::now()) {
            println!(
                "  {:?} for {}{}, secure: {}",
                cookie.name().unwrap_or_default(),
                cookie.domain(),
                cookie.path(),
                cookie.is_secure()
            );
        }
        // No text shows a value.
        println!("  {jar:?}");
    }

    // A third client has an empty jar.
    let client = Client::builder()
        .policy(policy)
        .cookies(Jar::new())
        .build()?;
    let stranger = client.get(server.url("/account")).send().await?;
    println!("without a login: {}", stranger.status());
    server.shutdown().await;
    Ok(())
}

/// `/login` opens a session, `/account` wants one.
fn answer(request: &Request<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let session = request.headers().get(COOKIE);
    match (request.uri().path(), session) {
        ("/login", _) => {
            let user = String::from_utf8_lossy(request.body()).replace("user=", "");
            let cookie = format!("__Host-session={user}; Secure; HttpOnly; Path=/; Max-Age=3600");
            *response.status_mut() = StatusCode::SEE_OTHER;
            let headers = response.headers_mut();
            headers.insert(LOCATION, HeaderValue::from_static("/account"));
            if let Ok(cookie) = HeaderValue::try_from(cookie) {
                headers.insert(SET_COOKIE, cookie);
            }
        }
        ("/account", Some(session)) => {
            let session = String::from_utf8_lossy(session.as_bytes());
            let user = session.replace("__Host-session=", "");
            *response.body_mut() = format!("good morning, {user}").into();
        }
        _ => *response.status_mut() = StatusCode::UNAUTHORIZED,
    }
    response
}
