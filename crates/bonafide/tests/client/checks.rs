//! Checks of the policy that panic, that talk, and whose verdict runs out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::refusal::Refused;
use bonafide::verify::{Anchors, Check, CheckContext, Clock, Finding, Policy, VerifiedPath};
use bonafide::{Client, Code, Kind, Phase};
use bonafide_testkit::Alpn;

use crate::support::{ca, server};

#[derive(Debug)]
struct Panics;

impl Check for Panics {
    fn name(&self) -> &str {
        "panics"
    }

    #[expect(clippy::panic, reason = "the misbehaviour that is tested")]
    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        panic!("as planned by the test")
    }
}

#[derive(Debug)]
struct Verbose;

impl Check for Verbose {
    fn name(&self) -> &str {
        "verbose"
    }

    fn judge(&self, _: &VerifiedPath<'_>, _: &CheckContext<'_>) -> Result<Finding, Refused> {
        Err(Refused::by_check("first\nsecond\r\n\r\nthird"))
    }
}

fn client(check: impl Check + 'static) -> Client {
    let policy = Policy::builder()
        .anchors(Anchors::only(ca().certificate().clone()))
        .check(check)
        .build()
        .expect("a policy");
    Client::builder().policy(policy).build().expect("a client")
}

#[tokio::test]
async fn a_check_that_panics_is_not_called_worth_another_try() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let error = client(Panics)
            .get(server.url("/"))
            .send()
            .await
            .expect_err("no policy judged the server");
        assert_eq!(
            (error.kind(), error.phase(), error.is_retryable()),
            (Kind::Canceled, Some(Phase::Connect), false)
        );
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the connection could not be made: its task panicked: the attempt to connect panicked",
                server.url("/")
            )
        );
        assert_eq!(server.request_count(), 0);
    }
}

#[tokio::test]
async fn a_check_with_much_to_say_still_makes_an_error_of_one_line() {
    let server = server(Alpn::Http1).start().await;
    let error = client(Verbose)
        .get(server.url("/"))
        .send()
        .await
        .expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (Kind::Refused, Some(Code::CheckRefused))
    );
    let shown = error.to_string();
    assert!(
        shown.contains("first") && shown.ends_with("third"),
        "{shown}"
    );
    assert!(!shown.contains(['\n', '\r']), "{shown}");
}

#[tokio::test]
async fn a_kept_connection_is_not_used_past_the_verdict_though_the_pools_clock_stood_still() {
    for alpn in [Alpn::Http1, Alpn::Http2] {
        let server = server(alpn).start().await;
        let start = UnixTime::now().as_secs();
        let slept = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&slept);
        let clock = Clock::from_fn("sleeps", move || {
            UnixTime::since_unix_epoch(Duration::from_secs(start + shown.load(Ordering::SeqCst)))
        });
        let policy = Policy::builder()
            .anchors(Anchors::only(ca().certificate().clone()))
            .check(HoldsFor10Seconds)
            .clock(clock)
            .build()
            .expect("a policy");
        let client = Client::builder().policy(policy).build().expect("a client");
        let get = || async {
            let response = client.get(server.url("/")).send().await.expect("trusted");
            assert_eq!(response.text().await.expect("a body"), "ok");
        };
        get().await;
        slept.store(9, Ordering::SeqCst);
        get().await;
        assert_eq!(server.tcp_connections(), 1, "{alpn:?}");
        slept.store(10, Ordering::SeqCst);
        get().await;
        assert_eq!(server.tcp_connections(), 2, "{alpn:?}");
    }
}

#[derive(Debug)]
struct HoldsFor10Seconds;

impl Check for HoldsFor10Seconds {
    fn name(&self) -> &str {
        "holds for 10 seconds"
    }

    fn judge(&self, _: &VerifiedPath<'_>, context: &CheckContext<'_>) -> Result<Finding, Refused> {
        let until = Duration::from_secs(context.time().as_secs() + 10);
        Ok(Finding::passed().valid_until(UnixTime::since_unix_epoch(until)))
    }
}
