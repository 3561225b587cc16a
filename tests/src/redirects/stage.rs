//! The servers of a situation, and the judgement over what came of it.

use std::future::{Ready, ready};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bonafide_testkit::{Alpn, Identity, PlainServer, Recipe, TestCa, TestServer};
use bonafide_verify::Policy;
use bytes::Bytes;
use http::header::{HOST, LOCATION};
use http::{HeaderValue, Request, Response};

use super::situation::{Ended, Outcome, Sent, Situation, StubResponse};
use crate::trusting;

static CA: LazyLock<TestCa> = LazyLock::new(TestCa::new);
static LOOPBACK: LazyLock<Identity> =
    LazyLock::new(|| CA.issue(Recipe::for_hosts(["localhost", "127.0.0.1"])));

/// The servers of one situation: two over TLS, one without.
#[derive(Debug)]
pub struct Stage {
    first: TestServer,
    second: TestServer,
    plain: PlainServer,
    origins: Origins,
    log: Arc<Mutex<Vec<Logged>>>,
}

/// A request as it arrived.
#[derive(Debug)]
struct Logged {
    scheme: &'static str,
    request: Request<Bytes>,
}

/// The origins by their names in a situation.
#[derive(Clone, Debug, Default)]
struct Origins(Vec<(&'static str, String)>);

impl Origins {
    /// `value` with the origins in place of their names.
    fn fill(&self, value: &[u8]) -> Vec<u8> {
        // Each byte is the character of that number, so that what is not UTF-8 stays as it is.
        let text: String = value.iter().copied().map(char::from).collect();
        let filled = self
            .0
            .iter()
            .fold(text, |text, (name, origin)| text.replace(name, origin));
        filled
            .chars()
            .filter_map(|char| u8::try_from(char).ok())
            .collect()
    }

    fn fill_text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, origin)| {
            text.replace(name, origin)
        })
    }
}

/// What the servers answer; the origins are known once all of them listen.
#[derive(Debug)]
struct Script {
    answers: Vec<StubResponse>,
    origins: Mutex<Origins>,
}

impl Script {
    fn answer(&self, request: &Request<Bytes>) -> Response<&'static str> {
        let mut response = Response::new("some text");
        let path = request.uri().path();
        if let Some(answer) = self.answers.iter().find(|answer| answer.path == path) {
            *response.status_mut() = answer.status;
            let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
            for location in &answer.locations {
                let value = HeaderValue::from_bytes(&origins.fill(location)).expect("a value");
                response.headers_mut().append(LOCATION, value);
            }
        }
        response
    }
}

