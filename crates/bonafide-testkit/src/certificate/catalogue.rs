//! One identity for every way in which a server's certificate is right or wrong.

use super::authority::TestCa;
use super::identity::Identity;
use super::key::KeyKind;
use super::recipe::{ExtendedKeyUsage, Recipe};

/// One entry of the [`Catalogue`].
///
/// ```
/// use bonafide_testkit::certificate::Catalogue;
///
/// let catalogue = Catalogue::new();
/// let case = catalogue.case("missing-intermediate");
/// assert_eq!(case.identity.chain().len(), 1);
/// assert_eq!((case.host, case.accepted), ("localhost", false));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Case {
    /// A name to select and to print it by, such as `expired`.
    pub name: &'static str,
    /// What the server presents.
    pub identity: Identity,
    /// The host that a client has to ask for. It is `localhost` in every case: where
    /// the name is what is wrong, it is the certificate that has another.
    pub host: &'static str,
    /// Whether a client that verifies, and trusts [`Catalogue::ca`] alone, completes
    /// the handshake.
    pub accepted: bool,
    /// What is special about it, for a person.
    pub why: &'static str,
}

/// Every certificate that a TLS client has to accept or to refuse, issued under one
/// root, so that a table test can go through them all.
///
/// | name | accepted |
/// |---|---|
/// | `valid-ecdsa`, `valid-rsa`, `valid-ed25519`, `valid-intermediate` | yes |
/// | `expired`, `not-yet-valid` | no |
/// | `wrong-name`, `no-san` | no |
/// | `self-signed`, `unknown-root`, `missing-intermediate` | no |
/// | `weak-rsa`, `sha1` | no |
/// | `wrong-eku`, `name-constrained` | no |
/// | `revoked` | yes: its serial number is on record, nothing publishes it |
///
/// ```
/// use bonafide_testkit::certificate::Catalogue;
///
/// let catalogue = Catalogue::new();
/// for case in catalogue.cases() {
///     println!("{:22} {:5} {}", case.name, case.accepted, case.why);
/// }
/// assert!(!catalogue.case("expired").accepted);
/// ```
#[derive(Clone, Debug)]
pub struct Catalogue {
    ca: TestCa,
    cases: Vec<Case>,
}

impl Catalogue {
    /// Issues the whole catalogue under a new root.
    #[expect(
        clippy::new_without_default,
        reason = "every catalogue is another one, which a default value does not suggest"
    )]
    pub fn new() -> Self {
        let ca = TestCa::new();
        let mut cases = accepted(&ca);
        cases.extend(refused(&ca));
        Self { ca, cases }
    }

    /// The root that a client has to trust.
    pub fn ca(&self) -> &TestCa {
        &self.ca
    }

    /// All cases, the accepted ones first.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The case of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn case(&self, name: &str) -> &Case {
        self.cases
            .iter()
            .find(|case| case.name == name)
            .unwrap_or_else(|| panic!("the catalogue has no case {name:?}"))
    }
}

const HOST: &str = "localhost";

fn good() -> Recipe {
    Recipe::for_hosts([HOST, "127.0.0.1", "::1"])
}

fn accepted(ca: &TestCa) -> Vec<Case> {
    let case = |name, identity, why| Case {
        name,
        identity,
        host: HOST,
        accepted: true,
        why,
    };
    vec![
        case("valid-ecdsa", ca.issue(good()), "a P-256 key"),
        case(
            "valid-rsa",
            ca.issue(good().key(KeyKind::Rsa2048)),
            "an RSA key of 2048 bits",
        ),
        case(
            "valid-ed25519",
            ca.issue(good().key(KeyKind::Ed25519)),
            "an Ed25519 key",
        ),
        case(
            "valid-intermediate",
            ca.intermediate("bonafide test issuing CA").issue(good()),
            "an intermediate between leaf and root",
        ),
        case(
            "revoked",
            ca.issue(good().revoked()),
            "its issuer has revoked it and publishes neither a CRL nor OCSP",
        ),
    ]
}

fn refused(ca: &TestCa) -> Vec<Case> {
    let case = |name, identity, why| Case {
        name,
        identity,
        host: HOST,
        accepted: false,
        why,
    };
    let issuing = ca.intermediate("bonafide test unsent CA");
    let fenced = ca
        .intermediate_builder()
        .permitted_dns(["allowed.test"])
        .build();
    vec![
        case(
            "expired",
            ca.issue(good().expired()),
            "it ended an hour ago",
        ),
        case(
            "not-yet-valid",
            ca.issue(good().not_yet_valid()),
            "it begins tomorrow",
        ),
        case(
            "wrong-name",
            ca.issue(Recipe::for_host("wrong.test")),
            "it is for wrong.test",
        ),
        case(
            "no-san",
            ca.issue(good().without_san()),
            "its common name says localhost, no SAN does",
        ),
        case(
            "self-signed",
            Identity::self_signed(good()),
            "it is its own issuer",
        ),
        case(
            "unknown-root",
            TestCa::new().issue(good()),
            "its root is another one",
        ),
        case(
            "missing-intermediate",
            issuing.issue(good()).without_intermediates(),
            "the server does not send the intermediate",
        ),
        case(
            "weak-rsa",
            ca.issue(good().key(KeyKind::Rsa1024)),
            "an RSA key of 1024 bits",
        ),
        case(
            "sha1",
            ca.issue(good().sha1_signature()),
            "the signature is over SHA-1",
        ),
        case(
            "wrong-eku",
            ca.issue(good().extended_key_usage([ExtendedKeyUsage::ClientAuth])),
            "it is for TLS clients only",
        ),
        case(
            "name-constrained",
            fenced.issue(good()),
            "its issuer may issue below allowed.test only",
        ),
    ]
}
