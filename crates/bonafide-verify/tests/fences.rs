//! Fenced authorities: believed for the names that the program gives, and within their own name
//! constraints.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::IpAddr;
use std::sync::Arc;

use bonafide_testkit::{Recipe, TestCa, TestCaBuilder};
use bonafide_verify::anchors::Origin;
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::{Anchors, Code, ConfigError, CustomCa, Peer, Policy, Receipt, Refusal};
use proptest::prelude::*;

/// Judges a leaf of `issuer` that has these names, asked for by the first.
fn judge(anchors: Anchors, issuer: &TestCa, names: &[&str]) -> Result<Arc<Receipt>, Refusal> {
    let leaf = issuer.issue(Recipe::for_hosts(names.to_vec()));
    let asked = names[0].replace('*', "any");
    let name = ServerName::try_from(asked.as_str()).unwrap();
    let policy = Policy::builder().anchors(anchors).build().unwrap();
    policy.verify(&Peer::new(leaf.chain(), &name))
}

fn ca(root: &TestCa) -> CustomCa {
    CustomCa::pem("corp", root.pem())
}

/// Which of the names are believed below a root that is fenced in by `fence`.
fn believed<'n>(root: &TestCa, fence: &[&str], names: &[&'n str]) -> Vec<&'n str> {
    let anchors = Anchors::only(ca(root).only_for(fence.iter().copied()));
    let mut believed = Vec::new();
    for name in names {
        match judge(anchors.clone(), root, &[name]) {
            Ok(_) => believed.push(*name),
            Err(refusal) => assert_eq!(refusal.code(), Code::NameConstraint, "{name}: {refusal}"),
        }
    }
    believed
}

const NAMES: [&str; 9] = [
    "corp.example",
    "a.corp.example",
    "*.corp.example",
    "b.a.corp.example",
    "badcorp.example",
    "example",
    "10.1.2.3",
    "11.1.2.3",
    "fd00::1",
];

#[test]
fn a_name_covers_itself_and_everything_below_it_and_no_address() {
    let root = TestCa::new();
    assert_eq!(
        believed(&root, &["Corp.Example"], &NAMES),
        [
            "corp.example",
            "a.corp.example",
            "*.corp.example",
            "b.a.corp.example"
        ]
    );
    assert_eq!(
        believed(&root, &[".corp.example"], &NAMES),
        ["a.corp.example", "*.corp.example", "b.a.corp.example"]
    );
    assert_eq!(
        believed(&root, &["a.corp.example"], &NAMES),
        ["a.corp.example", "b.a.corp.example"]
    );
}

#[test]
fn a_network_covers_its_addresses_and_no_name() {
    let root = TestCa::new();
    assert_eq!(believed(&root, &["10.0.0.0/8"], &NAMES), ["10.1.2.3"]);
    assert_eq!(believed(&root, &["11.1.2.3"], &NAMES), ["11.1.2.3"]);
    assert_eq!(believed(&root, &["fd00::/8"], &NAMES), ["fd00::1"]);
    assert_eq!(believed(&root, &["[fd00::1]"], &NAMES), ["fd00::1"]);
    assert_eq!(
        believed(&root, &["0.0.0.0/0", "example"], &NAMES),
        [
            "corp.example",
            "a.corp.example",
            "*.corp.example",
            "b.a.corp.example",
            "badcorp.example",
            "example",
            "10.1.2.3",
            "11.1.2.3"
        ]
    );
}

#[test]
fn one_name_outside_is_enough_to_refuse_a_certificate() {
    let root = TestCa::new();
    let fenced = || Anchors::only(ca(&root).only_for(["corp.example", "10.0.0.0/8"]));
    let inside = ["a.corp.example", "10.1.2.3"];
    assert!(judge(fenced(), &root, &inside).unwrap().is_verified());
    for outside in ["b.example", "11.1.2.3", "::1"] {
        let refusal = judge(fenced(), &root, &["a.corp.example", outside]).unwrap_err();
        assert_eq!(refusal.code(), Code::NameConstraint, "{outside}");
    }
}

