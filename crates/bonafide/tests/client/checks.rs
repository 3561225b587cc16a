//! Checks of the policy that do not behave.

use bonafide::verify::{Anchors, Check, CheckContext, Finding, Policy, Refused, VerifiedPath};
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
            .expect_err("nobody judged the server");
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
