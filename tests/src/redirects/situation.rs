//! One situation: what is asked, what servers answer, and what has to come of it.
//!
//! In URLs, `Location`s and texts stand names of origins:
//!
//! | name | origin |
//! |---|---|
//! | `{first}` | `https://localhost` and a port |
//! | `{address}` | the same server, as `https://127.0.0.1` and that port |
//! | `{second}` | `https://localhost` and another port |
//! | `{plain}` | `http://localhost` and a port |
//! | `{authority}` | host and port of `{first}` |

use http::StatusCode;

/// One situation.
#[derive(Clone, Debug)]
pub struct Situation {
    /// What it is about.
    pub name: String,
    /// How many redirects the client follows; none for its default.
    pub limit: Option<usize>,
    /// The method of the first request.
    pub method: &'static str,
    /// Its URL.
    pub url: &'static str,
    /// Its headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// Its body.
    pub body: Sent,
    /// What every server answers to a path; to any other it answers 200.
    pub(super) answers: Vec<StubResponse>,
    /// The requests that arrive, in order.
    pub(super) arrivals: Vec<Arrival>,
    /// How the call ends.
    pub(super) outcome: Outcome,
}

/// The body of the first request.
#[derive(Clone, Copy, Debug)]
pub enum Sent {
    /// There is none.
    Nothing,
    /// A text that can be sent again.
    Text(&'static str),
    /// A stream that can be read once.
    Streamed(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct StubResponse {
    pub(super) path: String,
    pub(super) status: StatusCode,
    pub(super) locations: Vec<Vec<u8>>,
}

/// A request as it has to arrive.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) host: Option<&'static str>,
    pub(super) body: &'static str,
    pub(super) has: &'static [&'static str],
    pub(super) lacks: &'static [&'static str],
}

/// How a call has to end.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// With a response of this status. Each request before the last one is a hop.
    Response(u16),
    /// With this error, in these words.
    Fails(RedirectFailure, &'static str),
}

/// What is wrong with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectFailure {
    /// It is one too many.
    TooMany,
    /// It leads from https to http.
    Insecure,
    /// Its `Location` leads nowhere.
    Location,
}

/// How a call has ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// With a response.
    Response {
        /// Its status.
        status: u16,
        /// The redirects that led to it, and their statuses.
        hops: Vec<(String, u16)>,
        /// Where it came from, if the client says so.
        url: Option<String>,
    },
    /// With an error, and its words with those of its sources.
    Failed(RedirectFailure, String),
}

impl Situation {
    pub(super) fn of(name: impl Into<String>, method: &'static str, url: &'static str) -> Self {
        Self {
            name: name.into(),
            limit: None,
            method,
            url,
            headers: Vec::new(),
            body: Sent::Nothing,
            answers: Vec::new(),
            arrivals: Vec::new(),
            outcome: Outcome::Response(200),
        }
    }

    pub(super) fn limited(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Each name becomes a header; the value says nothing.
    pub(super) fn with_headers(mut self, names: &[&'static str]) -> Self {
        self.headers.extend(names.iter().map(|name| (*name, "1")));
        self
    }

    pub(super) fn with_host(mut self, host: &'static str) -> Self {
        self.headers.push(("host", host));
        self
    }

    pub(super) fn with_body(mut self, body: Sent) -> Self {
        self.body = body;
        self
    }

    pub(super) fn answers(self, path: &str, status: u16, location: impl AsRef<[u8]>) -> Self {
        self.answers_with(path, status, &[location.as_ref()])
    }

    pub(super) fn answers_with(mut self, path: &str, status: u16, locations: &[&[u8]]) -> Self {
        self.answers.push(StubResponse {
            path: path.to_owned(),
            status: StatusCode::from_u16(status).expect("a status"),
            locations: locations.iter().map(|value| value.to_vec()).collect(),
        });
        self
    }

    pub(super) fn arrives(mut self, arrival: Arrival) -> Self {
        self.arrivals.push(arrival);
        self
    }

    pub(super) fn ends(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

impl Arrival {
    pub(super) fn of(method: &'static str, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            host: None,
            body: "",
            has: &[],
            lacks: &[],
        }
    }

    /// A `GET`.
    pub(super) fn get(url: impl Into<String>) -> Self {
        Self::of("GET", url)
    }

    /// The `Host` where it is not that of the URL.
    pub(super) fn with_host(mut self, host: &'static str) -> Self {
        self.host = Some(host);
        self
    }

    pub(super) fn with_body(mut self, body: &'static str) -> Self {
        self.body = body;
        self
    }

    pub(super) fn has(mut self, names: &'static [&'static str]) -> Self {
        self.has = names;
        self
    }

    pub(super) fn lacks(mut self, names: &'static [&'static str]) -> Self {
        self.lacks = names;
        self
    }
}
