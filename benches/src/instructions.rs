//! Counting user instructions by valgrind: a number that does not depend on how busy the machine is.

use std::process::Command;

use crate::Failure;
use crate::clients::Which;
use crate::options::Options;
use crate::report::Number;
use crate::workloads::SCENARIOS;

/// Requests of the two runs whose difference is counted: so what is done once is on no request's account.
const REQUESTS: [u32; 2] = [1_024, 11_264];

/// The workloads that are counted unless others are named.
const USUAL: [&str; 4] = ["seq-h1", "seq-h2", "par-h1", "par-h2"];

/// Prints a table of instructions a request, for each client.
pub(crate) fn count(options: &Options) -> Result<(), Failure> {
    let clients = options.clients();
    let names: Vec<&str> = clients.iter().map(|which| which.name()).collect();
    println!("| user instructions an operation | {} |", names.join(" | "));
    println!("|---|{}", "--:|".repeat(clients.len()));
    for scenario in SCENARIOS.iter().map(|scenario| scenario.name) {
        let usual = options.only.is_empty() && USUAL.contains(&scenario);
        if !usual && !options.only.iter().any(|name| name == scenario) {
            continue;
        }
        print!("| {scenario} |");
        for which in &clients {
            print!(" {} |", Number(of_an_operation(scenario, *which)?));
        }
        println!();
    }
    Ok(())
}

fn of_an_operation(scenario: &str, which: Which) -> Result<f64, Failure> {
    let [few, many] = REQUESTS;
    let more = of_a_run(scenario, which, many)?.saturating_sub(of_a_run(scenario, which, few)?);
    Ok(u32::try_from(more / u64::from(many - few)).map(f64::from)?)
}

fn of_a_run(scenario: &str, which: Which, requests: u32) -> Result<u64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--rounds", "1", "--only", scenario])
        .args(["--client", which.name()])
        .args(["--requests", &requests.to_string()])
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    // The last count: forked processes, which tell theirs before, end as soon as they become the servers.
    let counted = said
        .lines()
        .rev()
        .find_map(|line| line.split_once("Collected : "))
        .ok_or_else(|| format!("valgrind counted nothing: {said}"))?;
    Ok(counted.1.trim().parse()?)
}
