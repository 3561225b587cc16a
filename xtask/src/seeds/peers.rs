//! Chains before every profile, names of every form, and files of certificates and keys.

use bonafide_testkit::certificate::Catalogue;
use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};

use super::case::{Case, Part};
use super::{SeedError, Seeds, peer};

/// How many profiles there are.
const PROFILES: u8 = 5;
/// The bit of the profile's byte by which the target of names fences the authorities in.
const FENCED: u8 = 0x80;

fn ders(identity: &Identity) -> impl Iterator<Item = &[u8]> {
    identity
        .chain()
        .iter()
        .map(|certificate| certificate.as_ref())
}

/// Everything that the catalogue has, and paths of several shapes, before every profile in turn.
pub(super) fn chains(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let catalogue = Catalogue::new();
    let root = catalogue.ca().certificate();
    for (case, profile) in catalogue.cases().iter().zip((0..PROFILES).cycle()) {
        let peer = Case {
            profile,
            ..peer(case.host, [root.as_ref()], ders(&case.identity))
        };
        seeds.case(case.name, &peer)?;
    }
    for profile in 0..PROFILES {
        let (root, other) = (TestCa::new(), TestCa::new());
        let fenced = root
            .intermediate_builder()
            .permitted_dns(["test"])
            .permitted_ip(["10.0.0.0/8"])
            .excluded_dns(["bad.test"])
            .path_length(2)
            .build();
        let issuing = fenced.intermediate("issuing");
        let leaf = issuing.issue(Recipe::for_hosts(["api.test", "*.api.test", "10.0.0.1"]));
        let crossed = fenced.cross_signed_by(&other);
        let missing = fenced.pem();
        let anchors = [root.certificate().as_ref(), other.certificate().as_ref()];
        let whole = Case {
            profile,
            ..peer("api.test", anchors, ders(&leaf).chain([crossed.as_ref()]))
        };
        seeds.case(&format!("crossed-{profile}"), &whole)?;
        let mut incomplete = peer("api.test", anchors, ders(&leaf).take(2));
        incomplete.profile = profile;
        incomplete
            .parts
            .push((Part::Intermediate, missing.as_bytes()));
        seeds.case(&format!("incomplete-{profile}"), &incomplete)?;
    }
    Ok(())
}

/// Certificates with names of every form, asked for by names of every form, with and without a
/// fence.
pub(super) fn names(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    const NAMES: [&str; 8] = [
        "test",
        "api.test",
        "*.api.test",
        "xn--bcher-kva.test",
        "10.0.0.1",
        "fd00::1",
        "under_score.test",
        "a.b.c.d.e.f.g.h.test",
    ];
    const ASKED: [&str; 9] = [
        "api.test",
        "a.api.test",
        "API.test.",
        "bücher.test",
        "10.0.0.1",
        "[fd00::1]",
        "10.0.0.0/8",
        "**.test",
        "",
    ];
    let root = TestCa::builder().excluded_dns(["not.test"]).build();
    let leaf = root.issue(Recipe::for_hosts(NAMES));
    let nameless = root.issue(Recipe::for_host("api.test").without_san());
    for (number, host) in ASKED.iter().enumerate() {
        for profile in [0, FENCED] {
            let of = |leaf| Case {
                profile,
                ..peer(host, [root.certificate().as_ref()], ders(leaf))
            };
            seeds.case(&format!("names-{number}-{profile}"), &of(&leaf))?;
            seeds.case(&format!("nameless-{number}-{profile}"), &of(&nameless))?;
        }
    }
    Ok(())
}

/// Certificates in PEM and DER, keys of every kind and in every encoding, and what stands around
/// them.
pub(super) fn bundles(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let roots = [
        TestCa::new(),
        TestCa::builder()
            .permitted_dns(["test", ".corp"])
            .permitted_ip(["10.0.0.0/8", "fd00::/8"])
            .excluded_dns(["not.test"])
            .build(),
    ];
    let all: String = roots.iter().map(TestCa::pem).collect();
    seeds.raw("roots", all.as_bytes())?;
    seeds.raw(
        "preamble",
        format!("# a comment\n\n{all}\ntrailing").as_bytes(),
    )?;
    seeds.raw("crlf", all.replace('\n', "\r\n").as_bytes())?;
    seeds.raw("der", roots[1].certificate())?;
    seeds.raw("cut", &all.as_bytes()[..all.len() - 40])?;
    for kind in [
        KeyKind::EcdsaP256,
        KeyKind::EcdsaP384,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let client = roots[0].issue(Recipe::for_host("alice").client().key(kind));
        let both = client.chain_pem() + &client.key_pem();
        seeds.raw(&format!("client-{kind:?}"), both.as_bytes())?;
    }
    let client = roots[0].issue(Recipe::for_host("alice").client());
    let sec1 = client.chain_pem() + &client.key_pem_sec1();
    seeds.raw("sec1", sec1.as_bytes())
}
