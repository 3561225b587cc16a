//! One changed field is refused with one code by the profiles that have the rule, and by no other.

use std::collections::BTreeSet;

use bonafide_testkit::{KeyKind, Recipe, TestCa};
use bonafide_verify::x509::Certificate;
use bonafide_verify::{Anchors, Code, Peer, Policy, Profile};

use super::chain::{Chain, Changed, HOST, PathRole};
use super::der::*;
use super::table::{ALL, HARMLESS, ISSUANCE, STRICT, TABLES, UNREADABLE, WEB};
use PathRole::{Anchor, Leaf};
use Profile::{Browser, PathOnly, Rfc5280, WebPki, WebPkiIssuance};

#[test]
fn a_chain_that_keeps_to_the_rules_is_accepted_under_every_profile() {
    let chain = Chain::new();
    let unchanged = chain.with(Leaf, |_| {});
    assert_eq!(unchanged.codes(), []);
}

#[test]
fn one_changed_field_is_refused_with_one_code_by_the_profiles_that_have_the_rule() {
    let chain = Chain::new();
    let mut wrong = Vec::new();
    for (what, role, change, code, profiles) in TABLES.into_iter().flatten() {
        let expected: Vec<_> = profiles.iter().map(|profile| (*profile, *code)).collect();
        let actual = chain.with(*role, change).codes();
        if actual != expected {
            wrong.push((what, expected, actual));
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn harmless_changes_are_accepted_under_every_profile() {
    let chain = Chain::new();
    for (what, role, change) in HARMLESS {
        assert_eq!(chain.with(*role, change).codes(), [], "{what}");
    }
}

#[test]
fn names_of_cas_are_not_empty_and_say_who_they_are() {
    let chain = Chain::new();
    let nameless = chain.issued_by(&sequence(&[]));
    let refused = |code| move |profile: &Profile| (*profile, code);
    let strictly: Vec<_> = STRICT.iter().map(refused(Code::EmptyName)).collect();
    assert_eq!(nameless.codes(), strictly);

    for lacking in 0..3 {
        let mut attributes = vec![
            ("2.5.4.6", "US"),
            ("2.5.4.10", "Example"),
            ("2.5.4.3", "Issuing"),
        ];
        attributes.remove(lacking);
        let short = chain.issued_by(&name(&attributes));
        assert_eq!(short.codes(), [(WebPkiIssuance, Code::CaSubject)]);
    }
}

#[test]
fn an_anchor_of_version_1_is_for_those_who_ask_no_more_than_a_path() {
    let chain = Chain::new();
    let old = chain.with(Anchor, |anchor| {
        anchor.version(None);
        for extension in [
            BASIC_CONSTRAINTS,
            KEY_USAGE,
            SUBJECT_KEY_ID,
            AUTHORITY_KEY_ID,
        ] {
            anchor.without_extension(extension);
        }
    });
    let refused = |profile: &Profile| (*profile, Code::UnsupportedVersion);
    assert_eq!(old.codes(), STRICT.iter().map(refused).collect::<Vec<_>>());
}

#[test]
fn an_authority_key_identifier_has_a_key_and_nothing_else_on_the_public_web() {
    let chain = Chain::new();
    let key_id = Certificate::from_der(&chain.anchor)
        .unwrap()
        .extensions()
        .filter_map(Result::ok)
        .find(|extension| extension.id.to_string() == SUBJECT_KEY_ID)
        .map(|extension| extension.value[2..].to_vec())
        .unwrap();
    let naming = |fields: &[Vec<u8>]| {
        let content = sequence(&[&[tlv(0x80, &key_id)], fields].concat());
        chain.with(Anchor, |anchor| {
            anchor.extension(AUTHORITY_KEY_ID, false, &content);
        })
    };
    let (issuer, serial) = (tlv(0xa1, &dns("a")), tlv(0x82, &[1]));
    let web = WEB
        .iter()
        .map(|profile| (*profile, Code::AuthorityCertIssuer));
    assert_eq!(naming(&[]).codes(), []);
    let both = naming(&[issuer.clone(), serial.clone()]);
    assert_eq!(both.codes(), web.clone().collect::<Vec<_>>());
    // One without the other is malformed in any case.
    for one in [issuer, serial] {
        let expected = web.clone().chain([(Rfc5280, Code::MalformedExtension)]);
        assert_eq!(naming(&[one]).codes(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_wildcard_over_a_public_suffix_speaks_for_no_host_of_the_public_web() {
    let chain = Chain::new();
    let names = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| dns(name)).collect();
        chain.with(Leaf, |leaf| {
            leaf.subject(&sequence(&[]))
                .extension(SAN, true, &sequence(&names));
        })
    };
    let wide = names(&["*.co.uk"]);
    for (profile, code) in [
        (WebPki, Some(Code::PublicSuffixWildcard)),
        (WebPkiIssuance, Some(Code::PublicSuffixWildcard)),
        (Browser, None),
        (Rfc5280, None),
        (PathOnly, None),
    ] {
        let refusal = wide.refusal_for(profile, "example.co.uk");
        assert_eq!(refusal.map(|refusal| refusal.code()), code, "{profile:?}");
    }
    // Who names the host beside the wildcard does not need it, and an ordinary domain is no public
    // suffix.
    for (presented, host) in [
        (&["*.github.io", "a.github.io"][..], "a.github.io"),
        (&["github.io", "*.github.io"][..], "github.io"),
        (&["*.a.github.io"][..], "b.a.github.io"),
    ] {
        let refusal = names(presented).refusal_for(WebPki, host);
        assert_eq!(refusal.map(|refusal| refusal.code()), None, "{presented:?}");
    }
    let private = names(&["*.github.io"]).refusal_for(WebPki, "a.github.io");
    assert_eq!(
        private.map(|refusal| refusal.code()),
        Some(Code::PublicSuffixWildcard)
    );
}

#[test]
fn signatures_by_ed25519_are_not_for_the_public_web() {
    let root = TestCa::builder().key(KeyKind::Ed25519).build();
    let served = root.issue(Recipe::for_host(HOST));
    for (profile, code) in [
        (WebPki, Some(Code::SignatureAlgorithm)),
        (WebPkiIssuance, Some(Code::SignatureAlgorithm)),
        (Browser, None),
        (Rfc5280, None),
    ] {
        assert_eq!(
            judged(&root, served.chain(), profile, true),
            code,
            "{profile:?}"
        );
    }
}

#[test]
fn signatures_by_sha_1_are_refused_by_every_profile() {
    let root = TestCa::new();
    let served = root.issue(Recipe::for_host(HOST).sha1_signature());
    for profile in Profile::ALL {
        let code = judged(&root, served.chain(), profile, true);
        assert_eq!(code, Some(Code::WeakSignature), "{profile:?}");
    }
}

#[test]
fn a_leaf_without_alternative_names_is_refused_even_where_no_name_is_asked_for() {
    let root = TestCa::new();
    let served = root.issue(Recipe::for_host(HOST).without_san());
    for profile in ALL {
        let code = judged(&root, served.chain(), *profile, false);
        // The common name, which comes later, is not an alternative name either.
        assert_eq!(code, Some(Code::NoSubjectAltName), "{profile:?}");
    }
    assert_eq!(judged(&root, served.chain(), PathOnly, false), None);
}

fn judged(
    root: &TestCa,
    chain: &[bonafide_verify::pki_types::CertificateDer<'static>],
    profile: Profile,
    named: bool,
) -> Option<Code> {
    let policy = Policy::builder()
        .anchors(Anchors::only(root.certificate().clone()))
        .profile(profile)
        .build()
        .unwrap();
    let name = HOST.try_into().unwrap();
    let peer = if named {
        Peer::new(chain, &name)
    } else {
        Peer::without_name(chain)
    };
    policy.verify(&peer).err().map(|refusal| refusal.code())
}

#[test]
fn an_anchor_that_is_not_a_ca_issues_nothing_under_any_profile() {
    let chain = Chain::new();
    let refused = Profile::ALL.map(|profile| (profile, Code::LeafAsCa));
    let unmarked = chain.with(Anchor, |anchor| {
        anchor.without_extension(BASIC_CONSTRAINTS);
    });
    assert_eq!(unmarked.codes(), refused);
    let denied = chain.with(Anchor, |anchor| {
        anchor.extension(BASIC_CONSTRAINTS, true, &sequence(&[]));
    });
    assert_eq!(denied.codes(), refused);
}

#[test]
fn a_self_signed_anchor_that_is_not_a_ca_proves_itself_to_those_who_ask_no_more_than_a_path() {
    let chain = Chain::new();
    let own = chain.with(Anchor, |anchor| {
        anchor
            .extension(SAN, false, &sequence(&[dns(HOST)]))
            .without_extension(BASIC_CONSTRAINTS)
            .extension(KEY_USAGE, true, &key_usage(&[DIGITAL_SIGNATURE]));
    });
    let own = Changed {
        presented: vec![own.anchor.clone()],
        anchor: own.anchor,
    };
    let code = |profile| own.code(profile);
    assert_eq!([code(Browser), code(PathOnly)], [None, None]);
    assert_eq!(code(Rfc5280), Some(Code::LeafAsCa));
}

#[test]
fn padding_bits_of_a_key_usage_allow_nothing() {
    let chain = Chain::new();
    // digitalSignature, and keyCertSign among the bits that pad the octet.
    let padded = chain.with(PathRole::Intermediate, |draft| {
        draft.extension(KEY_USAGE, true, &[0x03, 0x02, 0x04, 0x84]);
    });
    let refused = ALL
        .iter()
        .map(|profile| (*profile, Code::MalformedExtension));
    assert_eq!(padded.codes(), refused.collect::<Vec<_>>());
}

#[test]
fn keys_and_serial_numbers_are_read_whole() {
    let chain = Chain::new();
    for (what, change) in UNREADABLE {
        let refused = ALL.iter().map(|profile| (*profile, Code::Malformed));
        let codes = chain.with(Leaf, change).codes();
        assert_eq!(codes, refused.collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn a_name_whose_attributes_are_empty_is_an_empty_name() {
    let changed = Chain::new().issued_by(&name(&[("2.5.4.3", ""), ("2.5.4.10", "")]));
    let refused = STRICT.iter().map(|profile| (*profile, Code::EmptyName));
    assert_eq!(changed.codes(), refused.collect::<Vec<_>>());
}

#[test]
fn any_purpose_stands_for_servers_on_an_intermediate_and_not_on_a_leaf() {
    let chain = Chain::new();
    let any = |role| {
        chain.with(role, |draft| {
            draft.extension(PURPOSES, false, &oids(&[ANY_PURPOSE]));
        })
    };
    assert_eq!(any(PathRole::Intermediate).codes(), []);
    let refused = Profile::ALL.map(|profile| (profile, Code::WrongPurpose));
    assert_eq!(any(Leaf).codes(), refused);
    // It does not help the leaf that its issuer is for servers, nor the other way round.
    let beside_clients = chain.with(PathRole::Intermediate, |draft| {
        draft.extension(PURPOSES, false, &oids(&[CLIENT_AUTH]));
    });
    assert_eq!(beside_clients.codes(), refused);
    let refusal = beside_clients.refusal_for(Browser, HOST).unwrap();
    assert_eq!(refusal.subject().unwrap().position, 1);
    assert_eq!(
        refusal.reason().to_string(),
        "not for server authentication but for clientAuth"
    );
}

#[test]
fn a_critical_extension_that_is_not_understood_is_named() {
    let id = tlv(0x06, &[0x88, 0x37, 0x01]);
    let unknown = sequence(&[id, tlv(0x01, &[0xff]), tlv(0x04, &[5, 0])]);
    for (role, profile) in [(Leaf, Browser), (Anchor, Rfc5280)] {
        let refused = Chain::new().with(role, |draft| {
            draft.encoded_extension(&unknown);
        });
        let refusal = refused.refusal_for(profile, HOST).unwrap();
        assert_eq!(refusal.code(), Code::UnknownCriticalExtension);
        assert_eq!(
            refusal.reason().to_string(),
            "the critical extension 2.999.1, which is not understood"
        );
    }
}

#[test]
fn a_path_length_of_what_may_not_sign_is_misplaced_for_those_who_look_at_it() {
    let refused = Chain::new().with(Anchor, |anchor| {
        let length = sequence(&[tlv(0x01, &[0xff]), tlv(0x02, &[3])]);
        anchor
            .extension(BASIC_CONSTRAINTS, true, &length)
            .extension(KEY_USAGE, true, &key_usage(&[CRL_SIGN]));
    });
    assert_eq!(
        refused.codes(),
        [
            (Browser, Code::NoCertSign),
            (WebPki, Code::MisplacedPathLength),
            (WebPkiIssuance, Code::MisplacedPathLength),
            (Rfc5280, Code::MisplacedPathLength),
        ]
    );
}

/// Codes whose tests are functions of their own above.
const ELSEWHERE: &[(Code, &[Profile])] = &[
    (Code::MisplacedPathLength, STRICT),
    (Code::EmptyName, STRICT),
    (Code::LeafAsCa, STRICT),
    (Code::CaSubject, ISSUANCE),
    (Code::UnsupportedVersion, STRICT),
    (Code::AuthorityCertIssuer, WEB),
    (Code::PublicSuffixWildcard, WEB),
    (Code::SignatureAlgorithm, WEB),
    (Code::WeakSignature, ALL),
    (Code::NoSubjectAltName, ALL),
];

#[test]
fn every_rule_of_every_profile_has_a_chain_that_only_it_refuses() {
    for profile in Profile::ALL {
        let rules: BTreeSet<Code> = profile.rules().map(|rule| rule.code()).collect();
        let rows = TABLES.into_iter().flatten();
        let tested: BTreeSet<Code> = rows
            .map(|(.., code, profiles)| (*code, *profiles))
            .chain(ELSEWHERE.iter().copied())
            .filter(|(_, profiles)| profiles.contains(&profile))
            .map(|(code, _)| code)
            .collect();
        assert_eq!(rules, tested, "{profile:?}");
    }
}

/// The rows of docs/conformance.md under "Limits of the path builder".
#[test]
fn the_limits_of_the_path_builder_are_those_that_the_page_lists() {
    let chain = Chain::new();
    let under_browser = |role, change: fn(&mut bonafide_testkit::certificate::Draft)| {
        chain.with(role, change).code(Browser)
    };
    let intermediate = PathRole::Intermediate;
    let constraint = sequence(&[tlv(0x80, &[0])]);
    for (critical, code) in [(false, None), (true, Some(Code::UnknownCriticalExtension))] {
        let changed = chain.with(intermediate, |draft| {
            draft.extension(POLICY_CONSTRAINTS, critical, &constraint);
        });
        assert_eq!(changed.code(Browser), code);
    }
    let other_encoding = under_browser(intermediate, |draft| {
        let set = tlv(
            0x31,
            &sequence(&[oid("2.5.4.3"), tlv(0x13, b"Example Issuing")]),
        );
        draft.subject(&sequence(&[set]));
    });
    assert_eq!(other_encoding, Some(Code::UnknownIssuer));
    let before_1970 = under_browser(intermediate, |draft| {
        draft.validity(&utc("500101000000Z", "300101000000Z"));
    });
    assert_eq!(before_1970, Some(Code::Malformed));
    let mail = chain.with(intermediate, |draft| {
        draft.extension(
            NAME_CONSTRAINTS,
            true,
            &permitted(&[tlv(0x81, b"example.com")]),
        );
    });
    assert_eq!(mail.code(Browser), None);
    let leading_period = chain.with(intermediate, |draft| {
        draft.extension(NAME_CONSTRAINTS, true, &permitted(&[dns(".example.com")]));
    });
    assert_eq!(leading_period.code(Browser), None);
    assert_eq!(
        leading_period.code(Rfc5280),
        Some(Code::MalformedConstraint)
    );
    let version_1 = under_browser(intermediate, |draft| {
        draft.version(None);
    });
    assert_eq!(version_1, Some(Code::UnsupportedVersion));
}
