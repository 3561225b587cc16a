//! curl and `openssl s_client` as oracles: where they refuse a server, we refuse it; where we trust
//! one, they do.
//!
//! Both oracles are held to OpenSSL's security level 2, which Debian has as its default, so that
//! the outcome does not depend on how they were built.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bonafide::{Client, Code};
use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Recipe, TestCa, TestServer};
use bonafide_tests::{
    Curl, OpenSslClient, OpenSslServer, Opinion, Version, connect, ipv6_loopback, trusting,
};

/// What is expected of each case of the catalogue: our code, and the verify error of OpenSSL that
/// means the same (`X509_V_ERR_…` in its `x509_vfy.h`); neither where the server is trusted.
const EXPECTED: &[(&str, Option<Code>, Option<u32>)] = &[
    ("valid-ecdsa", None, None),
    ("valid-rsa", None, None),
    ("valid-ed25519", None, None),
    ("valid-intermediate", None, None),
    ("revoked", None, None),
    ("expired", Some(Code::Expired), Some(10)),
    ("not-yet-valid", Some(Code::NotYetValid), Some(9)),
    ("wrong-name", Some(Code::NameMismatch), Some(62)),
    ("no-san", Some(Code::NoSubjectAltName), None),
    ("self-signed", Some(Code::SelfSigned), Some(18)),
    ("unknown-root", Some(Code::UnknownIssuer), Some(20)),
    ("missing-intermediate", Some(Code::UnknownIssuer), Some(20)),
    ("weak-rsa", Some(Code::WeakKey), Some(66)),
    ("sha1", Some(Code::WeakSignature), Some(68)),
    ("wrong-eku", Some(Code::WrongPurpose), Some(26)),
    ("name-constrained", Some(Code::NameConstraint), Some(47)),
];

/// The number that curl has for a refused certificate, whatever the reason.
const CURL_REFUSES: Opinion = Opinion::Refused(60);

/// Where we refuse and an oracle trusts, and why that is right. A row that no longer differs fails
/// the test.
const WE_ARE_STRICTER: &[(&str, &str)] = &[(
    "no-san",
    "both take the common name for the host where there is no SAN; RFC 9525, section 6.3, has done away with that",
)];

/// What we think of the server at `address` that is asked for as `host`: as a stream, and as a
/// client for HTTPS.
async fn our_opinion(ca: &TestCa, address: SocketAddr, host: &str) -> Option<Code> {
    let policy = trusting(ca).build().unwrap();
    let by_stream = match connect(&policy, address, host).await {
        Ok(stream) => {
            assert!(stream.receipt().is_verified());
            None
        }
        Err(error) => Some(error.code().unwrap()),
    };
    let client = Client::builder()
        .policy(policy)
        .resolve("localhost", address)
        .build()
        .unwrap();
    let brackets = if host.contains(':') {
        ["[", "]"]
    } else {
        [""; 2]
    };
    let url = format!(
        "https://{}{host}{}:{}/",
        brackets[0],
        brackets[1],
        address.port()
    );
    let by_client = match client.get(url).send().await {
        Ok(response) => {
            assert!(response.receipt().unwrap().is_verified());
            None
        }
        Err(error) => Some(error.code().unwrap()),
    };
    assert_eq!(by_stream, by_client, "{host}");
    by_stream
}

