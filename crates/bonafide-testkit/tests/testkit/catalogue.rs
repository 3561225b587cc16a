use std::collections::BTreeMap;
use std::sync::Arc;

use bonafide_testkit::TestServer;
use bonafide_testkit::certificate::Catalogue;
use rustls::{CertificateError, Error, PeerMisbehaved};

use crate::client::{connect_as, tls_error};

/// Why rustls refuses a case, in a word.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::ExpiredContext { .. } => "expired",
            CertificateError::NotValidYetContext { .. } => "not yet valid",
            CertificateError::NotValidForNameContext { .. } => "name",
            CertificateError::UnknownIssuer => "unknown issuer",
            CertificateError::InvalidPurposeContext { .. } => "purpose",
            CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                "algorithm"
            }
            CertificateError::BadSignature => "signature",
            CertificateError::Other(other) if other.to_string() == "NameConstraintViolation" => {
                "name constraints"
            }
            _ => "another",
        },
        Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme) => "scheme",
        _ => "another",
    }
}

#[tokio::test]
async fn each_case_is_accepted_or_refused_for_its_own_reason() {
    let catalogue = Catalogue::new();
    let config = Arc::new(catalogue.ca().client_config());
    let mut outcomes = BTreeMap::new();
    for case in catalogue.cases() {
        let server = TestServer::http1(case.identity.clone()).await;
        let outcome = match connect_as(&server, &config, case.host).await {
            Ok(_) => "accepted",
            Err(error) => match reason(tls_error(&error)) {
                "another" => panic!("{}: {error:?}", case.name),
                known => known,
            },
        };
        assert_eq!(
            outcome == "accepted",
            case.accepted,
            "{}: {outcome}",
            case.name
        );
        outcomes.insert(case.name, outcome);
        server.shutdown().await;
    }
    let expected = BTreeMap::from([
        ("valid-ecdsa", "accepted"),
        ("valid-rsa", "accepted"),
        ("valid-ed25519", "accepted"),
        ("valid-intermediate", "accepted"),
        ("revoked", "accepted"),
        ("expired", "expired"),
        ("not-yet-valid", "not yet valid"),
        ("wrong-name", "name"),
        ("no-san", "name"),
        ("self-signed", "unknown issuer"),
        ("unknown-root", "unknown issuer"),
        ("missing-intermediate", "unknown issuer"),
        ("weak-rsa", "signature"),
        ("sha1", "algorithm"),
        ("wrong-eku", "purpose"),
        ("name-constrained", "name constraints"),
    ]);
    assert_eq!(outcomes, expected);
}

#[test]
fn a_revoked_certificate_is_on_its_authoritys_record() {
    use der::Decode as _;

    let catalogue = Catalogue::new();
    let leaf = x509_cert::Certificate::from_der(catalogue.case("revoked").identity.leaf())
        .expect("the leaf parses");
    let serial = leaf.tbs_certificate().serial_number().as_bytes().to_vec();
    assert_eq!(catalogue.ca().revoked_serials(), [serial]);
}

#[test]
#[should_panic(expected = "the catalogue has no case \"exipred\"")]
fn a_misspelt_case_fails_with_its_name() {
    Catalogue::new().case("exipred");
}
