//! A server's side of Digest (RFC 7616), with code of its own.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use md5::Md5;
use sha2::{Digest, Sha256};

/// Lets requests through that know the password.
#[derive(Debug)]
pub struct DigestGuard {
    user: &'static str,
    password: &'static str,
    algorithm: &'static str,
    /// What the challenge says beside realm, nonce and algorithm.
    extra: &'static str,
    /// How many requests a nonce is good for.
    uses: usize,
    /// What the server does after the last of them.
    renewal: Renewal,
    state: Mutex<State>,
}

/// How a nonce is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The next request is challenged again, with `stale=true`.
    Stale,
    /// The response to the last request names the next nonce.
    NextNonce,
}

#[derive(Debug, Default)]
struct State {
    nonces: usize,
    /// How often the nonce of this moment was used.
    used: usize,
    /// Nonce, count and cnonce of each request that was let through.
    seen: HashSet<(String, u32)>,
    cnonces: HashSet<String>,
    challenges: usize,
    faults: Vec<String>,
}

const REALM: &str = "a \"quoted\" realm, with a comma";

impl DigestGuard {
    /// A guard that knows one user.
    pub fn new(user: &'static str, password: &'static str, algorithm: &'static str) -> Self {
        Self {
            user,
            password,
            algorithm,
            extra: "",
            uses: usize::MAX,
            renewal: Renewal::Stale,
            state: Mutex::default(),
        }
    }

    /// Adds parameters to the challenge, such as `userhash=true`.
    pub fn with_extra(mut self, extra: &'static str) -> Self {
        self.extra = extra;
        self
    }

    /// Has a nonce replaced after so many requests.
    pub fn with_renewal(mut self, uses: usize, renewal: Renewal) -> Self {
        self.uses = uses;
        self.renewal = renewal;
        self
    }

    /// How many requests were challenged.
    pub fn challenges(&self) -> usize {
        self.lock().challenges
    }

    /// How many cnonces, and how many pairs of nonce and count, were seen.
    pub fn seen(&self) -> (usize, usize) {
        let state = self.lock();
        (state.cnonces.len(), state.seen.len())
    }

    /// What was wrong with answers, in words.
    pub fn faults(&self) -> Vec<String> {
        self.lock().faults.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The response to a request: 200 with the body of the request, or a challenge.
    pub fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let mut state = self.lock();
        let fields = request.headers().get("authorization").map(fields);
        let Some(fields) = fields else {
            return self.challenge(&mut state, "");
        };
        if fields["nonce"] != nonce(state.nonces) || state.used >= self.uses {
            state.nonces += 1;
            state.used = 0;
            return self.challenge(&mut state, ", stale=true");
        }
        if let Err(fault) = self.check(request, &fields, &mut state) {
            state.faults.push(fault);
            return self.challenge(&mut state, "");
        }
        state.used += 1;
        let mut response = Response::new(request.body().clone());
        let proof = self.response("", &fields);
        let mut info = format!("qop=auth, rspauth=\"{proof}\", nc={}", fields["nc"]);
        if state.used == self.uses && self.renewal == Renewal::NextNonce {
            state.nonces += 1;
            state.used = 0;
            info.push_str(&format!(", nextnonce=\"{}\"", nonce(state.nonces)));
        }
        let info = HeaderValue::from_str(&info).expect("a header");
        response.headers_mut().insert("authentication-info", info);
        response
    }

    fn challenge(&self, state: &mut State, stale: &str) -> Response<Bytes> {
        state.challenges += 1;
        let challenge = format!(
            "Basic realm=\"b\", Digest realm=\"{}\", nonce=\"{}\", algorithm={}, \
             qop=\"auth-int, auth\", opaque=\"o\"{}{stale}",
            REALM.replace('"', "\\\""),
            nonce(state.nonces),
            self.algorithm,
            self.extra,
        );
        let mut response = Response::new(Bytes::from(vec![b'x'; 20_000]));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let challenge = HeaderValue::from_str(&challenge).expect("a header");
        response.headers_mut().insert("www-authenticate", challenge);
        response
    }

    fn check(
        &self,
        request: &Request<Bytes>,
        fields: &BTreeMap<String, String>,
        state: &mut State,
    ) -> Result<(), String> {
        let user = match fields.get("userhash").map(String::as_str) {
            Some("true") => self.hash(&format!("{}:{REALM}", self.user)),
            _ => self.user.to_owned(),
        };
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let expected = [
            ("username", user),
            ("realm", REALM.to_owned()),
            ("uri", target.to_owned()),
            ("algorithm", self.algorithm.to_owned()),
            ("qop", "auth".to_owned()),
            ("opaque", "o".to_owned()),
            ("response", self.response(request.method().as_str(), fields)),
        ];
        for (name, value) in expected {
            let sent = fields.get(name);
            if sent != Some(&value) {
                return Err(format!("{name} is {sent:?} and not {value:?}"));
            }
        }
        let count = &fields["nc"];
        let number = u32::from_str_radix(count, 16).map_err(|error| error.to_string())?;
        if count.len() != 8 || !state.seen.insert((fields["nonce"].clone(), number)) {
            return Err(format!("the count {count} comes twice"));
        }
        state.cnonces.insert(fields["cnonce"].clone());
        Ok(())
    }

    fn response(&self, method: &str, fields: &BTreeMap<String, String>) -> String {
        let field = |name: &str| &*fields[name];
        let mut key = self.hash(&format!("{}:{REALM}:{}", self.user, self.password));
        if self.algorithm.ends_with("-sess") {
            key = self.hash(&format!("{key}:{}:{}", field("nonce"), field("cnonce")));
        }
        let target = self.hash(&format!("{method}:{}", field("uri")));
        let (nonce, nc, cnonce) = (field("nonce"), field("nc"), field("cnonce"));
        self.hash(&format!("{key}:{nonce}:{nc}:{cnonce}:auth:{target}"))
    }

    fn hash(&self, text: &str) -> String {
        let bytes = if self.algorithm.starts_with("MD5") {
            Md5::digest(text).to_vec()
        } else {
            Sha256::digest(text).to_vec()
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn nonce(number: usize) -> String {
    format!("nonce+{number}==")
}

/// The parameters of an answer.
fn fields(value: &HeaderValue) -> BTreeMap<String, String> {
    let text = value.to_str().expect("text");
    let mut rest = text
        .strip_prefix("Digest ")
        .expect("Digest and nothing else");
    let mut fields = BTreeMap::new();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(after) => {
                let mut value = String::new();
                let mut letters = after.char_indices();
                let end = loop {
                    match letters.next().expect("a quotation mark at the end") {
                        (at, '"') => break at,
                        (_, '\\') => value.extend(letters.next().map(|(_, letter)| letter)),
                        (_, letter) => value.push(letter),
                    }
                };
                (value, &after[end + 1..])
            }
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].to_owned(), &after[end..])
            }
        };
        let before = fields.insert(name.trim_start_matches([',', ' ']).to_owned(), value);
        assert_eq!(before, None, "{name} comes twice in {text}");
        rest = after;
    }
    fields
}