#[tokio::test]
async fn curl_and_openssl_believe_and_refuse_the_catalogue_as_we_do() {
    let (Some(curl), Some(openssl)) = (Curl::find(), OpenSslClient::find()) else {
        return;
    };
    let catalogue = Catalogue::new();
    let names: BTreeSet<_> = catalogue.cases().iter().map(|case| case.name).collect();
    let expected: BTreeSet<_> = EXPECTED.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, expected, "each case has one row");

    for (name, our_code, openssl_error) in EXPECTED {
        let case = catalogue.case(name);
        let server = TestServer::http1(case.identity.clone()).await;
        let (address, pem) = (server.addr(), catalogue.ca().pem());

        let ours = our_opinion(catalogue.ca(), address, case.host).await;
        assert_eq!(ours, *our_code, "{name}: {}", case.why);

        let openssls = openssl.ask(address, case.host, &pem).await;
        let expected = openssl_error.map_or(Opinion::Accepted, Opinion::Refused);
        assert_eq!(openssls, expected, "{name}: {}", case.why);

        let curls = curl.ask(address, case.host, &pem).await;
        let expected = openssl_error.map_or(Opinion::Accepted, |_| CURL_REFUSES);
        assert_eq!(curls, expected, "{name}: {}", case.why);

        let differs = ours.is_some() && curls == Opinion::Accepted;
        let reason = WE_ARE_STRICTER.iter().find(|(row, _)| row == name);
        assert_eq!(differs, reason.is_some(), "{name}: {reason:?}");
        server.shutdown().await;
    }
}

#[tokio::test]
async fn curl_and_openssl_believe_and_refuse_literal_addresses_as_we_do() {
    let (Some(curl), Some(openssl)) = (Curl::find(), OpenSslClient::find()) else {
        return;
    };
    let Some(ipv6) = ipv6_loopback() else { return };
    let ca = TestCa::new();
    let ipv4 = Ipv4Addr::LOCALHOST;
    let mismatch = Some(Code::NameMismatch);
    for (address, named, code) in [
        (IpAddr::from(ipv4), ipv4.to_string(), None),
        (IpAddr::from(ipv4), ipv6.to_string(), mismatch),
        (IpAddr::from(ipv4), "localhost".to_owned(), mismatch),
        (IpAddr::from(ipv6), ipv6.to_string(), None),
        (IpAddr::from(ipv6), ipv4.to_string(), mismatch),
        (IpAddr::from(ipv6), "localhost".to_owned(), mismatch),
    ] {
        let identity = ca.issue(Recipe::for_host(&named));
        let builder = OpenSslServer::presenting(&identity).on(address);
        let Some(server) = builder.start().await else {
            return;
        };
        let host = address.to_string();
        let about = format!("{host} with a certificate for {named}");
        assert_eq!(
            our_opinion(&ca, server.address(), &host).await,
            code,
            "{about}"
        );
        // X509_V_ERR_IP_ADDRESS_MISMATCH
        let [openssls, curls] = match code {
            None => [Opinion::Accepted; 2],
            Some(_) => [Opinion::Refused(64), CURL_REFUSES],
        };
        let pem = ca.pem();
        let opinion = openssl.ask(server.address(), &host, &pem).await;
        assert_eq!(opinion, openssls, "{about}");
        let opinion = curl.ask(server.address(), &host, &pem).await;
        assert_eq!(opinion, curls, "{about}");
    }
}

#[tokio::test]
async fn curl_and_openssl_speak_the_versions_that_we_speak() {
    let (Some(curl), Some(openssl)) = (Curl::find(), OpenSslClient::find()) else {
        return;
    };
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("localhost"));
    for (version, code, oracles) in [
        (
            Version::Tls10,
            Some(Code::ProtocolVersion),
            Opinion::NoHandshake,
        ),
        (
            Version::Tls11,
            Some(Code::ProtocolVersion),
            Opinion::NoHandshake,
        ),
        (Version::Tls12, None, Opinion::Accepted),
        (Version::Tls13, None, Opinion::Accepted),
    ] {
        let builder = OpenSslServer::presenting(&identity).speaking(version);
        let Some(server) = builder.start().await else {
            return;
        };
        let (address, pem) = (server.address(), ca.pem());
        assert_eq!(our_opinion(&ca, address, "localhost").await, code);
        for opinion in [
            openssl.ask(address, "localhost", &pem).await,
            curl.ask(address, "localhost", &pem).await,
        ] {
            assert_eq!(opinion, oracles, "{version:?}");
        }
    }
}
