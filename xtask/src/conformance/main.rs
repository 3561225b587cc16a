//! Runs conformance suites through the verifier and the cookie jar: `cargo xtask conformance`.

mod corpus;
mod expectation;
mod http_state;
mod judge;
mod llhttp;
mod outcome;
mod psl;
mod report;
mod result;
#[path = "../suite.rs"]
mod suite;
mod table;
mod url;

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use bonafide_verify::Profile;
use corpus::{Case, Corpus};
use expectation::Expectations;
use judge::Verdict;
use outcome::{Differences, Outcome, SuiteError, Summary};
use report::Report;
use result::LimboResult;

/// Runs conformance suites through `Policy::verify` and the cookie jar.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask conformance")]
struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Debug, Subcommand)]
enum Suite {
    /// A corpus in the schema of x509-limbo, plain or gzip.
    Limbo(Limbo),
    /// The table of docs/conformance.md: what other libraries make of the corpora, and what this
    /// one does.
    Table(Table),
    /// abarth/http-state: cookies and their dates, through the jar of bonafide-tower.
    HttpState(Data),
    /// The public suffix list's own cases: for which domains the jar of bonafide-tower keeps
    /// cookies.
    Psl(Data),
    /// llhttp's HTTP/1 responses, sent to the client by a server.
    Llhttp(Data),
    /// The URL cases of web-platform-tests, as URLs of requests and as `Location`.
    Url(Data),
}

#[derive(Debug, Args)]
struct Data {
    /// The folder of the suites, with `http-state/`, `test_psl.txt`, `url/` and
    /// `llhttp-response/` in it.
    #[arg(long)]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct Table {
    /// The folder of the corpora.
    #[arg(long)]
    corpora: PathBuf,
    /// Writes the table into the page, where otherwise a page that has another fails.
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Args)]
struct Limbo {
    /// The corpus. The first part of its file name is the name of the suite.
    #[arg(long)]
    corpus: PathBuf,
    /// The profile to judge by [default: that of each case's namespace, `rfc5280` for `rfc5280::*`
    /// and `web-pki` for the rest].
    #[arg(long, value_enum)]
    profile: Option<ProfileName>,
    /// Writes the verdict of every case to this file, in the suite's result schema: expectations
    /// not applied.
    #[arg(long)]
    json: Option<PathBuf>,
    /// The known divergences [default: xtask/expectations/SUITE-PROFILE.json, SUITE.json without a
    /// profile].
    #[arg(long)]
    expectations: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProfileName {
    PathOnly,
    Browser,
    WebPki,
    WebPkiIssuance,
    Rfc5280,
}

/// Why a run says nothing, or says no.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("cannot write {path}")]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0} verdicts or expectations are not as they should be")]
    Unexpected(usize),
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::PathOnly => Self::PathOnly,
            ProfileName::Browser => Self::Browser,
            ProfileName::WebPki => Self::WebPki,
            ProfileName::WebPkiIssuance => Self::WebPkiIssuance,
            ProfileName::Rfc5280 => Self::Rfc5280,
        }
    }
}

/// The profile that a case of x509-limbo is written for: the suite names the two rule books that
/// contradict each other in its ids.
fn profile_of(case: &Case) -> Profile {
    if case.id.starts_with("rfc5280::") {
        Profile::Rfc5280
    } else {
        Profile::WebPki
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().suite {
        Suite::Limbo(arguments) => run(&arguments),
        Suite::Table(arguments) => table::run(&arguments.corpora, arguments.write),
        Suite::HttpState(Data { data }) => compare("http-state", http_state::outcomes(&data)),
        Suite::Psl(Data { data }) => compare("psl", psl::outcomes(&data)),
        Suite::Llhttp(Data { data }) => compare("llhttp", llhttp::outcomes(&data)),
        Suite::Url(Data { data }) => compare("url", url::outcomes(&data)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Compares what came out of a suite with what is expected of it.
fn compare(suite: &str, outcomes: Result<Vec<Outcome>, SuiteError>) -> Result<(), Box<dyn Error>> {
    let summary = Summary::new(&outcomes?, &Differences::of(suite)?)?;
    write!(std::io::stdout().lock(), "{suite}: {summary}")?;
    match summary.unexpected() {
        0 => Ok(()),
        count => Err(RunError::Unexpected(count).into()),
    }
}

/// The verdicts on all cases, under one profile or under that of each case's namespace.
fn verdicts(corpus: &Corpus, profile: Option<Profile>) -> Vec<Verdict> {
    corpus
        .testcases
        .iter()
        .map(|case| judge::judge(case, profile.unwrap_or_else(|| profile_of(case))))
        .collect()
}

fn run(arguments: &Limbo) -> Result<(), Box<dyn Error>> {
    let profile = arguments.profile.map(Profile::from);
    let name = suite::of(&arguments.corpus);
    let path = match &arguments.expectations {
        Some(path) => path.clone(),
        None => Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("expectations")
            .join(match profile {
                Some(profile) => format!("{name}-{}.json", profile.as_str()),
                None => format!("{name}.json"),
            }),
    };
    let expectations = Expectations::read(&path)?;
    let corpus = Corpus::read(&arguments.corpus)?;

    let verdicts = verdicts(&corpus, profile);
    let cases: Vec<_> = corpus.testcases.iter().zip(&verdicts).collect();
    if let Some(path) = &arguments.json {
        let result = LimboResult::new(&cases);
        fs::write(path, serde_json::to_string_pretty(&result)?).map_err(|source| {
            RunError::Write {
                path: path.clone(),
                source,
            }
        })?;
    }
    let report = Report::new(&cases, &expectations);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{name}, profile {}: {} cases\n{report}",
        profile.map_or("of each case's namespace", Profile::as_str),
        cases.len()
    )?;
    match report.unexpected() {
        0 => Ok(()),
        count => Err(RunError::Unexpected(count).into()),
    }
}
