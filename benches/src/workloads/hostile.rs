//! Refusing a chain that was made to be slow.

use bonafide_testkit::{KeyKind, Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Peer, Policy};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;

use super::compete;
use super::verification::Judging;
use crate::Failure;
use crate::measure::{Contender, Quantity};
use crate::options::Options;
use crate::report::Table;
use crate::servers::HOST;

/// Chains that each judge refuses in a round.
const OPERATIONS: usize = 3;

/// The names on the command line.
pub(super) const NAMES: [&str; 3] = ["hostile-one-name", "hostile-many", "hostile-signatures"];

/// Measures what is asked for.
pub(super) fn table(options: &Options) -> Result<Table, Failure> {
    let mut table = Table::new(vec!["bonafide", "rustls"]);
    let root = TestCa::named("bench root");
    let chains: [(&str, Make); 3] = [
        ("refusing 10 intermediates of one name", |_| one_name(10)),
        ("refusing 64 intermediates of one name", |_| one_name(63)),
        (
            "refusing what is let through: 16 paths of five P-384 signatures, the last one bad",
            lattice,
        ),
    ];
    for (name, (title, make)) in NAMES.into_iter().zip(chains) {
        if !options.wants(name) {
            continue;
        }
        let chain = make(&root);
        let operations = options.operations(OPERATIONS);
        let mut contenders = contenders(&root, &chain, operations)?;
        let samples = compete(name, &mut contenders, options.rounds())?;
        table.add(title, "chain", &[Quantity::Micros], &samples);
    }
    Ok(table)
}

type Chain = Vec<CertificateDer<'static>>;

/// Makes a chain for a root.
type Make = fn(&TestCa) -> Chain;

fn leaf(issuer: &TestCa) -> CertificateDer<'static> {
    issuer.issue(Recipe::for_host(HOST)).chain()[0].clone()
}

/// Self-signed certificates that could each have issued every other, by name.
fn one_name(count: usize) -> Chain {
    let twins: Vec<TestCa> = (0..count).map(|_| TestCa::named("twin")).collect();
    std::iter::once(leaf(&twins[0]))
        .chain(twins.iter().map(|twin| twin.certificate().clone()))
        .collect()
}

/// Two certificates a level, each issued by the level above: every path leads to the root, and a
/// stranger with the lowest one's name has issued the leaf.
fn lattice(root: &TestCa) -> Chain {
    let mut above = root.clone();
    let mut sent = Vec::new();
    for level in 0..4 {
        let here = TestCa::builder()
            .common_name(format!("level {level}"))
            .key(KeyKind::EcdsaP384)
            .build();
        sent.extend([here.cross_signed_by(&above), here.cross_signed_by(&above)]);
        above = here;
    }
    let stranger = TestCa::builder()
        .common_name("level 3")
        .key(KeyKind::EcdsaP384)
        .build();
    let mut chain = vec![leaf(&stranger)];
    chain.extend(sent);
    chain
}

fn contenders<'a>(
    root: &TestCa,
    chain: &'a [CertificateDer<'static>],
    operations: usize,
) -> Result<Vec<Box<dyn Contender + 'a>>, Failure> {
    let policy = Policy::builder()
        .anchors(Anchors::only(root.certificate().clone()))
        .build()?;
    let provider = policy.client_config()?.crypto_provider().clone();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(root.root_store().into(), provider).build()?;
    let name = ServerName::try_from(HOST)?;
    let (leaf, rest) = chain.split_first().ok_or("the chain is empty")?;
    let same_name = name.clone();
    let ours = move || match policy.verify(&Peer::new(chain, &same_name)) {
        Ok(_) => Err("a hostile chain is trusted".into()),
        Err(_) => Ok(()),
    };
    let theirs = move || {
        let judged = verifier.verify_server_cert(leaf, rest, &name, &[], UnixTime::now());
        match judged {
            Ok(_) => Err("a hostile chain is trusted".into()),
            Err(_) => Ok(()),
        }
    };
    Ok(vec![
        Box::new(Judging {
            name: "bonafide",
            operations,
            judge: ours,
        }),
        Box::new(Judging {
            name: "rustls",
            operations,
            judge: theirs,
        }),
    ])
}