#[test]
fn the_fence_holds_for_what_an_intermediate_issues() {
    let root = TestCa::new();
    let issuing = root.intermediate("issuing");
    let fenced = || Anchors::only(ca(&root).only_for(["corp.example"]));
    let judged = judge(fenced(), &issuing, &["a.corp.example"]);
    assert!(judged.unwrap().is_verified());
    let refusal = judge(fenced(), &issuing, &["b.example"]).unwrap_err();
    assert_eq!(refusal.code(), Code::NameConstraint);
}

#[test]
fn receipts_and_refusals_show_the_fence() {
    let root = TestCa::new();
    let fence = ["corp.example", "10.0.0.0/8", "10.1.2.3/32", "FD00::/8"];
    let anchors = || Anchors::only(ca(&root).only_for(fence));
    let text = "memory (corp) only for corp.example, 10.0.0.0/8, 10.1.2.3 and fd00::/8".to_owned();
    let receipt = judge(anchors(), &root, &["corp.example"]).unwrap();
    let origin = receipt.path().unwrap().anchor_origin();
    assert_eq!(origin.to_string(), text);
    assert!(receipt.to_string().contains(&format!(", from {text}\n")));
    let refusal = judge(anchors(), &root, &["example"]).unwrap_err();
    assert_eq!(
        refusal.receipt().anchors().to_string(),
        format!("1 from {text}")
    );
    assert_eq!(
        origin,
        &Origin::Fenced {
            origin: Box::new(Origin::Memory("corp".to_owned())),
            only_for: ["corp.example", "10.0.0.0/8", "10.1.2.3", "fd00::/8"]
                .map(str::to_owned)
                .to_vec(),
        }
    );
}

#[test]
fn names_that_cannot_fence_are_refused_when_the_policy_is_built() {
    let root = TestCa::new();
    const NOT_A_NAME: &str = "not a host name, an IP address or a network such as 10.0.0.0/8";
    for (pattern, expected) in [
        ("", NOT_A_NAME),
        (".", NOT_A_NAME),
        ("..corp.example", NOT_A_NAME),
        ("corp..example", NOT_A_NAME),
        ("https://corp.example", "not a network such as 10.0.0.0/8"),
        ("10.0.0.0/33", "not a network such as 10.0.0.0/8"),
        ("10.0.0.1/8", "the address has bits set after the prefix"),
        ("10.0.0", NOT_A_NAME),
        (
            "*.corp.example",
            "wildcards are not allowed: a name covers all names below it",
        ),
    ] {
        // Even where the system's store is left for later.
        for anchors in [
            Anchors::only(ca(&root).only_for(["fine.example", pattern])),
            Anchors::system().plus(ca(&root).only_for(["fine.example", pattern])),
        ] {
            let Err(ConfigError::Fence {
                pattern: named,
                problem,
            }) = Policy::builder().anchors(anchors).build()
            else {
                panic!("{pattern} fences");
            };
            assert_eq!((named.as_str(), problem), (pattern, expected));
        }
    }
    let nothing: [&str; 0] = [];
    let error = Anchors::only(ca(&root).only_for(nothing))
        .load()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid name `` for `CustomCa::only_for`: the list of names is empty, so no certificate would be accepted"
    );
}

#[test]
fn internationalised_names_are_compared_as_certificates_write_them() {
    let root = TestCa::new();
    let names = ["xn--bcher-kva.example", "a.xn--bcher-kva.example"];
    assert_eq!(believed(&root, &["Bücher.example"], &names), names);
}

