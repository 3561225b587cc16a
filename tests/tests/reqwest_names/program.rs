// A program for reqwest, as they are often written. `main.rs` compiles it twice: once for reqwest,
// once with bonafide under that name.

use std::io::Read as _;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Error, Method, RequestBuilder, StatusCode};

fn client(pem: &[u8]) -> Result<Client, Error> {
    let mut headers = HeaderMap::new();
    headers.insert("x-shop", HeaderValue::from_static("corner"));
    Client::builder()
        .user_agent("shop/1.0")
        .default_headers(headers)
        .tls_certs_only([Certificate::from_pem(pem)?])
        .https_only(true)
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .redirect(Policy::limited(3))
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(4)
        .build()
}

/// Some requests, and a line for what came of each.
pub(crate) async fn run(pem: &[u8], shop: &str) -> Result<Vec<String>, Error> {
    let client = client(pem)?;
    let mut lines = Vec::new();

    let request = client.get(format!("{shop}/echo")).query(&[("kind", "green tea"), ("n", "1")]);
    let response = request.header(ACCEPT, "text/plain").send().await?;
    let response = response.error_for_status()?;
    lines.push(format!("{:?} {:?}", response.version(), response.url().path()));
    lines.push(format!("{:?}", response.headers().get(CONTENT_TYPE)));
    lines.push(response.text().await?);

    let order = client.post(format!("{shop}/body")).bearer_auth("s3cret").json(&["tea", "cake"]);
    let order: Vec<String> = order.send().await?.json().await?;
    lines.push(order.join(" and "));

    let form = client.request(Method::PUT, format!("{shop}/body")).form(&[("a", "1"), ("b", "x y")]);
    lines.push(String::from_utf8_lossy(&form.send().await?.bytes().await?).into_owned());

    let moved = client.post(format!("{shop}/moved")).body("an order").send().await?;
    lines.push(format!("{} {}", moved.status(), moved.url().path()));
    lines.push(moved.text().await?);

    let again = client.get(format!("{shop}/circle")).send().await;
    let error = again.expect_err("a circle of redirects");
    lines.push(format!("{} {}", error.is_redirect(), error.is_timeout()));

    let mut response = client.get(format!("{shop}/no")).basic_auth("user", Some("pass")).send().await?;
    lines.push(format!("{:?}", response.error_for_status_ref().is_err()));
    while let Some(chunk) = response.chunk().await? {
        lines.push(String::from_utf8_lossy(&chunk).into_owned());
    }
    let error = response.error_for_status().expect_err("a status of 404");
    let is_status = (error.is_status(), error.status() == Some(StatusCode::NOT_FOUND));
    lines.push(format!("{is_status:?}"));

    let request = client.head(format!("{shop}/echo")).timeout(Duration::from_secs(5));
    let twice = request.try_clone().expect("a request without a body");
    lines.push(format!("{} {}", request.send().await?.status(), twice.send().await?.status()));

    let (sender, order) = client.post(format!("{shop}/echo")).body("tea").build_split();
    let mut order = order?;
    order.url_mut().set_query(Some("n=2"));
    order.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/plain"));
    lines.push(format!("{} {}", order.method(), order.url().path()));
    let again = order.try_clone().expect("a body of text");
    lines.push(sender.execute(order).await?.text().await?);
    let again = RequestBuilder::from_parts(sender, again).query(&[("cup", "large")]).build()?;
    lines.push(client.execute(again).await?.text().await?);
    Ok(lines)
}

/// A client that asks for each redirect.
pub(crate) async fn run_with_a_rule(pem: &[u8], shop: &str) -> Result<String, Error> {
    let rule = Policy::custom(|attempt| {
        if attempt.status() == StatusCode::FOUND && attempt.url().path() == "/echo" {
            attempt.stop()
        } else {
            attempt.follow()
        }
    });
    let client = Client::builder()
        .add_root_certificate(Certificate::from_pem(pem)?)
        .no_proxy()
        .redirect(rule)
        .http1_only()
        .build()?;
    let response = client.get(format!("{shop}/moved")).send().await?;
    Ok(format!("{:?} {} {}", response.version(), response.status(), response.url().path()))
}

/// A program without async code.
pub(crate) fn run_blocking(pem: &[u8], shop: &str) -> Result<String, Error> {
    let client = reqwest::blocking::Client::builder()
        .tls_certs_only([Certificate::from_pem(pem)?])
        .no_proxy()
        .build()?;
    let order = client.post(format!("{shop}/body")).body("one cake");
    let mut text = String::new();
    let mut response = order.send()?.error_for_status()?;
    response.read_to_string(&mut text).expect("a body of text");

    let (sender, order) = client.post(format!("{shop}/body")).body(", and tea").build_split();
    let order = reqwest::blocking::RequestBuilder::from_parts(sender, order?).build()?;
    text.push_str(&client.execute(order)?.text()?);
    Ok(format!("{} {text}", response.status()))
}
