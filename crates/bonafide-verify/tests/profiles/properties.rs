//! The rules on values that nobody has written down: each expectation is worked out from the
//! clause, beside the rule.

use bonafide_testkit::certificate::Draft;
use bonafide_verify::{Code, Profile};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::chain::{Chain, HOST, PathRole};
use super::der::*;
use PathRole::{Anchor, Intermediate, Leaf};
use Profile::{PathOnly, Rfc5280, WebPki};

thread_local! {
    static CHAIN: Chain = Chain::new();
}

/// The code with which `profile` refuses the chain with one changed certificate.
fn code(role: PathRole, profile: Profile, change: impl FnOnce(&mut Draft)) -> Option<Code> {
    CHAIN.with(|chain| chain.with(role, change).code(profile))
}

fn label() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
}

/// Every identifier of an extension that the profiles know.
const KNOWN: [&str; 16] = [
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    PURPOSES,
    SAN,
    SUBJECT_KEY_ID,
    AUTHORITY_KEY_ID,
    NAME_CONSTRAINTS,
    POLICIES,
    POLICY_MAPPINGS,
    POLICY_CONSTRAINTS,
    INHIBIT_ANY_POLICY,
    CRL_POINTS,
    AUTHORITY_INFO,
    "2.5.29.46",
    "2.5.29.18",
    "1.3.6.1.5.5.7.1.11",
];

