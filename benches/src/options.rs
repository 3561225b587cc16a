//! The command line.

use std::path::PathBuf;

use clap::Parser;

#[cfg(feature = "rules")]
use crate::clients::Rule;
use crate::clients::Which;
#[cfg(feature = "peers")]
use crate::servers::Destination;
#[cfg(feature = "peers")]
use crate::workloads::First;

/// Rounds of a whole run, beside the first one, which is not counted.
const ROUNDS: usize = 11;

/// Measures bonafide beside reqwest and hyper-util's client. `cargo bench` runs it all; without
/// `--bench` it is a smoke run of a few seconds.
#[derive(Clone, Debug, Parser)]
#[command(name = "peers")]
pub(crate) struct Options {
    /// A smoke run of a few seconds: that everything works, and no numbers to rely on.
    #[arg(long)]
    quick: bool,

    /// How many rounds are counted.
    #[arg(long)]
    rounds: Option<usize>,

    /// How many operations each client does in a round.
    #[arg(long)]
    requests: Option<usize>,

    /// The workloads to run; all, unless set. An unknown name lists those that there are.
    #[arg(long)]
    pub(crate) only: Vec<String>,

    /// The clients to measure; all, unless set.
    #[arg(long)]
    client: Vec<Which>,

    /// Counts user instructions a request, by valgrind.
    #[arg(long)]
    pub(crate) instructions: bool,

    /// Prints a workload, a client and a count a line, instead of a table.
    #[arg(long, requires = "instructions")]
    pub(crate) lines: bool,

    /// Counts a request of `seq-h1` with each of bonafide's rules switched on.
    #[cfg(feature = "rules")]
    #[arg(long, requires = "instructions")]
    pub(crate) rules: bool,

    /// Switches one of bonafide's rules on.
    #[cfg(feature = "rules")]
    #[arg(long, default_value = "none")]
    pub(crate) with: Rule,

    /// The program with the servers; this one, unless set.
    #[arg(long)]
    pub(crate) servers: Option<PathBuf>,

    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,

    /// Be the servers.
    #[cfg(feature = "peers")]
    #[arg(long, hide = true)]
    pub(crate) serve: bool,

    /// Be a process in which a client is the first one.
    #[cfg(feature = "peers")]
    #[arg(long, hide = true)]
    pub(crate) first: Option<First>,

    /// Be a process that holds idle connections.
    #[cfg(feature = "peers")]
    #[arg(long, hide = true)]
    pub(crate) idle: bool,

    /// Where such a process sends its request.
    #[cfg(feature = "peers")]
    #[arg(long, hide = true)]
    pub(crate) destination: Option<Destination>,
}

impl Options {
    pub(crate) fn is_quick(&self) -> bool {
        self.quick || !self.bench
    }

    pub(crate) fn rounds(&self) -> usize {
        let usual = if self.is_quick() { 1 } else { ROUNDS };
        self.rounds.unwrap_or(usual).max(1)
    }

    /// How many operations a round has, where a whole run has `usual`.
    pub(crate) fn operations(&self, usual: usize) -> usize {
        let few = (usual / 50).max(2);
        let otherwise = if self.is_quick() { few } else { usual };
        self.requests.unwrap_or(otherwise).max(1)
    }

    pub(crate) fn clients(&self) -> Vec<Which> {
        if self.client.is_empty() {
            Which::ALL.to_vec()
        } else {
            self.client.clone()
        }
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == workload)
    }
}