impl Stage {
    /// Starts the servers that `situation` is about; those over TLS offer `alpn`.
    pub async fn start(situation: &Situation, alpn: Alpn) -> Self {
        let script = Arc::new(Script {
            answers: situation.answers.clone(),
            origins: Mutex::default(),
        });
        let log: Arc<Mutex<Vec<Logged>>> = Arc::default();
        let handler = |scheme: &'static str| {
            let (script, log) = (Arc::clone(&script), Arc::clone(&log));
            move |request: Request<Bytes>| -> Ready<Response<&'static str>> {
                let response = script.answer(&request);
                let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                log.push(Logged { scheme, request });
                ready(response)
            }
        };
        let over_tls = || TestServer::builder(LOOPBACK.clone()).alpn(alpn);
        let first = over_tls().handler(handler("https")).start().await;
        let second = over_tls().handler(handler("https")).start().await;
        let plain = PlainServer::builder()
            .handler(handler("http"))
            .start()
            .await;
        let origins = Origins(vec![
            ("{first}", first.url("")),
            ("{address}", first.url_for("127.0.0.1", "")),
            ("{second}", second.url("")),
            ("{plain}", plain.url("")),
            ("{authority}", format!("localhost:{}", first.port())),
        ]);
        *script
            .origins
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = origins.clone();
        Self {
            first,
            second,
            plain,
            origins,
            log,
        }
    }

    /// A policy that trusts the servers.
    pub fn policy(&self) -> Policy {
        trusting(&CA).build().expect("one anchor is enough")
    }

    /// The first request of `situation`, with the body that `body` makes.
    pub fn request<B>(&self, situation: &Situation, body: impl Fn(Sent) -> B) -> Request<B> {
        let mut request = Request::builder()
            .method(situation.method)
            .uri(self.origins.fill_text(situation.url));
        for (name, value) in &situation.headers {
            request = request.header(*name, *value);
        }
        request.body(body(situation.body)).expect("a request")
    }

    /// Compares what arrived, and how the call ended, with what `situation` says, and ends the
    /// servers.
    ///
    /// # Errors
    /// What is not as it should be, with the name of the situation.
    pub async fn judge(self, situation: &Situation, ended: &Ended) -> Result<(), String> {
        let verdict = self
            .compare_arrivals(situation)
            .and_then(|()| self.compare_ends(situation, ended));
        self.first.shutdown().await;
        self.second.shutdown().await;
        self.plain.shutdown().await;
        verdict.map_err(|fault| format!("{}: {fault}", situation.name))
    }

    fn compare_arrivals(&self, situation: &Situation) -> Result<(), String> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived: Vec<String> = log.iter().map(Logged::line).collect();
        let expected: Vec<String> = situation
            .arrivals
            .iter()
            .map(|arrival| {
                let url = self.origins.fill_text(&arrival.url);
                let url: http::Uri = url.parse().expect("a URI");
                let authority = url.authority().map_or("", |authority| authority.as_str());
                line(
                    arrival.method,
                    url.scheme_str().unwrap_or_default(),
                    arrival.host.unwrap_or(authority),
                    url.path_and_query().map_or("/", |path| path.as_str()),
                    arrival.body,
                )
            })
            .collect();
        same("the requests that arrive", &arrived, &expected)?;
        for (logged, arrival) in log.iter().zip(&situation.arrivals) {
            let headers = logged.request.headers();
            let missing = arrival
                .has
                .iter()
                .find(|name| !headers.contains_key(**name));
            if let Some(name) = missing {
                return Err(format!("{} arrives without {name}", logged.line()));
            }
            let mut never = arrival.lacks.iter().chain(&["referer"]);
            if let Some(name) = never.find(|name| headers.contains_key(**name)) {
                return Err(format!("{} arrives with {name}", logged.line()));
            }
        }
        let plain = log.iter().any(|logged| logged.scheme == "http");
        if !plain && self.plain.tcp_connections() > 0 {
            return Err("there was a connection without TLS".to_owned());
        }
        Ok(())
    }

    fn compare_ends(&self, situation: &Situation, ended: &Ended) -> Result<(), String> {
        let urls: Vec<String> = situation
            .arrivals
            .iter()
            .map(|arrival| self.origins.fill_text(&arrival.url))
            .collect();
        match (&situation.outcome, ended) {
            (Outcome::Response(expected), Ended::Response { status, hops, url }) => {
                same("the status", status, expected)?;
                let mut expected: Vec<(String, u16)> = Vec::new();
                for url in &urls[..urls.len() - 1] {
                    let uri: http::Uri = url.parse().expect("a URI");
                    let path = uri.path();
                    let answer = situation.answers.iter().find(|answer| answer.path == path);
                    let answer = answer.expect("a hop is answered by the script");
                    expected.push((url.clone(), answer.status.as_u16()));
                }
                same("the hops", hops, &expected)?;
                match url {
                    Some(url) => same("the URL of the response", url, &urls[urls.len() - 1]),
                    None => Ok(()),
                }
            }
            (Outcome::Fails(expected, words), Ended::Failed(fault, text)) => {
                same("the fault", fault, expected)?;
                same("the error", text, &self.origins.fill_text(words))
            }
            (expected, _) => Err(format!("it ends with {ended:?}, and not with {expected:?}")),
        }
    }
}

impl Logged {
    fn line(&self) -> String {
        let Self { scheme, request } = self;
        let uri = request.uri();
        let host = request.headers().get(HOST);
        let host = match host {
            Some(host) => host.to_str().expect("a host of letters"),
            None => uri.authority().map_or("", |authority| authority.as_str()),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let body = String::from_utf8_lossy(request.body());
        line(request.method().as_str(), scheme, host, path, &body)
    }
}

fn line(method: &str, scheme: &str, host: &str, path: &str, body: &str) -> String {
    format!("{method} {scheme}://{host}{path} {body:?}")
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what}: {is:#?}, and not {should:#?}"))
    }
}
