//! Protocols, cipher suites and key exchanges, and whether the server holds its key.

use super::good;
use crate::certificate::{Identity, KeyKind, TestCa};
use crate::conformance::family::{Family, Needs, Verdict};
use crate::conformance::scene::{Scene, TlsScene};
use crate::conformance::site::Site;
use crate::weak::Weakness;

pub(super) fn sites(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    let rsa = issuing.issue(good().key(KeyKind::Rsa2048));
    let ecdsa = issuing.issue(good());
    let mut sites = safe(root, &rsa, &ecdsa);
    sites.extend(weak(root, &rsa, &ecdsa));
    sites.extend(stolen(root, &ecdsa));
    sites
}

fn in_version(identity: &Identity, version: &'static rustls::SupportedProtocolVersion) -> Scene {
    Scene::Tls(TlsScene {
        identity: identity.clone(),
        versions: vec![version],
        clients: None,
    })
}

fn safe(root: &TestCa, rsa: &Identity, ecdsa: &Identity) -> Vec<Site> {
    [
        (
            "tls-v1-2",
            in_version(rsa, &rustls::version::TLS12),
            "TLS 1.2 with AEAD suites and elliptic curves alone",
        ),
        (
            "tls-v1-3",
            in_version(ecdsa, &rustls::version::TLS13),
            "TLS 1.3 alone",
        ),
    ]
    .map(|(name, scene, why)| Site::new(name, Family::Protocol, Verdict::Accept, root, scene, why))
    .into()
}

fn weak(root: &TestCa, rsa: &Identity, ecdsa: &Identity) -> Vec<Site> {
    use Family::{CipherSuite, KeyExchange, Possession, Protocol};
    [
        ("ssl-v3", Protocol, Weakness::Ssl30),
        ("tls-v1-0", Protocol, Weakness::Tls10),
        ("tls-v1-1", Protocol, Weakness::Tls11),
        ("cbc", CipherSuite, Weakness::Cbc),
        ("rc4-md5", CipherSuite, Weakness::Rc4Md5),
        ("rc4", CipherSuite, Weakness::Rc4),
        ("3des", CipherSuite, Weakness::TripleDes),
        ("null", CipherSuite, Weakness::Null),
        ("export", CipherSuite, Weakness::Export),
        ("anonymous", CipherSuite, Weakness::Anonymous),
        ("unoffered-suite", CipherSuite, Weakness::UnofferedSuite),
        ("static-rsa", KeyExchange, Weakness::StaticRsa),
        ("dh480", KeyExchange, Weakness::Dh480),
        ("dh512", KeyExchange, Weakness::Dh512),
        ("dh1024", KeyExchange, Weakness::Dh1024),
        ("dh2048", KeyExchange, Weakness::Dh2048),
        ("dh-small-subgroup", KeyExchange, Weakness::DhSmallSubgroup),
        ("dh-composite", KeyExchange, Weakness::DhComposite),
        ("unsigned-exchange", Possession, Weakness::UnsignedExchange),
    ]
    .map(|(name, family, weakness)| {
        let identity = if weakness.wants_ecdsa() { ecdsa } else { rsa };
        let site = Site::weak(name, family, root, weakness, identity);
        match weakness {
            // Dubious rather than broken: a client that still offers them may take them.
            Weakness::Cbc
            | Weakness::StaticRsa
            | Weakness::Dh2048
            | Weakness::DhSmallSubgroup
            | Weakness::DhComposite => site.needing(Needs::ModernSuitesOnly),
            _ => site,
        }
    })
    .into()
}

fn stolen(root: &TestCa, seen: &Identity) -> Vec<Site> {
    const WHY: &str = "anyone who has seen the certificate could present it";
    let thief = seen.with_key_of(&root.issue(good()));
    [
        ("stolen-certificate-tls12", &rustls::version::TLS12),
        ("stolen-certificate-tls13", &rustls::version::TLS13),
    ]
    .map(|(name, version)| {
        let scene = in_version(&thief, version);
        Site::new(name, Family::Possession, Verdict::Reject, root, scene, WHY)
    })
    .into()
}