/// RFC 5280 gives each of these extensions a type that is not a boolean.
fn other_than_its_type() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![]),
        Just(tlv(0x01, &[0xff])),
        vec(any::<u8>(), 1..40).prop_map(|content| tlv(0x0c, &content)),
        vec(any::<u8>(), 1..40).prop_map(|content| [&[0x30, 0x7f][..], &content].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_serial_number_is_positive_and_has_at_most_20_octets(
        octets in vec(any::<u8>(), 1..30),
    ) {
        // DER: no octet is there that the sign does not need.
        let redundant =
            octets.len() > 1 && matches!((octets[0], octets[1] & 0x80), (0, 0) | (0xff, 0x80));
        prop_assume!(!redundant && octets != [0x11] && octets != [0x22]);
        let negative = octets[0] & 0x80 != 0;
        let zero = octets.iter().all(|octet| *octet == 0);
        let expected = (negative || zero || octets.len() > 20).then_some(Code::SerialNumber);
        for profile in [WebPki, Rfc5280] {
            prop_assert_eq!(code(Leaf, profile, |d| { d.serial_number(&octets); }), expected);
        }
    }

    #[test]
    fn the_key_usage_of_a_leaf_has_the_bits_of_its_clause(
        bits in subsequence((0..9_u8).collect::<Vec<_>>(), 0..9),
    ) {
        let has = |bit| bits.contains(&bit);
        let both = if bits.is_empty() {
            Some(Code::EmptyKeyUsage)
        } else if has(KEY_CERT_SIGN) {
            Some(Code::CertSignWithoutCa)
        } else if !has(DIGITAL_SIGNATURE) {
            Some(Code::NoDigitalSignature)
        } else {
            None
        };
        let excess = bits.iter().any(|bit| ![DIGITAL_SIGNATURE, KEY_AGREEMENT].contains(bit));
        let web = both.or(excess.then_some(Code::LeafKeyUsage));
        let change = |d: &mut Draft| { d.extension(KEY_USAGE, true, &key_usage(&bits)); };
        prop_assert_eq!(code(Leaf, Rfc5280, change), both);
        prop_assert_eq!(code(Leaf, WebPki, change), web);
    }

    #[test]
    fn the_key_usage_of_an_anchor_has_the_bits_of_its_clause(
        bits in subsequence((0..9_u8).collect::<Vec<_>>(), 0..9),
    ) {
        let both = if bits.is_empty() {
            Some(Code::EmptyKeyUsage)
        } else if !bits.contains(&KEY_CERT_SIGN) {
            Some(Code::NoCertSign)
        } else {
            None
        };
        let allowed = [DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN];
        let excess = bits.iter().any(|bit| !allowed.contains(bit));
        let web = both.or(excess.then_some(Code::CaKeyUsage));
        let change = |d: &mut Draft| { d.extension(KEY_USAGE, true, &key_usage(&bits)); };
        prop_assert_eq!(code(Anchor, Rfc5280, change), both);
        prop_assert_eq!(code(Anchor, WebPki, change), web);
    }

    #[test]
    fn a_leaf_is_for_servers_and_for_nothing_that_its_clause_forbids(
        others in subsequence(
            vec![CLIENT_AUTH, "1.2.3.4", CODE_SIGNING, "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9", ANY_PURPOSE],
            0..7,
        ),
    ) {
        let purposes = [&[SERVER_AUTH], others.as_slice()].concat();
        let forbidden = others.iter().any(|other| ![CLIENT_AUTH, "1.2.3.4"].contains(other));
        let change = |d: &mut Draft| { d.extension(PURPOSES, false, &oids(&purposes)); };
        prop_assert_eq!(code(Leaf, WebPki, change), forbidden.then_some(Code::ForbiddenPurpose));
        prop_assert_eq!(code(Leaf, Rfc5280, change), None);
    }

    #[test]
    fn host_names_are_accepted_until_one_character_is_none_of_theirs(
        labels in vec(label(), 1..5),
        wildcard in any::<bool>(),
        foreign in select(vec!['_', ' ', '/', '@', ':', '*', '\0', '~', '!']),
        at in any::<prop::sample::Index>(),
    ) {
        let name = format!("{}{}.example", if wildcard { "*." } else { "" }, labels.join("."));
        let start = if wildcard { 2 } else { 0 };
        let mut broken = name.clone();
        broken.insert(start + at.index(name.len() - start), foreign);
        for profile in [WebPki, Rfc5280] {
            let with = |name: &str| code(Leaf, profile, |d| {
                d.extension(SAN, false, &sequence(&[dns(HOST), dns(name)]));
            });
            prop_assert_eq!(with(&name), None);
            prop_assert_eq!(with(&broken), Some(Code::MalformedName));
        }
    }

    #[test]
    fn a_common_name_is_an_alternative_name_letter_by_letter(
        name in vec(label(), 1..4),
        other in vec(label(), 1..4),
        address in any::<[u8; 4]>(),
    ) {
        let [name, other] = [name, other].map(|labels| format!("{}.example", labels.join(".")));
        prop_assume!(name != other);
        let with = |common: &str| code(Leaf, WebPki, |d| {
            d.subject(&common_name(common))
                .extension(SAN, false, &sequence(&[dns(HOST), dns(&name), ip(&address)]));
        });
        let text = std::net::Ipv4Addr::from(address).to_string();
        prop_assert_eq!(with(&name), None);
        prop_assert_eq!(with(&text), None);
        prop_assert_eq!(with(&other), Some(Code::CommonName));
        prop_assert_eq!(with(&name.to_ascii_uppercase()), Some(Code::CommonName));
        prop_assert_eq!(with(&format!("0{text}")), Some(Code::CommonName));
    }

    #[test]
    fn an_extension_that_is_not_of_its_type_is_refused_wherever_it_stands(
        extension in select(KNOWN.to_vec()),
        role in select(vec![Leaf, Intermediate, Anchor]),
        content in other_than_its_type(),
    ) {
        // What the path builder reads, it refuses itself; the profiles refuse all of it.
        let change = |d: &mut Draft| { d.extension(extension, false, &content); };
        for profile in [WebPki, Rfc5280] {
            let refused = CHAIN.with(|chain| {
                let changed = chain.with(role, change);
                changed.is_usable().then(|| changed.code(profile))
            });
            prop_assert_ne!(refused, Some(None));
            if let (Some(refused), Some(None)) = (refused, CHAIN.with(|chain| {
                let changed = chain.with(role, change);
                changed.is_usable().then(|| changed.code(PathOnly))
            })) {
                prop_assert_eq!(refused, Some(Code::MalformedExtension));
            }
        }
    }

    #[test]
    fn any_content_of_any_extension_is_judged_without_a_panic(
        extension in select(KNOWN.to_vec()),
        role in select(vec![Leaf, Intermediate, Anchor]),
        critical in any::<bool>(),
        content in vec(any::<u8>(), 0..60),
    ) {
        let changed = CHAIN.with(|chain| chain.with(role, |d| {
            d.extension(extension, critical, &content);
        }));
        if changed.is_usable() {
            let accepted_without = changed.code(PathOnly).is_none();
            // A profile never accepts what the path builder refuses.
            for profile in Profile::ALL {
                prop_assert!(accepted_without || changed.code(profile).is_some());
            }
        }
    }
}
