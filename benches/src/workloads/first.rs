//! Making clients, each in a process in which it is the first one.

use std::cell::RefCell;
use std::hint::black_box;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use clap::ValueEnum;
use tokio::runtime::Builder;

use super::compete;
use super::lab::Lab;
use crate::Failure;
use crate::clients::{Bonafide, BySystemRoots, HyperUtil, Keep, Reqwest, Which};
use crate::machine::unpin;
use crate::measure::{Contender, Quantity, Sample, Stopwatch};
use crate::options::Options;
use crate::report::Table;
use crate::servers::{Destination, Site};

/// How many clients are made after the first one.
const LATER: usize = 20;

/// How long the first client is left alone with what it does in the background.
const BACKGROUND: Duration = Duration::from_millis(200);

/// What is timed in such a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum First {
    /// Making the first client of the process.
    #[value(name = "first-build")]
    Build,
    /// Making the first client of the process and loading the roots, where that is put off.
    #[value(name = "first-load")]
    Load,
    /// Making clients after the first one is ready.
    #[value(name = "later-builds")]
    Later,
    /// Making the first client and getting its first answer.
    #[value(name = "first-get")]
    Get,
}

impl First {
    pub(super) const ALL: [Self; 4] = [Self::Build, Self::Load, Self::Later, Self::Get];

    /// The name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Build => "first-build",
            Self::Load => "first-load",
            Self::Later => "later-builds",
            Self::Get => "first-get",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Build => "a client for the system's roots, first in its process",
            Self::Load => "the same, with the roots loaded",
            Self::Later => "a client for the system's roots, later",
            Self::Get => "from no client to its first answer, first in its process",
        }
    }

    fn quantity(self) -> Quantity {
        match self {
            Self::Build | Self::Load | Self::Later => Quantity::Micros,
            Self::Get => Quantity::Millis,
        }
    }
}

/// Measures what is asked for.
pub(super) fn table(options: &Options, lab: &RefCell<Lab>) -> Result<Table, Failure> {
    let mut clients = options.clients();
    clients.retain(|which| *which != Which::Raw);
    let mut table = Table::new(clients.iter().map(|which| which.name()).collect());
    let destination = lab.borrow().destination(Site::Http1)?;
    for first in First::ALL {
        if !options.wants(first.name()) {
            continue;
        }
        let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
        for which in &clients {
            contenders.push(Box::new(Process {
                first,
                which: *which,
                destination: destination.clone(),
            }));
        }
        let samples = compete(first.name(), &mut contenders, options.rounds())?;
        table.add(first.title(), "client", &[first.quantity()], &samples);
    }
    Ok(table)
}

/// Starts a process for each round.
struct Process {
    first: First,
    which: Which,
    destination: Destination,
}

impl Contender for Process {
    fn name(&self) -> &'static str {
        self.which.name()
    }

    fn round(&mut self) -> Result<Sample, Failure> {
        let output = Command::new(std::env::current_exe()?)
            .args(["--first", self.first.name()])
            .args(["--client", self.which.name()])
            .args(["--destination", &self.destination.to_string()])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let nanos = String::from_utf8(output.stdout)?;
        Ok(Sample {
            operations: 1,
            wall: Duration::from_nanos(nanos.trim().parse()?),
            ..Sample::default()
        })
    }
}

/// Times what `first` says and prints the nanoseconds.
pub(crate) fn first_of_a_process(first: First, options: &Options) -> Result<(), Failure> {
    unpin()?;
    // That of the peers with the system's roots; it draws no random number yet.
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| "there is a default provider already")?;
    let destination = options.destination.as_ref().ok_or("no destination")?;
    let sample = match options.clients().as_slice() {
        [Which::Bonafide] => timed::<Bonafide>(first, destination)?,
        [Which::Reqwest] => timed::<Reqwest>(first, destination)?,
        [Which::HyperUtil] => timed::<HyperUtil>(first, destination)?,
        _ => return Err("one client is the first one".into()),
    };
    let operations = u32::try_from(sample.operations)?;
    println!("{}", (sample.wall / operations).as_nanos());
    Ok(())
}

fn timed<C: BySystemRoots>(first: First, destination: &Destination) -> Result<Sample, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let url = destination.url();
    let mut sample = Sample {
        operations: 1,
        ..Sample::default()
    };
    runtime.block_on(async {
        let stopwatch;
        match first {
            First::Build => {
                stopwatch = Stopwatch::start();
                black_box(C::with_system_roots()?);
            }
            First::Load => {
                stopwatch = Stopwatch::start();
                C::with_system_roots()?.load()?;
            }
            First::Later => {
                C::with_system_roots()?.load()?;
                sleep(BACKGROUND);
                sample.operations = LATER;
                stopwatch = Stopwatch::start();
                for _ in 0..LATER {
                    black_box(C::with_system_roots()?);
                }
            }
            First::Get => {
                stopwatch = Stopwatch::start();
                let client = C::new(destination, Keep::Connections)?;
                client.get(&url).await?;
            }
        }
        stopwatch.stop(&mut sample);
        Ok(sample)
    })
}