#[test]
fn a_copy_without_a_fence_is_left_out_wherever_it_stands() {
    let (root, stranger) = (TestCa::new(), TestCa::new());
    let fenced = || CustomCa::pem("fenced", root.pem()).only_for(["corp.example"]);
    let copy = || CustomCa::pem("copy", root.pem());
    // Another certificate of the same authority.
    let renewed = || CustomCa::certificates([root.cross_signed_by(&stranger)]);
    for anchors in [
        Anchors::only(fenced()).plus(copy()),
        Anchors::only(copy()).plus(fenced()),
        Anchors::only(renewed()).plus(fenced()),
    ] {
        let set = anchors.load().unwrap();
        assert_eq!(
            set.counts().to_string(),
            "1 from memory (fenced) only for corp.example"
        );
        // One entry a source, in the order of the recipe.
        let sources: Vec<_> = set
            .report()
            .sources
            .iter()
            .map(|source| (source.source.as_str(), source.loaded, source.duplicates))
            .collect();
        let unfenced = sources.iter().find(|source| source.1 == 0).unwrap();
        assert_eq!((sources.len(), unfenced.2), (2, 1));
        assert_eq!(sources[0].0 == "memory (fenced)", sources[0].1 == 1);
        let refusal = judge(anchors, &root, &["example"]).unwrap_err();
        assert_eq!(refusal.code(), Code::NameConstraint);
    }
    let other = Anchors::only(fenced()).plus(CustomCa::pem("other", stranger.pem()));
    assert!(judge(other, &stranger, &["example"]).unwrap().is_verified());
}

#[test]
fn two_fences_of_two_sources_add_up_and_two_of_one_both_hold() {
    let root = TestCa::new();
    let sum =
        Anchors::only(ca(&root).only_for(["a.example"])).plus(ca(&root).only_for(["b.example"]));
    for (name, expected) in [
        ("a.example", true),
        ("b.example", true),
        ("c.example", false),
    ] {
        let judged = judge(sum.clone(), &root, &[name]);
        assert_eq!(judged.is_ok(), expected, "{name}");
    }
    let both = ca(&root)
        .only_for(["example", "10.0.0.0/8"])
        .only_for(["a.example", "other"]);
    for (name, expected) in [
        ("a.example", true),
        ("b.example", false),
        ("other", false),
        ("10.0.0.1", false),
    ] {
        let judged = judge(Anchors::only(both.clone()), &root, &[name]);
        assert_eq!(judged.is_ok(), expected, "{name}");
    }
}

#[test]
fn an_authority_whose_own_constraints_cannot_be_read_is_not_loaded_into_a_fence() {
    let root = TestCa::builder().permitted_dns(["*.corp.example"]).build();
    let Err(ConfigError::NoAnchors { report }) =
        Anchors::only(ca(&root).only_for(["corp.example"])).load()
    else {
        panic!("it was loaded");
    };
    let problems: Vec<_> = report.failures().map(|failure| &failure.problem).collect();
    assert!(
        matches!(problems[..], [LoadProblem::CannotBeFenced { position: 1 }]),
        "{problems:?}"
    );
    assert_eq!(Anchors::only(ca(&root)).load().unwrap().len(), 1);
}

/// rustls-webpki does not look at constraints on addresses for a certificate that has none, and so
/// a copy without a fence would be believed for every host.
#[test]
fn a_copy_of_an_authority_that_cannot_be_fenced_is_left_out_too() {
    // Permits the addresses 10.*.0.*, by a mask that is none.
    const CONSTRAINTS: [u8; 16] = [
        0x30, 14, 0xa0, 12, 0x30, 10, 0x87, 8, 10, 0, 0, 0, 0xff, 0, 0xff, 0,
    ];
    let root = TestCa::builder()
        .critical_extension(&[2, 5, 29, 30], &CONSTRAINTS)
        .build();
    let copy = || Anchors::only(CustomCa::pem("copy", root.pem()));
    assert!(judge(copy(), &root, &["example"]).unwrap().is_verified());
    let other = CustomCa::pem("other", TestCa::new().pem());
    let anchors = copy()
        .plus(ca(&root).only_for(["corp.example"]))
        .plus(other);
    assert_eq!(anchors.load().unwrap().len(), 1);
    let refusal = judge(anchors, &root, &["example"]).unwrap_err();
    assert_eq!(refusal.code(), Code::UnknownIssuer);
}

/// What a constraint covers, by the letter of RFC 5280 and nothing else: names label by label from
/// the right, addresses bit by bit.
mod model {
    use super::IpAddr;

    fn bits(address: IpAddr) -> Vec<bool> {
        let bytes = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect()
    }

    fn labels(name: &str) -> Vec<&str> {
        name.rsplit('.').collect()
    }

    pub(crate) fn is_address(constraint: &str) -> bool {
        constraint.contains('/')
    }

