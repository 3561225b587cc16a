//! Judging a chain, without a connection.

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::pki_types::{CertificateDer, ServerName, UnixTime};
use bonafide_verify::{Anchors, Peer, Policy, Profile};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;

use super::compete;
use crate::Failure;
use crate::measure::{Contender, Quantity, Sample, Stopwatch};
use crate::options::Options;
use crate::report::Table;
use crate::servers::HOST;

/// Verifications of a round in a whole run.
const OPERATIONS: usize = 1_000;

/// The names on the command line.
pub(super) const NAMES: [&str; 4] = [
    "verify-browser",
    "verify-web-pki",
    "verify-rfc5280",
    "verify-path-only",
];

/// Measures what is asked for.
pub(super) fn table(options: &Options) -> Result<Table, Failure> {
    let evidence = Evidence::new()?;
    let mut table = Table::new(vec!["bonafide", "rustls"]);
    let profiles = [
        (Profile::Browser, "under `Profile::Browser`"),
        (Profile::WebPki, "under `Profile::WebPki`"),
        (Profile::Rfc5280, "under `Profile::Rfc5280`"),
        (Profile::PathOnly, "under `Profile::PathOnly`"),
    ];
    for (name, (profile, title)) in NAMES.into_iter().zip(profiles) {
        if !options.wants(name) {
            continue;
        }
        let operations = options.operations(OPERATIONS);
        let mut contenders = evidence.contenders(profile, operations)?;
        let samples = compete(name, &mut contenders, options.rounds())?;
        let workload = format!("judging leaf, issuer and root, all P-256, {title}");
        table.add(&workload, "verification", &[Quantity::Micros], &samples);
    }
    Ok(table)
}

/// A server's chain, and the root that it ends in.
struct Evidence {
    root: TestCa,
    chain: Vec<CertificateDer<'static>>,
    name: ServerName<'static>,
}

impl Evidence {
    fn new() -> Result<Self, Failure> {
        let root = TestCa::named("bench root");
        let identity = root
            .intermediate("bench issuing")
            .issue(Recipe::for_host(HOST));
        Ok(Self {
            chain: identity.chain().to_vec(),
            root,
            name: ServerName::try_from(HOST)?,
        })
    }

    fn contenders(
        &self,
        profile: Profile,
        operations: usize,
    ) -> Result<Vec<Box<dyn Contender + '_>>, Failure> {
        let policy = Policy::builder()
            .anchors(Anchors::only(self.root.certificate().clone()))
            .profile(profile)
            .build()?;
        let provider = policy.client_config()?.crypto_provider().clone();
        let verifier =
            WebPkiServerVerifier::builder_with_provider(self.root.root_store().into(), provider)
                .build()?;
        let (leaf, rest) = self.chain.split_first().ok_or("the chain is empty")?;
        let ours = move || {
            let receipt = policy.verify(&Peer::new(&self.chain, &self.name))?;
            match receipt.is_verified() {
                true => Ok(()),
                false => Err("the chain is not verified".into()),
            }
        };
        let theirs = move || {
            verifier.verify_server_cert(leaf, rest, &self.name, &[], UnixTime::now())?;
            Ok(())
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
}

/// One verifier.
pub(super) struct Judging<F> {
    pub(super) name: &'static str,
    pub(super) operations: usize,
    pub(super) judge: F,
}

impl<F: Fn() -> Result<(), Failure>> Contender for Judging<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn round(&mut self) -> Result<Sample, Failure> {
        let mut sample = Sample {
            operations: self.operations,
            ..Sample::default()
        };
        let stopwatch = Stopwatch::start();
        for _ in 0..self.operations {
            (self.judge)()?;
        }
        stopwatch.stop(&mut sample);
        Ok(sample)
    }
}
