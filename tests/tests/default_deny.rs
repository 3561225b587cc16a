//! The default client trusts no server without proof, and nothing in the environment changes that.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use bonafide::{Client, Code, Kind, Refusal};
use bonafide_testkit::TestServer;
use bonafide_testkit::certificate::Catalogue;

/// The variables by which other clients are set to verify less, to trust more or to log keys.
const VARIABLES: [(&str, &str); 9] = [
    ("PYTHONHTTPSVERIFY", "0"),
    ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
    ("GIT_SSL_NO_VERIFY", "1"),
    ("CURL_INSECURE", "1"),
    ("BONAFIDE_INSECURE", "1"),
    ("BONAFIDE_DANGER", "1"),
    ("HTTPS_PROXY", "http://127.0.0.1:1"),
    ("https_proxy", "http://127.0.0.1:1"),
    ("ALL_PROXY", "http://127.0.0.1:1"),
];

async fn codes_of_the_default_client() -> Vec<(&'static str, Option<Code>)> {
    let catalogue = Catalogue::new();
    let client = Client::new();
    let mut codes = Vec::new();
    for case in catalogue.cases() {
        let server = TestServer::http1(case.identity.clone()).await;
        let error = client.get(server.url("/")).send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Refused, "{}: {error}", case.name);
        assert_eq!(server.request_count(), 0, "{}", case.name);
        assert_eq!(Refusal::find_in(&error).map(Refusal::code), error.code());
        codes.push((case.name, error.code()));
        server.shutdown().await;
    }
    codes
}

#[tokio::test]
async fn the_default_client_refuses_every_server_under_a_ca_that_the_system_does_not_know() {
    let codes = codes_of_the_default_client().await;
    let code_of = |name| codes.iter().find(|(case, _)| *case == name).unwrap().1;
    assert_eq!(code_of("valid-ecdsa"), Some(Code::UnknownIssuer));
    assert_eq!(code_of("self-signed"), Some(Code::SelfSigned));
    assert_eq!(code_of("expired"), Some(Code::Expired));
}

#[tokio::test]
#[ignore = "run by the test on the environment, in a process of its own"]
async fn print_the_codes_of_the_default_client() {
    println!("<{:?}>", codes_of_the_default_client().await);
}

#[tokio::test]
async fn no_environment_variable_lowers_verification_or_writes_keys_down() {
    let keys = std::env::temp_dir().join(format!("bonafide-keys-{}", std::process::id()));
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "print_the_codes_of_the_default_client",
        ])
        .envs(VARIABLES)
        .env("SSLKEYLOGFILE", &keys)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = format!("<{:?}>", codes_of_the_default_client().await);
    assert!(printed.contains(&expected), "{printed}");
    assert!(!keys.exists(), "{} was written", keys.display());
}
