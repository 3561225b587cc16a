//! No text has a secret of a URL: not of one that is requested, nor of one that a server answers
//! with.

use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::redirect::Redirects;
use bonafide::{Body, Client, Error, Kind};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, TestServer};
use http::{HeaderValue, Request, Response, StatusCode};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{builder, client, loopback, server};

/// What stands in every place where a URL may hold a secret.
const SECRET: &str = "s3cret";

/// Queries that hold nothing but secrets, and whatever a text may show of them.
const QUERIES: [(&str, &str); 9] = [
    ("sig=s3cret", "sig=REDACTED"),
    ("a=b&Signature=s3cret&c=d", "a=b&Signature=REDACTED&c=d"),
    ("AWSAccessKeyId=s3cret", "AWSAccessKeyId=REDACTED"),
    (
        "X-Amz-Signature=s3cret&X-Amz-Credential=s3cret&X-Amz-Security-Token=s3cret",
        "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED",
    ),
    ("X-Goog-Signature=s3cret", "X-Goog-Signature=REDACTED"),
    ("access_token=s3cret", "access_token=REDACTED"),
    (
        "API_KEY=s3cret&password=s3cret",
        "API_KEY=REDACTED&password=REDACTED",
    ),
    ("%73ig=s3cret;s3cret", "%73ig=REDACTED"),
    ("a=1;token=s3cret", "a=1;token=REDACTED"),
];

/// Everything that is said of an error.
fn texts(error: &Error) -> Vec<String> {
    let mut texts = vec![
        error.to_string(),
        format!("{error:?}"),
        format!("{error:#?}"),
    ];
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        texts.push(format!("{error:?}"));
        cause = error.source();
    }
    texts
}

fn assert_silent(texts: impl IntoIterator<Item = String>, about: &str) {
    for text in texts {
        assert!(!text.contains(SECRET), "{about}: {text}");
    }
}

/// Keeps all fields of all spans and events.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut log = self.0.lock().expect("no panic");
        writeln!(log, "{field}={value:?}").expect("a string takes everything");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("bonafide")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn an_unusable_url_is_an_error_without_its_secrets() {
    for url in [
        "us:s3cret@host",
        "s3cret:s3cret@host:8443/s3cret?s3cret#s3cret",
        "s3cret:8443/",
        "data:s3cret",
        "mailto:s3cret@h",
        "ftp://us:s3cret@h/s3cret?s3cret#s3cret",
        "file:///us:s3cret@h",
        "us:s3cret@",
        "//us:s3cret@h",
        "us/s3cret@h",
        "https:us:s3cret@",
        "https://us:s3cret@",
        "https://us:s3cret@h:99999/",
        "https://us:s3cret@h:s3cret/",
        "https://us:s3cret@[::1/",
        "https://us:s3cret@[fe80::1%25s3cret]/",
        "https://us:s3cret@a b/s3cret",
        "https://us:s3cret@h:0/?sig=s3cret#s3cret",
    ] {
        let request = client().get(url);
        let mut said = vec![format!("{request:?}")];
        let error = request.send().await.expect_err(url);
        assert_eq!(error.kind(), Kind::Url, "{url}");
        said.extend(texts(&error));
        assert_silent(said, url);
    }
}

#[tokio::test]
async fn a_request_that_fails_says_where_without_the_urls_secrets() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("its address")
    };
    for (query, shown) in QUERIES {
        let url = format!("https://us:s3cret@{closed}/p?{query}#s3cret");
        let request = client().get(&url);
        assert_silent([format!("{request:?}")], &url);
        let by_builder = request.send().await.expect_err("no server listens");
        let request = Request::get(url.replace("#s3cret", ""))
            .body(Body::empty())
            .expect("a request");
        let by_service = client()
            .oneshot(request)
            .await
            .expect_err("no server listens");
        for error in [by_builder, by_service] {
            assert_eq!(error.kind(), Kind::Connect);
            assert_silent(texts(&error), &url);
            let text = error.to_string();
            let start = format!("https://{closed}/p?{shown}: could not connect");
            assert!(text.starts_with(&start), "{text}");
            let real = error.url().expect("the URL").as_str();
            assert_eq!(real, format!("https://{closed}/p?{query}"));
            let without = error.without_url();
            assert_eq!((without.kind(), without.url()), (Kind::Connect, None));
            let text = without.to_string();
            assert!(text.starts_with("could not connect"), "{text}");
        }
    }
    let plain = client()
        .get("http://us:s3cret@h/?sig=s3cret#s3cret")
        .send()
        .await
        .expect_err("plain http");
    assert_eq!(plain.kind(), Kind::PlainHttpRefused);
    assert_silent(texts(&plain), "plain http");
}

/// Redirects `/` to `location`, and answers all else with 403.
async fn redirecting_to(location: &str) -> TestServer {
    let location = HeaderValue::from_str(location).expect("a value");
    TestServer::builder(loopback())
        .alpn(Alpn::Http1)
        .handler(move |request| {
            let location = location.clone();
            async move {
                let mut response = Response::new("");
                *response.status_mut() = StatusCode::FORBIDDEN;
                if request.uri().path() == "/" {
                    *response.status_mut() = StatusCode::FOUND;
                    response.headers_mut().insert("location", location);
                }
                response
            }
        })
        .start()
        .await
}

