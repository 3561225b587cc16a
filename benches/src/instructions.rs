//! Counting user instructions by valgrind: a number that does not depend on how busy the machine
//! is.

use std::process::Command;

use crate::Failure;
#[cfg(feature = "rules")]
use crate::clients::Rule;
use crate::clients::Which;
use crate::options::Options;
use crate::report::Number;
use crate::workloads::SCENARIOS;

/// Operations of the two runs whose difference is counted, so that what is done once is on no
/// operation's account: requests on connections that are kept, and connections. What is done once
/// differs by some 0.3 million instructions from run to run where there are 64 connections.
const REQUESTS: [u32; 2] = [1_024, 9_216];
const CONNECTIONS: [u32; 2] = [64, 320];

/// The workloads that are counted unless others are named.
const USUAL: [&str; 4] = ["seq-h1", "seq-h2", "par-h1", "par-h2"];

/// Prints the instructions of an operation for each client, and what they are of the bare ones.
pub(crate) fn print(options: &Options) -> Result<(), Failure> {
    let clients = options.clients();
    if !options.lines {
        let names: Vec<&str> = clients.iter().map(|which| which.name()).collect();
        println!("| user instructions an operation | {} |", names.join(" | "));
        println!("|---|{}", "--:|".repeat(clients.len()));
    }
    for scenario in SCENARIOS {
        let name = scenario.name;
        let usual = options.only.is_empty() && USUAL.contains(&name);
        if !usual && !options.only.iter().any(|other| other == name) {
            continue;
        }
        let few_and_many = if scenario.keeps_connections() {
            REQUESTS
        } else {
            CONNECTIONS
        };
        let counts = clients
            .iter()
            .map(|which| of_an_operation(options, name, *which, few_and_many))
            .collect::<Result<Vec<f64>, _>>()?;
        if options.lines {
            for (which, count) in clients.iter().zip(counts) {
                println!("{name} {} {count:.0}", which.name());
            }
        } else {
            println!("{}", row(name, &clients, &counts));
        }
    }
    Ok(())
}

/// Prints the instructions of a request of bonafide with each rule, and what they are more than
/// without.
#[cfg(feature = "rules")]
pub(crate) fn print_rules(options: &Options) -> Result<(), Failure> {
    println!("| switched on | user instructions a request | more |");
    println!("|---|--:|--:|");
    let mut least = None;
    for rule in Rule::ALL {
        let mut options = options.clone();
        options.with = rule;
        let count = of_an_operation(&options, "seq-h1", Which::Bonafide, REQUESTS)?;
        let more = count - *least.get_or_insert(count);
        println!("| {} | {} | {more:.0} |", rule.name(), Number(count));
    }
    Ok(())
}

/// A row of the table. Each count but that of [`Which::Raw`] is followed by its ratio to that.
fn row(name: &str, clients: &[Which], counts: &[f64]) -> String {
    let pairs = || clients.iter().zip(counts);
    let raw = pairs().find(|(which, _)| **which == Which::Raw);
    let cells: Vec<String> = pairs()
        .map(|(which, count)| match raw {
            Some((_, raw)) if *which != Which::Raw => {
                format!("{} ({:.3})", Number(*count), count / raw)
            }
            _ => Number(*count).to_string(),
        })
        .collect();
    format!("| {name} | {} |", cells.join(" | "))
}

fn of_an_operation(
    options: &Options,
    scenario: &str,
    which: Which,
    [few, many]: [u32; 2],
) -> Result<f64, Failure> {
    let in_all = |operations| of_a_run(options, scenario, which, operations);
    let more = in_all(many)?.saturating_sub(in_all(few)?);
    Ok(u32::try_from(more / u64::from(many - few)).map(f64::from)?)
}

/// The instructions of a process. Cachegrind without its caches counts the same as callgrind, in
/// less time.
fn of_a_run(
    options: &Options,
    scenario: &str,
    which: Which,
    operations: u32,
) -> Result<u64, Failure> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(std::env::current_exe()?)
        .args(["--rounds", "1", "--only", scenario])
        .args(["--client", which.name()])
        .args(["--requests", &operations.to_string()]);
    #[cfg(feature = "rules")]
    valgrind.args(["--with", options.with.name()]);
    if let Some(servers) = &options.servers {
        valgrind.arg("--servers").arg(servers);
    }
    let output = valgrind
        .output()
        .map_err(|error| format!("valgrind cannot be run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{scenario} of {} failed: {said}", which.name()).into());
    }
    counted(&said).ok_or_else(|| format!("valgrind counted nothing: {said}").into())
}

/// The last count. A forked process, which says its own before, ends as soon as it becomes the
/// servers.
fn counted(said: &str) -> Option<u64> {
    let (_, number) = said.lines().rev().find_map(|line| {
        let (of, number) = line.split_once("refs:")?;
        of.trim_end().ends_with('I').then_some((of, number))
    })?;
    number.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_count_of_instructions_is_read() {
        let said = "==7== I   refs:      1,000\n==7== D   refs:      7\n\
                    bonafide\n==6== I refs:        437,330,475\n";
        assert_eq!(counted(said), Some(437_330_475));
        assert_eq!(counted("==7== D   refs:      7\n"), None);
        assert_eq!(counted("no such file"), None);
    }

    #[test]
    fn a_row_has_each_ratio_to_the_bare_connections() {
        let clients = [Which::Bonafide, Which::Raw];
        assert_eq!(
            row("seq-h1", &clients, &[30_000.0, 20_000.0]),
            "| seq-h1 | 30,000 (1.500) | 20,000 |"
        );
        assert_eq!(
            row("seq-h1", &clients[..1], &[30_000.0]),
            "| seq-h1 | 30,000 |"
        );
    }
}
