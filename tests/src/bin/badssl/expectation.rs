//! What bonafide has to do with each case.

use std::fmt;

use bonafide::Code;

use self::Expected::{Accept, Refuse};
use crate::outcome::Outcome;

/// What bonafide has to do with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Accept,
    /// For this reason and no other.
    Refuse(Code),
}

impl Expected {
    pub(crate) fn is_met_by(self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Accept, Outcome::Accepted) => true,
            (Self::Refuse(code), Outcome::Refused(Some(found))) => found == code.as_str(),
            _ => false,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => f.pad("accept"),
            Self::Refuse(code) => f.pad(&format!("refuse {code}")),
        }
    }
}

/// What is expected of the case of this name, served by the testkit or by openssl.
pub(crate) fn expected(case: &str, server: &str) -> Option<Expected> {
    TABLE
        .iter()
        .find(|(name, by, _)| *name == case && *by == server)
        .map(|(_, _, expected)| *expected)
}

const TABLE: &[(&str, &str, Expected)] = &[
    ("sha256", "testkit", Accept),
    ("sha384", "testkit", Accept),
    ("sha512", "testkit", Accept),
    ("ecc256", "testkit", Accept),
    ("ecc384", "testkit", Accept),
    ("rsa2048", "testkit", Accept),
    ("rsa4096", "testkit", Accept),
    ("rsa8192", "testkit", Accept),
    ("extended-validation", "testkit", Accept),
    ("no-common-name", "testkit", Accept),
    ("no-subject", "testkit", Accept),
    ("1000-sans", "testkit", Accept),
    ("disorderly-chain", "testkit", Accept),
    ("10000-sans", "testkit", Refuse(Code::HandshakeFailed)),
    ("expired", "testkit", Refuse(Code::Expired)),
    ("not-yet-valid", "testkit", Refuse(Code::NotYetValid)),
    ("wrong.host", "testkit", Refuse(Code::NameMismatch)),
    ("self-signed", "testkit", Refuse(Code::SelfSigned)),
    ("untrusted-root", "testkit", Refuse(Code::UnknownIssuer)),
    ("incomplete-chain", "testkit", Refuse(Code::UnknownIssuer)),
    ("reversed-chain", "testkit", Refuse(Code::CaAsLeaf)),
    ("invalid-signature", "testkit", Refuse(Code::BadSignature)),
    ("sha1-leaf", "testkit", Refuse(Code::WeakSignature)),
    ("sha1-intermediate", "testkit", Refuse(Code::WeakSignature)),
    ("sha1-rsa", "testkit", Refuse(Code::WeakSignature)),
    ("rsa1024", "testkit", Refuse(Code::WeakKey)),
    ("pinning-test", "testkit", Refuse(Code::PinMismatch)),
    ("not-revoked", "testkit", Accept),
    ("revoked", "testkit", Refuse(Code::Revoked)),
    ("stapled", "testkit", Accept),
    ("revoked-stapled", "testkit", Refuse(Code::Revoked)),
    ("must-staple", "testkit", Refuse(Code::StapleMissing)),
    ("sct", "testkit", Accept),
    ("no-sct", "testkit", Refuse(Code::TooFewScts)),
    ("client", "testkit", Accept),
    (
        "client-cert-missing",
        "testkit",
        Refuse(Code::ClientCertificate),
    ),
    ("superfish", "testkit", Refuse(Code::UnknownIssuer)),
    ("edellroot", "testkit", Refuse(Code::UnknownIssuer)),
    ("dsdtestprovider", "testkit", Refuse(Code::UnknownIssuer)),
    ("preact-cli", "testkit", Refuse(Code::SelfSigned)),
    ("webpack-dev-server", "testkit", Refuse(Code::SelfSigned)),
    ("mitm-software", "testkit", Refuse(Code::UnknownIssuer)),
    ("known-interception", "testkit", Refuse(Code::UnknownIssuer)),
    (
        "blocked-interception",
        "testkit",
        Refuse(Code::UnknownIssuer),
    ),
    ("captive-portal", "testkit", Refuse(Code::NameMismatch)),
    (
        "webpki::san::no-san",
        "testkit",
        Refuse(Code::NoSubjectAltName),
    ),
    (
        "webpki::cn::not-in-san",
        "testkit",
        Refuse(Code::NameMismatch),
    ),
    (
        "webpki::san::san-wildcard-only",
        "testkit",
        Refuse(Code::NameMismatch),
    ),
    (
        "webpki::san::wildcard-embedded-leftmost-san",
        "testkit",
        Refuse(Code::NameMismatch),
    ),
    (
        "webpki::san::mismatch-apex-subdomain-san",
        "testkit",
        Refuse(Code::NameMismatch),
    ),
    ("null-in-name", "testkit", Refuse(Code::NameMismatch)),
    ("ip-in-dns-name", "testkit", Refuse(Code::NameMismatch)),
    ("rfc5280::nc::permitted-dns-match", "testkit", Accept),
    ("pathlen::ee-with-intermediate-pathlen-0", "testkit", Accept),
    ("rfc5280::no-basicconstraints", "testkit", Accept),
    ("rfc5280::eku::ee-without-eku", "testkit", Accept),
    (
        "rfc5280::nc::permitted-dns-mismatch",
        "testkit",
        Refuse(Code::NameConstraint),
    ),
    (
        "rfc5280::nc::excluded-dns-match",
        "testkit",
        Refuse(Code::NameConstraint),
    ),
    (
        "rfc5280::nc::excluded-match-permitted-and-excluded",
        "testkit",
        Refuse(Code::NameConstraint),
    ),
    (
        "rfc5280::nc::permitted-ip-mismatch",
        "testkit",
        Refuse(Code::NameConstraint),
    ),
    (
        "rfc5280::nc::restrictive-permits-in-intermediates-widens",
        "testkit",
        Refuse(Code::NameConstraint),
    ),
    (
        "rfc5280::intermediate-ca-without-ca-bit",
        "testkit",
        Refuse(Code::LeafAsCa),
    ),
    (
        "rfc5280::intermediate-ca-missing-basic-constraints",
        "testkit",
        Refuse(Code::LeafAsCa),
    ),
    ("leaf-issues-leaf", "testkit", Refuse(Code::LeafAsCa)),
    (
        "v1-intermediate",
        "testkit",
        Refuse(Code::UnsupportedVersion),
    ),
    (
        "intermediate-without-cert-sign",
        "testkit",
        Refuse(Code::NoCertSign),
    ),
    (
        "pathlen::intermediate-violates-pathlen-0",
        "testkit",
        Refuse(Code::PathLength),
    ),
    (
        "pathlen::intermediate-pathlen-too-long",
        "testkit",
        Refuse(Code::PathLength),
    ),
    (
        "webpki::ee-basicconstraints-ca",
        "testkit",
        Refuse(Code::CaAsLeaf),
    ),
    (
        "rfc5280::eku::ee-wrong-eku",
        "testkit",
        Refuse(Code::WrongPurpose),
    ),
    (
        "rfc5280::eku::ee-eku-empty",
        "testkit",
        Refuse(Code::EmptyPurpose),
    ),
    (
        "intermediate-wrong-eku",
        "testkit",
        Refuse(Code::WrongPurpose),
    ),
    (
        "rfc5280::unknown-critical-extension-ee",
        "testkit",
        Refuse(Code::UnknownCriticalExtension),
    ),
    (
        "rfc5280::unknown-critical-extension-intermediate",
        "testkit",
        Refuse(Code::UnknownCriticalExtension),
    ),
    (
        "rfc5280::duplicate-extensions",
        "testkit",
        Refuse(Code::Malformed),
    ),
    (
        "rfc5280::mismatching-signature-algorithm",
        "testkit",
        Refuse(Code::BadSignature),
    ),
    (
        "rfc5280::validity::expired-intermediate",
        "testkit",
        Refuse(Code::Expired),
    ),
    (
        "rfc5280::validity::expired-root",
        "testkit",
        Refuse(Code::ExpiredAnchor),
    ),
    (
        "webpki::forbidden-weak-rsa-key-in-root",
        "testkit",
        Refuse(Code::WeakKey),
    ),
    ("tls-v1-2", "testkit", Accept),
    ("tls-v1-3", "testkit", Accept),
    ("ssl-v3", "testkit", Refuse(Code::ProtocolVersion)),
    ("tls-v1-0", "testkit", Refuse(Code::ProtocolVersion)),
    ("tls-v1-1", "testkit", Refuse(Code::ProtocolVersion)),
    ("cbc", "testkit", Refuse(Code::HandshakeFailed)),
    ("rc4-md5", "testkit", Refuse(Code::HandshakeFailed)),
    ("rc4", "testkit", Refuse(Code::HandshakeFailed)),
    ("3des", "testkit", Refuse(Code::HandshakeFailed)),
    ("null", "testkit", Refuse(Code::HandshakeFailed)),
    ("export", "testkit", Refuse(Code::HandshakeFailed)),
    ("anonymous", "testkit", Refuse(Code::HandshakeFailed)),
    ("unoffered-suite", "testkit", Refuse(Code::HandshakeFailed)),
    ("static-rsa", "testkit", Refuse(Code::HandshakeFailed)),
    ("dh480", "testkit", Refuse(Code::HandshakeFailed)),
    ("dh512", "testkit", Refuse(Code::HandshakeFailed)),
    ("dh1024", "testkit", Refuse(Code::HandshakeFailed)),
    ("dh2048", "testkit", Refuse(Code::HandshakeFailed)),
    (
        "dh-small-subgroup",
        "testkit",
        Refuse(Code::HandshakeFailed),
    ),
    ("dh-composite", "testkit", Refuse(Code::HandshakeFailed)),
    (
        "unsigned-exchange",
        "testkit",
        Refuse(Code::BadHandshakeSignature),
    ),
    (
        "stolen-certificate-tls12",
        "testkit",
        Refuse(Code::BadHandshakeSignature),
    ),
    (
        "stolen-certificate-tls13",
        "testkit",
        Refuse(Code::BadHandshakeSignature),
    ),
    ("upgrade", "testkit", Accept),
    ("http", "testkit", Refuse(Code::PlainHttp)),
    ("hsts", "testkit", Refuse(Code::PlainHttp)),
    (
        "mixed-redirect-302",
        "testkit",
        Refuse(Code::RedirectToHttp),
    ),
    (
        "mixed-redirect-308",
        "testkit",
        Refuse(Code::RedirectToHttp),
    ),
    (
        "mixed-redirect-second-hop",
        "testkit",
        Refuse(Code::RedirectToHttp),
    ),
    ("redirect-to-expired", "testkit", Refuse(Code::Expired)),
    (
        "redirect-to-wrong.host",
        "testkit",
        Refuse(Code::NameMismatch),
    ),
    ("mozilla-modern", "openssl", Accept),
    ("mozilla-intermediate", "openssl", Accept),
    ("mozilla-old", "openssl", Accept),
    ("tls-v1-2", "openssl", Accept),
    ("tls-v1-0", "openssl", Refuse(Code::ProtocolVersion)),
    ("tls-v1-1", "openssl", Refuse(Code::ProtocolVersion)),
    ("cbc", "openssl", Refuse(Code::NoCommonParameters)),
    ("null", "openssl", Refuse(Code::NoCommonParameters)),
    ("anonymous", "openssl", Refuse(Code::NoCommonParameters)),
    ("static-rsa", "openssl", Refuse(Code::NoCommonParameters)),
    ("dh2048", "openssl", Refuse(Code::NoCommonParameters)),
];

