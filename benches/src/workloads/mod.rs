//! What is measured.

mod first;
mod hostile;
mod lab;
mod requests;
mod scenario;
mod verification;

use std::cell::RefCell;

pub(crate) use self::first::{First, first_of_a_process};
use self::lab::Lab;
pub(crate) use self::scenario::SCENARIOS;
use crate::Failure;
use crate::machine::{Core, pin};
use crate::measure::{Contender, take_turns};
use crate::options::Options;
use crate::report::{Table, names};
use crate::servers::Servers;

/// Runs the workloads that are asked for.
pub(crate) fn measure(options: &Options) -> Result<Vec<Table>, Failure> {
    check_names(options)?;
    pin(Core::Client)?;
    let lab = RefCell::new(Lab::new(Servers::start()?)?);
    let tables = [
        requests::table(options, &lab)?,
        first::table(options, &lab)?,
        verification::table(options)?,
        hostile::table(options)?,
    ];
    Ok(tables
        .into_iter()
        .filter(|table| !table.is_empty())
        .collect())
}

fn check_names(options: &Options) -> Result<(), Failure> {
    let known: Vec<&str> = SCENARIOS
        .iter()
        .map(|scenario| scenario.name)
        .chain(First::ALL.map(First::name))
        .chain(verification::NAMES)
        .chain(hostile::NAMES)
        .collect();
    match options
        .only
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(name) => Err(format!("no workload is called {name:?}, only {known:?}").into()),
    }
}

/// Lets `contenders` take turns, and says so.
fn compete(
    workload: &str,
    contenders: &mut [Box<dyn Contender + '_>],
    rounds: usize,
) -> Result<Vec<Vec<crate::measure::Sample>>, Failure> {
    eprintln!("{workload}: {}", names(contenders).join(", "));
    take_turns(contenders, rounds).map_err(|failure| format!("{workload}: {failure}").into())
}