#[tokio::test]
async fn a_response_and_its_hops_say_where_without_the_urls_secrets() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    for (query, shown) in QUERIES {
        let server = redirecting_to(&format!("/there?{query}#s3cret")).await;
        let url = server
            .url(&format!("/?{query}#s3cret"))
            .replace("://", "://us:s3cret@");
        let response = client().get(&url).send().await.expect("a response");
        let hops = format!("{:?} {:#?}", response.redirects(), response.redirects());
        let response_text = format!("{response:?}");
        assert!(hops.contains(&format!("/?{shown}\"")), "{hops}");
        assert!(
            response_text.contains(&format!("/there?{shown}\"")),
            "{response_text}"
        );
        assert_eq!(response.redirects()[0].url.query(), Some(query));
        let error = response.error_for_status().expect_err("403");
        assert_eq!(error.kind(), Kind::Status);
        assert_silent([hops, response_text], &url);
        assert_silent(texts(&error), &url);
    }
    let log = log.0.lock().expect("no panic").clone();
    assert!(log.contains("following a redirect"), "{log}");
    assert_silent([log], "the log");
}

#[tokio::test]
async fn a_redirect_that_is_refused_says_where_to_without_secrets() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let one = builder()
        .redirects(Redirects::up_to(1))
        .build()
        .expect("a client");
    for (location, kind) in [
        ("https://us:s3cret@", Kind::Redirect),
        (
            "https://us:s3cret@h:99999/?sig=s3cret#s3cret",
            Kind::Redirect,
        ),
        ("https://us:s3%40cret@h:x/s3cret@there", Kind::Redirect),
        ("https://us:s3cret@h:0/?token=s3cret#s3cret", Kind::Redirect),
        ("https://us:s3cret@[fe80::1%25eth0]/", Kind::Redirect),
        ("//us:s3cret@a b/", Kind::Redirect),
        ("us:s3cret@h", Kind::Redirect),
        ("data:s3cret", Kind::Redirect),
        ("ftp://us:s3cret@h/s3cret", Kind::Redirect),
        (
            "http://us:s3cret@h/s3cret?sig=s3cret",
            Kind::InsecureRedirect,
        ),
        ("/?sig=s3cret#s3cret", Kind::TooManyRedirects),
    ] {
        let server = redirecting_to(location).await;
        let error = one.get(server.url("/")).send().await.expect_err(location);
        assert_eq!(error.kind(), kind, "{location}");
        assert_silent(texts(&error), location);
    }
    assert_silent([log.0.lock().expect("no panic").clone()], "the log");
}

#[tokio::test]
async fn a_broken_body_says_whose_without_the_urls_secrets() {
    let server = server(Alpn::Http1).start().await;
    for (query, shown) in QUERIES {
        let get = || async {
            let url = server.url(&format!("/?{query}"));
            client().get(url).send().await.expect("a response")
        };
        let error = get().await.bytes_limited(1).await.expect_err("2 bytes");
        let start = format!("{}?{shown}: ", server.url("/"));
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_silent(texts(&error), query);
        let stream = get().await.bytes_stream();
        assert_silent([format!("{stream:?}")], query);
    }
}

#[test]
fn a_host_given_with_a_password_is_refused_without_it() {
    for host in ["us:s3cret@h", "https://us:s3cret@h/", "us:s3cret%40h"] {
        let builder = Client::builder().resolve(host, ([127, 0, 0, 1], 0).into());
        assert_silent([format!("{builder:?}")], host);
        let error = builder.build().expect_err("not a host");
        assert_eq!(error.kind(), Kind::Config);
        assert_silent(texts(&error), host);
    }
}

#[cfg(feature = "retry")]
#[tokio::test]
async fn a_decision_about_a_retry_is_logged_with_the_host_and_without_secrets() {
    use bonafide::retry::{Backoff, Retry};

    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let server = server(Alpn::Http1)
        .handler(|_| async {
            let mut response = Response::new(TestBody::from("s3cret"));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        })
        .start()
        .await;
    let backoff = Backoff::new(Duration::ZERO, Duration::ZERO);
    let client = builder()
        .retry(Retry::standard().with_backoff(backoff))
        .build()
        .expect("a client");
    let url = server.url("/s3cret?sig=s3cret#s3cret");
    let request = client.get(url.replace("://", "://us:s3cret@"));
    let request = request
        .header("x-token", "s3cret")
        .header("idempotency-key", "s3cret");
    let response = request.body("s3cret").send().await.expect("a response");
    assert_eq!(response.attempts(), 3);
    let log = log.0.lock().expect("no panic").clone();
    let count = |text: &str| log.matches(text).count();
    assert_eq!(count("message=sending a request again\n"), 2, "{log}");
    assert_eq!(
        count("message=not sending a failed request again\n"),
        1,
        "{log}"
    );
    assert_eq!(count("why=no attempt is left\n"), 1, "{log}");
    assert_eq!(count("status=503\n"), 3, "{log}");
    assert_eq!(count("host=\"localhost\"\n"), 3, "{log}");
    assert_silent([log], "the log");
}
