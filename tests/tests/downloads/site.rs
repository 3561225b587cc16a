//! A server with one file, whose responses go wrong as a test says.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::retry::{Backoff, Retry};
use bonafide::{Client, ClientBuilder, StatusCode};
use bonafide_testkit::server::TestBody;
use bonafide_testkit::{Alpn, Recipe, TestCa, TestServer};
use bonafide_tests::trusting;
use http::response::Builder;
use http::{Request, Response};

/// One response.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) ending: End,
}

/// How its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// The connection, or the stream, is broken off.
    BreaksOff,
    /// Nothing more comes.
    Stalls,
}

/// `body` with the status 200 and the entity tag `"a"`.
pub(crate) fn whole(body: &[u8]) -> Step {
    Step {
        status: 200,
        fields: vec![("etag", "\"a\"".to_owned())],
        body: body.to_vec(),
        ending: End::Whole,
    }
}

/// The first bytes of a file of `total`, after which the body breaks off.
pub(crate) fn broken(start: &[u8], total: usize) -> Step {
    Step {
        fields: vec![
            ("etag", "\"a\"".to_owned()),
            ("content-length", total.to_string()),
        ],
        ending: End::BreaksOff,
        ..whole(start)
    }
}

/// The bytes of a file of `total` from `first` on.
pub(crate) fn part(body: &[u8], first: usize, total: usize) -> Step {
    let last = first + body.len() - 1;
    Step {
        status: 206,
        fields: vec![("content-range", format!("bytes {first}-{last}/{total}"))],
        ..whole(body)
    }
}

impl Step {
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.retain(|(other, _)| *other != name);
        self.fields.push((name, value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(other, _)| *other != name);
        self
    }

    pub(crate) fn ending(mut self, ending: End) -> Self {
        self.ending = ending;
        self
    }

    fn respond(self) -> Response<TestBody> {
        let builder = Response::builder().status(self.status);
        let add =
            |builder: Builder, (name, value): &(&'static str, String)| builder.header(*name, value);
        let builder = self.fields.iter().fold(builder, add);
        if self.ending == End::Whole {
            return builder.body(TestBody::from(self.body)).unwrap();
        }
        let (sender, body) = TestBody::channel();
        sender.send(self.body);
        tokio::spawn(async move {
            if self.ending == End::Stalls {
                return sender.closed().await;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
            sender.abort();
        });
        builder.body(body).unwrap()
    }
}

/// A server that makes one step for each request, and keeps `range` and `if-range` of each.
pub(crate) struct Site {
    ca: TestCa,
    pub(crate) server: TestServer,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub(crate) async fn new(alpn: Alpn, steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<Step> = steps.into_iter().collect();
        steps.reverse();
        let steps = Arc::new(Mutex::new(steps));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ca = TestCa::new();
        let noted = Arc::clone(&asked);
        let server = TestServer::builder(ca.issue(Recipe::for_host("localhost")))
            .alpn(alpn)
            .handler(move |request| {
                noted.lock().unwrap().push(described(&request));
                let step = steps.lock().unwrap().pop();
                async move {
                    match step {
                        Some(step) => step.respond(),
                        None => {
                            let mut response = Response::new(TestBody::from("no step is left"));
                            *response.status_mut() = StatusCode::GONE;
                            response
                        }
                    }
                }
            })
            .start()
            .await;
        Self { ca, server, asked }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder()
            .policy(trusting(&self.ca).build().unwrap())
            .read_timeout(Duration::from_millis(500))
            .retry(Retry::standard().with_backoff(Backoff::new(
                Duration::from_millis(1),
                Duration::from_millis(5),
            )))
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub(crate) fn url(&self) -> String {
        self.server.url("/file")
    }

    /// What each request said of ranges, as `RANGE IF-RANGE`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn described<B>(request: &Request<B>) -> String {
    let field = |name: &str| {
        let value = request.headers().get(name);
        value
            .map_or("-", |value| value.to_str().unwrap())
            .to_owned()
    };
    assert_eq!(field("accept-encoding"), "identity");
    format!("{} {}", field("range"), field("if-range"))
}

/// The names in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
