//! What is measured.

#[cfg(feature = "peers")]
mod blocking;
#[cfg(feature = "peers")]
mod first;
#[cfg(feature = "peers")]
mod hostile;
#[cfg(feature = "peers")]
mod idle;
mod lab;
mod requests;
mod scenario;
#[cfg(feature = "peers")]
mod verification;

use std::cell::RefCell;

#[cfg(feature = "peers")]
pub(crate) use self::first::{First, first_of_a_process};
#[cfg(feature = "peers")]
pub(crate) use self::idle::idle_connections;
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
    let lab = RefCell::new(Lab::new(Servers::start(options.servers.as_deref())?)?);
    let tables = [
        requests::table(options, &lab)?,
        #[cfg(feature = "peers")]
        blocking::table(options, &lab)?,
        #[cfg(feature = "peers")]
        idle::table(options, &lab)?,
        #[cfg(feature = "peers")]
        first::table(options, &lab)?,
        #[cfg(feature = "peers")]
        verification::table(options)?,
        #[cfg(feature = "peers")]
        hostile::table(options)?,
    ];
    Ok(tables
        .into_iter()
        .filter(|table| !table.is_empty())
        .collect())
}

fn check_names(options: &Options) -> Result<(), Failure> {
    let known = SCENARIOS.iter().map(|scenario| scenario.name);
    #[cfg(feature = "peers")]
    let known = known
        .chain([blocking::NAME, idle::NAME])
        .chain(First::ALL.map(First::name))
        .chain(verification::NAMES)
        .chain(hostile::NAMES);
    let known: Vec<&str> = known.collect();
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
