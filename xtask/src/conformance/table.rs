//! The table of libraries in docs/conformance.md.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bonafide_verify::Profile;

use super::corpus::Corpus;
use super::report::Score;
use super::verdicts;

const BEGIN: &str = "<!-- table: cargo xtask conformance table --write -->";
const END: &str = "<!-- end of the table -->";

/// What other libraries make of the same two files, measured elsewhere with the suites' own
/// harnesses.
const PEERS: [(&str, Score, usize); 4] = [
    ("rustls-webpki 0.103.17", score(131, 55, 5, 17), 9_572),
    ("pyca/cryptography 50.0.2", score(148, 13, 0, 47), 9_572),
    ("OpenSSL 3.0.22, strict flag", score(145, 47, 6, 10), 9_389),
    ("Go 1.27.3 crypto/x509", score(128, 51, 5, 24), 9_572),
];

/// Why the page cannot be made or is not right.
#[derive(Debug, thiserror::Error)]
enum TableError {
    #[error("docs/conformance.md lacks one of the lines `{BEGIN}` and `{END}`")]
    NoMarkers,
    #[error(
        "the table in docs/conformance.md is not what the verifier does: run `cargo xtask conformance table --write`"
    )]
    Outdated,
}

/// Measures, and compares with the page or writes it.
///
/// # Errors
/// Where a corpus or the page cannot be read, and where the page has another table.
pub(crate) fn run(corpora: &Path, write: bool) -> Result<(), Box<dyn Error>> {
    let limbo = Corpus::read(&corpora.join("limbo.json"))?;
    let bettertls = Corpus::read(&corpora.join("bettertls.limbo.json.gz"))?;
    let of = |corpus: &Corpus, profile| {
        let verdicts = verdicts(corpus, profile);
        Score::of(&corpus.testcases.iter().zip(&verdicts).collect::<Vec<_>>())
    };
    let mut table = String::from(
        "| | limbo: pass | false accepts | false rejects | skipped | BetterTLS: pass |\n|---|--:|--:|--:|--:|--:|\n",
    );
    for (name, score, pass) in PEERS {
        row(&mut table, name, score, &pass.to_string())?;
    }
    let own = of(&limbo, None);
    row(
        &mut table,
        "bonafide, each case under the profile of its namespace",
        own,
        "",
    )?;
    let pass = of(&bettertls, Some(Profile::Browser)).pass;
    let browser = of(&limbo, Some(Profile::Browser));
    row(
        &mut table,
        "bonafide, all cases under `Browser`",
        browser,
        &pass.to_string(),
    )?;
    let path_only = of(&limbo, Some(Profile::PathOnly));
    row(
        &mut table,
        "bonafide, all cases under `PathOnly`",
        path_only,
        "",
    )?;
    print!("{table}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let page = fs::read_to_string(&path)?;
    let (before, rest) = page.split_once(BEGIN).ok_or(TableError::NoMarkers)?;
    let (_, after) = rest.split_once(END).ok_or(TableError::NoMarkers)?;
    let wanted = format!("{before}{BEGIN}\n{table}{END}{after}");
    match (page == wanted, write) {
        (true, _) => Ok(()),
        (false, true) => Ok(fs::write(&path, wanted)?),
        (false, false) => Err(TableError::Outdated.into()),
    }
}

fn row(table: &mut String, name: &str, score: Score, bettertls: &str) -> std::fmt::Result {
    let Score {
        pass,
        false_accept,
        false_reject,
        skip,
    } = score;
    writeln!(
        table,
        "| {name} | {pass} | {false_accept} | {false_reject} | {skip} | {bettertls} |"
    )
}

const fn score(pass: usize, false_accept: usize, false_reject: usize, skip: usize) -> Score {
    Score {
        pass,
        false_accept,
        false_reject,
        skip,
    }
}