/// The rows of the table that no case of these has: a row for nothing hides a case that has gone.
pub(crate) fn without_case<'a>(cases: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let cases: Vec<(&str, &str)> = cases.collect();
    TABLE
        .iter()
        .filter(|(name, server, _)| !cases.contains(&(name, server)))
        .map(|(name, server, _)| format!("{name} ({server}) is expected and not there"))
        .collect()
}

#[cfg(test)]
mod tests {
    use bonafide_testkit::conformance::{Replica, Verdict};

    use super::*;
    use crate::case::{Served, cases};

    #[test]
    fn every_case_is_expected_and_every_expectation_has_its_case() {
        let replica = Replica::new();
        let cases = cases(&replica);
        let names = cases.iter().map(|case| (case.name, case.served.name()));
        assert!(without_case(names).is_empty());
        for case in &cases {
            let server = case.served.name();
            assert!(
                expected(case.name, server).is_some(),
                "{} ({server})",
                case.name
            );
        }
        assert_eq!(cases.len(), TABLE.len());
    }

    #[test]
    fn nothing_is_expected_to_be_accepted_that_a_client_must_reject() {
        let replica = Replica::new();
        for case in &cases(&replica) {
            let Served::Replica(site) = case.served else {
                continue;
            };
            let due = match site.verdict {
                Verdict::Accept => Some(Accept),
                Verdict::Reject => None,
            };
            match expected(case.name, "testkit") {
                Some(Accept) => assert_eq!(due, Some(Accept), "{}", case.name),
                _ => assert_eq!(due, None, "{}", case.name),
            }
        }
    }

    #[test]
    fn a_row_without_a_case_is_told() {
        let missing = without_case([("expired", "testkit")].into_iter());
        assert_eq!(missing.len(), TABLE.len() - 1);
        assert!(missing.contains(&"cbc (openssl) is expected and not there".to_owned()));
    }
}
