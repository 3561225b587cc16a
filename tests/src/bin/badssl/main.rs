//! What bonafide makes of the sites of badssl.com, rebuilt on the loopback, beside what
//! reqwest and curl make of them: `cargo xtask conformance badssl`.
//!
//! It succeeds only if every verdict of bonafide is the expected one, with the expected code. What
//! a missing program was to serve or to say is printed as skipped by its name; under the variable
//! `CI` that is a failure.

mod case;
mod clients;
mod expectation;
mod outcome;
mod stand;
mod table;

use std::env;
use std::process::ExitCode;

use bonafide_testkit::conformance::Replica;
use bonafide_tests::Curl;

use case::{Case, Served, cases};
use clients::{Bonafide, Client, Reqwest};
use expectation::{expected, without_case};
use outcome::Outcome;
use table::{Row, Table};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let replica = Replica::new();
    let curl = Curl::locate();
    let mut table = Table::default();
    let cases = cases(&replica);
    println!("{}", Row::HEADER);
    for case in &cases {
        let row = Row {
            case: case.name,
            server: case.served.name(),
            expected: expected(case.name, case.served.name()),
            bonafide: ask(&Bonafide, case).await,
            reqwest: ask(&Reqwest, case).await,
            curl: match &curl {
                Some(curl) => ask(curl, case).await,
                None => Outcome::Skipped("curl"),
            },
            why: case.why,
        };
        println!("{row}");
        table.push(row);
    }
    println!("\n{}", table.summary());
    let mut failures = table.failures(env::var_os("CI").is_some());
    failures.extend(without_case(
        cases.iter().map(|case| (case.name, case.served.name())),
    ));
    for failure in &failures {
        eprintln!("error: {failure}");
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Puts the case on the loopback for one client alone, and lets the client go there.
async fn ask(client: &impl Client, case: &Case<'_>) -> Outcome {
    match &case.served {
        Served::Replica(site) => {
            let open = site.open().await;
            let said = client.visit(open.target(), case.needs).await;
            let judgement = open.judge(said.clone().map_err(|said| said.text)).await;
            Outcome::of(judgement, said.err().and_then(|said| said.code))
        }
        Served::OpenSsl(stand) => match stand.open().await {
            Some((server, target)) => {
                let said = client.visit(&target, case.needs).await;
                drop(server);
                Outcome::by_word(said)
            }
            None => Outcome::Skipped("openssl"),
        },
    }
}
