//! Certificates with one field changed and signed again, judged here and by others: `cargo xtask
//! mutants`.

mod chain;
mod mutation;
mod others;
mod random;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use bonafide_verify::Profile;
use clap::Parser;
use serde::Deserialize;

use chain::{Bundle, Chain, HOST};
use others::Others;
use random::Random;

/// Mutants of one chain before another is made, with other keys.
const FRESH_KEYS_AFTER: u32 = 64;
/// The profiles that read certificates whole.
const PROFILES: [Profile; 2] = [Profile::Rfc5280, Profile::WebPki];

/// Judges certificates with one field changed, and compares with `openssl verify -x509_strict` and
/// pyca/cryptography where they are at hand.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask mutants")]
struct Arguments {
    /// How many mutants.
    #[arg(long, default_value_t = 2_000)]
    count: u32,
    /// Where the changes begin. The keys are others each time.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A Python that has the package `cryptography`.
    #[arg(long, env = "BONAFIDE_PYTHON", default_value_t = python())]
    python: String,
}

/// That of the virtual environment which `cargo xtask peers --install` makes, where it is.
fn python() -> String {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers/pyca/bin/python");
    if installed.is_file() {
        installed.display().to_string()
    } else {
        "python3".to_owned()
    }
}

/// Why mutants of a field may be accepted here and refused by both others.
#[derive(Debug, Deserialize)]
struct Known {
    field: String,
    change: String,
    reason: String,
}

fn main() -> ExitCode {
    let mut out = std::io::stdout().lock();
    match run(&Arguments::parse(), &mut out) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, out: &mut impl std::io::Write) -> Result<bool, Box<dyn Error>> {
    let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("expectations/mutants.json");
    let known: Vec<Known> = serde_json::from_slice(&fs::read(known)?)?;
    let mut others = Others::at_hand(&arguments.python)?;
    writeln!(out, "compared with: {others}")?;
    let missing = others.missing();
    for name in &missing {
        writeln!(out, "skipped: {name} not found")?;
    }
    if !missing.is_empty() && std::env::var_os("CI").is_some() {
        return Err("`CI` is set, and programs to compare with are missing".into());
    }
    let mut random = Random::new(arguments.seed);
    let mut chain = Chain::new();
    let whole = chain.whole();
    if let Some(refusal) = PROFILES
        .iter()
        .find_map(|profile| refused(&whole, *profile))
    {
        return Err(format!("the chain without a change is refused: {refusal}").into());
    }
    if others.refuse(&whole)?.iter().any(Option::is_some) {
        let refusals = others.refuse(&whole)?;
        return Err(format!("without a change the chain is refused: {refusals:?}").into());
    }
    let mut disagreements: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let (mut accepted, mut both_refuse) = (0, 0);
    for number in 0..arguments.count {
        if number % FRESH_KEYS_AFTER == FRESH_KEYS_AFTER - 1 {
            chain = Chain::new();
        }
        let (bundle, field, change) = chain.mutant(&mut random);
        let refusals = PROFILES.map(|profile| refused(&bundle, profile));
        if refusals.iter().all(Option::is_some) {
            continue;
        }
        accepted += 1;
        let refused = others.refuse(&bundle)?;
        if refused.len() == others::ALL && refused.iter().all(Option::is_some) {
            both_refuse += 1;
            let why: Vec<String> = refused.into_iter().flatten().collect();
            let text = format!("{} [{}]", why.join(" | "), bundle.changed());
            disagreements.entry((field, change)).or_default().push(text);
        }
    }
    writeln!(
        out,
        "{} mutants, {accepted} accepted here, {both_refuse} of them refused by both others",
        arguments.count
    )?;
    let mut all_known = true;
    for ((field, change), texts) in &disagreements {
        let matches = |entry: &&Known| {
            entry.field == *field && (entry.change == "any" || entry.change == *change)
        };
        let reason = known
            .iter()
            .find(matches)
            .map(|entry| entry.reason.as_str());
        all_known &= reason.is_some();
        let reason = reason.unwrap_or("WITHOUT A REASON");
        writeln!(out, "{:5} {field}, {change}: {reason}", texts.len())?;
        if let Some(example) = texts.first() {
            writeln!(out, "      {example}")?;
        }
    }
    Ok(all_known)
}

/// The code of the refusal here, if there is one.
fn refused(bundle: &Bundle, profile: Profile) -> Option<String> {
    bundle.refusal(profile, HOST)
}