    pub(crate) fn covers(constraint: &str, name: &str) -> bool {
        let address: Option<IpAddr> = name.parse().ok();
        if let Some((base, prefix)) = constraint.split_once('/') {
            let (base, prefix) = (base.parse().unwrap(), prefix.parse::<usize>().unwrap());
            return address.is_some_and(|address| {
                let (address, base) = (bits(address), bits(base));
                address.len() == base.len() && address[..prefix] == base[..prefix]
            });
        }
        let below_only = constraint.starts_with('.');
        let (base, name) = (labels(constraint.trim_start_matches('.')), labels(name));
        address.is_none()
            && name.len() >= base.len() + usize::from(below_only)
            && name[..base.len()] == base
    }

    /// Whether a list of permitted constraints lets a name in, where a kind that is not listed is
    /// not restricted.
    pub(crate) fn permits(permitted: &[&str], name: &str) -> bool {
        let is_address_name = name.parse::<IpAddr>().is_ok();
        let mut of_kind = permitted
            .iter()
            .filter(|constraint| is_address(constraint) == is_address_name)
            .peekable();
        of_kind.peek().is_none() || of_kind.any(|constraint| covers(constraint, name))
    }
}

const CONSTRAINTS: [&str; 13] = [
    "test",
    ".test",
    "a.test",
    ".a.test",
    "b.a.test",
    "ba.test",
    "b.test",
    "10.0.0.0/8",
    "10.128.0.0/9",
    "10.0.0.1/32",
    "0.0.0.0/0",
    "fd00::/8",
    "::/0",
];
const HOSTS: [&str; 13] = [
    "test",
    "a.test",
    "b.test",
    "ba.test",
    "a.a.test",
    "b.a.test",
    "c.b.a.test",
    "other",
    "10.0.0.1",
    "10.200.0.1",
    "192.0.2.1",
    "fd00::1",
    "2001:db8::1",
];

fn some(sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(&CONSTRAINTS[..]), sizes)
}

fn of_kind<'a>(constraints: &'a [&str], address: bool) -> impl Iterator<Item = &'a str> {
    constraints
        .iter()
        .copied()
        .filter(move |constraint| model::is_address(constraint) == address)
}

fn constrained(permitted: &[&'static str], excluded: &[&'static str]) -> TestCaBuilder {
    TestCa::builder()
        .permitted_dns(of_kind(permitted, false))
        .permitted_ip(of_kind(permitted, true))
        .excluded_dns(of_kind(excluded, false))
        .excluded_ip(of_kind(excluded, true))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn a_name_is_believed_iff_it_is_inside_the_fence_and_inside_the_authoritys_own_constraints(
        fence in some(1..4),
        permitted in some(0..4),
        excluded in some(0..2),
    ) {
        let root = constrained(&permitted, &excluded).build();
        let anchors = Anchors::only(ca(&root).only_for(fence.iter().copied()));
        for host in HOSTS {
            let expected = fence.iter().any(|name| model::covers(name, host))
                && model::permits(&permitted, host)
                && !excluded.iter().any(|name| model::covers(name, host));
            let judged = judge(anchors.clone(), &root, &[host]);
            prop_assert_eq!(judged.is_ok(), expected, "{}", host);
            if let Err(refusal) = judged {
                prop_assert_eq!(refusal.code(), Code::NameConstraint);
            }
        }
    }

    #[test]
    fn a_wildcard_is_believed_iff_all_that_it_stands_for_is_inside(
        fence in some(1..4),
        permitted in some(0..3),
        // rustls-webpki has no wildcards over a single label.
        below in prop::sample::select(&HOSTS[1..7]),
    ) {
        let root = constrained(&permitted, &[]).build();
        let anchors = Anchors::only(ca(&root).only_for(fence.iter().copied()));
        // A label that no constraint has stands for all others, which no constraint tells apart
        // from it.
        let any = format!("any.{below}");
        let expected = fence.iter().any(|name| model::covers(name, &any))
            && model::permits(&permitted, &any);
        let judged = judge(anchors, &root, &[&format!("*.{below}")]);
        prop_assert_eq!(judged.is_ok(), expected, "{}", below);
    }
}
