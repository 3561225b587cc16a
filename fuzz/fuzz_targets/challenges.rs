//! `WWW-Authenticate` and `Authentication-Info` of a server, and what is answered to them.
#![no_main]

use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bonafide_fuzz::budget::bounded;
use bonafide_tower::auth::{
    Basic, Challenge, Credential, Digest, MAX_CHALLENGE_BYTES, MAX_CHALLENGES, MAX_ROUNDS,
    Preparing, Presented, Rounds, Seen, Step,
};
use http::header::{HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use http::{Method, StatusCode, Uri};
use libfuzzer_sys::fuzz_target;

const PASSWORD: &str = "s3cret-pa55word";

/// The lines of `text` as fields called `name`.
fn fields(name: &HeaderName, text: &[u8]) -> HeaderMap {
    let lines = text.split(|byte| *byte == b'\n');
    let values = lines.filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (name.clone(), value)).collect()
}

/// The header of the next attempt; `None` where there is none.
fn presented(preparing: Preparing, uri: &Uri) -> Option<Presented> {
    let mut cx = Context::from_waker(Waker::noop());
    let prepared = match pin!(preparing).poll(&mut cx) {
        Poll::Ready(prepared) => prepared.expect("nothing that can fail was waited for")?,
        Poll::Pending => panic!("neither scheme has anything to wait for"),
    };
    match prepared.present(&Method::GET, uri) {
        Ok(presented) => Some(presented),
        Err(error) => {
            shows_nothing(&error);
            None
        }
    }
}

fn shows_nothing(shown: &impl Debug) {
    assert!(!format!("{shown:?}").contains(PASSWORD));
}

/// Goes through one request whose responses have these challenges, in turn.
fn go(mut rounds: Rounds, uri: &Uri, scheme: &str, challenges: &[HeaderMap], info: &[u8]) {
    let mut preparing = rounds.prepare();
    for round in 0.. {
        let Some(presented) = presented(preparing, uri) else {
            return;
        };
        if let Some(value) = presented.value() {
            assert!(value.as_bytes().starts_with(scheme.as_bytes()) && value.is_sensitive());
            let text = String::from_utf8_lossy(value.as_bytes());
            assert!(!text.contains(PASSWORD));
        }
        let informed = fields(&HeaderName::from_static("authentication-info"), info);
        let ended = Seen {
            status: StatusCode::OK,
            headers: &informed,
            can_repeat_body: true,
        };
        if let Err(error) = rounds.judge(&presented, &ended) {
            shows_nothing(&error);
        }
        let seen = Seen {
            status: StatusCode::UNAUTHORIZED,
            headers: &challenges[round.min(challenges.len() - 1)],
            can_repeat_body: true,
        };
        preparing = match rounds.judge(&presented, &seen) {
            Ok(Step::Again(preparing)) => preparing,
            Ok(Step::Respond) => return,
            Err(error) => return shows_nothing(&error),
        };
        assert!(round < MAX_ROUNDS);
    }
}

fuzz_target!(|input: &[u8]| {
    // Two responses with challenges, and one that proves itself.
    let mut parts = input.split(|byte| *byte == 0);
    let challenges = [parts.next(), parts.next()];
    let challenges = challenges.map(|text| fields(&WWW_AUTHENTICATE, text.unwrap_or_default()));
    let info = parts.next().unwrap_or_default();
    for headers in &challenges {
        let read = bounded(|| Challenge::all(headers, &WWW_AUTHENTICATE));
        assert!(read.len() <= MAX_CHALLENGES);
        let bytes: usize = read.iter().map(|it| it.scheme().len()).sum();
        assert!(bytes <= MAX_CHALLENGE_BYTES && read.iter().all(|it| !it.scheme().is_empty()));
        drop(format!("{read:?}"));
    }
    let uri = Uri::from_static("https://h.test/a?b");
    let digest = Digest::new("user", PASSWORD).expect("a user and a password");
    let digest = Credential::for_origin("https://h.test", digest).expect("an origin");
    let basic = Basic::new("user", PASSWORD).expect("a user and a password");
    let basic = Credential::for_origin("https://h.test", basic).expect("an origin");
    // Twice, since what a server offered once is remembered.
    for _ in 0..2 {
        for (credential, scheme) in [(&digest, "Digest "), (&basic, "Basic ")] {
            let rounds = credential.rounds(&uri).expect("the bound origin");
            go(rounds, &uri, scheme, &challenges, info);
        }
    }
    let elsewhere = Uri::from_static("https://i.test/a?b");
    assert!(digest.rounds(&elsewhere).is_none());
});
