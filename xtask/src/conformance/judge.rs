//! One case, through `Policy::verify`.

use std::time::Duration;

use bonafide_verify::revocation::{Crls, Revocation};
use bonafide_verify::{Anchors, Clock, Code, ConfigError, Limits, Peer, Policy, Profile};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::corpus::{Case, PeerKind, ValidationKind};

/// Why a case says nothing that could be judged. The corpus is at fault.
#[derive(Debug, thiserror::Error)]
enum CaseError {
    /// A certificate or list is not PEM.
    #[error("the case has bad PEM: {0}")]
    Pem(#[from] pem::Error),
    /// The time is not RFC 3339.
    #[error("the case has a bad validation time: {0}")]
    Time(#[from] time::error::Parse),
    /// The time is one that no certificate can be judged at.
    #[error("the case has a validation time before 1970")]
    Before1970,
}

/// What the verifier said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Believed.
    Accepted,
    /// Not believed, and why.
    Refused(String),
    /// Not asked, and why.
    Skipped(String),
}

/// Judges one case with the trust, time and name that it brings. A malformed case is skipped:
/// nobody was asked.
pub(crate) fn judge(case: &Case, profile: Profile) -> Verdict {
    match skip(case, profile) {
        Some(why) => Verdict::Skipped(why.to_owned()),
        None => verify(case, profile).unwrap_or_else(|error| Verdict::Skipped(error.to_string())),
    }
}

fn verify(case: &Case, profile: Profile) -> Result<Verdict, CaseError> {
    let mut chain = vec![certificate(&case.peer_certificate)?];
    chain.extend(certificates(&case.untrusted_intermediates)?);
    let mut builder = Policy::builder()
        .anchors(Anchors::only(certificates(&case.trusted_certs)?))
        .profile(profile)
        .clock(Clock::fixed(time_of(case)?));
    if let Some(intermediates) = case.max_chain_depth {
        builder = builder.limits(Limits::default().max_intermediates(intermediates));
    }
    if !case.crls.is_empty() {
        // Lists of which one cannot be used are refused before there is a policy, as anchors are
        // below: no peer is believed then.
        match revocation(&case.crls) {
            Ok(revocation) => builder = builder.check(revocation),
            Err(error) => return Ok(Verdict::Refused(with_causes(&error))),
        }
    }
    let policy = match builder.build() {
        Ok(policy) => policy,
        Err(error) => return Ok(Verdict::Refused(with_causes(&error))),
    };
    let name = match &case.expected_peer_name {
        None => None,
        Some(name) => match ServerName::try_from(name.value.as_str()) {
            Ok(name) => Some(name),
            Err(error) => return Ok(Verdict::Refused(format!("{}: {error}", name.value))),
        },
    };
    let peer = match &name {
        Some(name) => Peer::new(&chain, name),
        None => Peer::without_name(&chain),
    };
    Ok(match policy.verify(&peer) {
        Ok(_) => Verdict::Accepted,
        Err(refusal) => Verdict::Refused(refusal.to_string()),
    })
}

/// What a client that judges servers has no door for.
fn skip(case: &Case, profile: Profile) -> Option<&'static str> {
    let is_mailbox = |name: &super::corpus::PeerName| name.kind == PeerKind::Rfc822;
    if case.validation_kind == ValidationKind::Client {
        Some("judges a client, and this verifier judges servers")
    } else if !case.key_usage.iter().all(|usage| demands(profile, usage)) {
        Some("demands key usages, of which this profile has no rule")
    } else if !case.signature_algorithms.is_empty() {
        Some("restricts the signature algorithms, which is no option here")
    } else if case.expected_peer_name.as_ref().is_some_and(is_mailbox) {
        Some("asks for a mailbox, and servers have none")
    } else {
        None
    }
}

/// Whether the profile itself refuses a leaf whose key usage is there and lacks `usage`.
fn demands(profile: Profile, usage: &str) -> bool {
    usage == "digitalSignature"
        && profile
            .rules()
            .any(|rule| rule.code() == Code::NoDigitalSignature)
}

fn certificate(text: &str) -> Result<CertificateDer<'static>, pem::Error> {
    CertificateDer::from_pem_slice(text.as_bytes())
}

fn certificates(texts: &[String]) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    texts.iter().map(|text| certificate(text)).collect()
}

/// The check of a client that has these lists and nothing else, and refuses whatever they do not
/// clear.
fn revocation(lists: &[String]) -> Result<Revocation, ConfigError> {
    Revocation::builder()
        .crls(Crls::pem("the case", lists.concat()))
        .build()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn time_of(case: &Case) -> Result<UnixTime, CaseError> {
    let Some(text) = &case.validation_time else {
        return Ok(UnixTime::now());
    };
    let time = OffsetDateTime::parse(text, &Rfc3339)?;
    let seconds = u64::try_from(time.unix_timestamp()).map_err(|_| CaseError::Before1970)?;
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonafide_testkit::{CrlRecipe, Recipe, TestCa};

    fn case(fields: &str) -> Case {
        let text = format!(
            r#"{{"id": "a", "validation_kind": "SERVER", "trusted_certs": [],
                "untrusted_intermediates": [], "peer_certificate": "", "signature_algorithms": [],
                "expected_result": "FAILURE" {fields}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_key_usage_is_demanded_where_the_profile_has_a_rule_of_it() {
        let skipped = Some("demands key usages, of which this profile has no rule");
        let signing = case(r#", "key_usage": ["digitalSignature"]"#);
        assert_eq!(skip(&signing, Profile::PathOnly), skipped);
        assert_eq!(skip(&signing, Profile::WebPki), None);
        let enciphering = case(r#", "key_usage": ["keyEncipherment"]"#);
        assert_eq!(skip(&enciphering, Profile::WebPki), skipped);
    }

    #[test]
    fn a_malformed_case_is_skipped_and_does_not_count_as_refused() {
        let verdict = judge(&case(""), Profile::PathOnly);
        assert!(
            matches!(&verdict, Verdict::Skipped(why) if why.starts_with("the case has bad PEM")),
            "{verdict:?}"
        );
    }

    #[test]
    fn the_lists_of_a_case_are_judged_by_the_verifier() {
        let ca = TestCa::new();
        let revoked = ca.issue(Recipe::for_host("a.test"));
        let case = |list: String| -> Case {
            serde_json::from_value(serde_json::json!({
                "id": "a", "validation_kind": "SERVER", "trusted_certs": [ca.pem()],
                "untrusted_intermediates": [], "peer_certificate": revoked.chain_pem(),
                "expected_result": "FAILURE", "crls": [list],
                "expected_peer_name": {"kind": "DNS", "value": "a.test"},
            }))
            .unwrap()
        };
        let clear = case(ca.crl_pem(CrlRecipe::new()));
        assert_eq!(judge(&clear, Profile::PathOnly), Verdict::Accepted);
        let listed = case(ca.crl_pem(CrlRecipe::new().revoke(&revoked)));
        let refused = judge(&listed, Profile::PathOnly);
        assert!(
            matches!(&refused, Verdict::Refused(why) if why.starts_with("BF-REVOKED")),
            "{refused:?}"
        );
        let list = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
        let unusable = judge(&case(list.to_owned()), Profile::PathOnly);
        assert!(matches!(unusable, Verdict::Refused(_)), "{unusable:?}");
    }
}
