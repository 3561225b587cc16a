//! What an open connection costs while nothing happens on it.

use std::cell::RefCell;
use std::fs;
use std::process::Command;

use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::compete;
use super::lab::Lab;
use crate::Failure;
use crate::clients::{Bonafide, Client, HyperUtil, Keep, Raw, Reqwest, Which};
use crate::measure::{Contender, Quantity, Sample};
use crate::options::Options;
use crate::report::Table;
use crate::servers::{Destination, Site};

/// The name on the command line.
pub(super) const NAME: &str = "idle";

/// Connections that a client holds in a whole run.
const CONNECTIONS: usize = 1_000;

/// Rounds that are enough: memory hardly depends on what else the machine does.
const ROUNDS: usize = 3;

/// Measures it, where it is asked for and the system says how much memory a process has.
pub(super) fn table(options: &Options, lab: &RefCell<Lab>) -> Result<Table, Failure> {
    let clients = options.clients();
    let mut table = Table::new(clients.iter().map(|which| which.name()).collect());
    if !options.wants(NAME) || !cfg!(target_os = "linux") {
        return Ok(table);
    }
    let connections = options.operations(CONNECTIONS);
    let mut contenders: Vec<Box<dyn Contender + '_>> = Vec::new();
    for which in clients {
        contenders.push(Box::new(Process {
            which,
            connections,
            lab,
        }));
    }
    let samples = compete(NAME, &mut contenders, options.rounds().min(ROUNDS))?;
    table.add(
        "an idle HTTP/1.1 connection over TLS",
        "connection",
        &[Quantity::Kibibytes],
        &samples,
    );
    Ok(table)
}

/// Starts a process for each round, since memory that was freed is not always given back.
struct Process<'a> {
    which: Which,
    connections: usize,
    lab: &'a RefCell<Lab>,
}

impl Contender for Process<'_> {
    fn name(&self) -> &'static str {
        self.which.name()
    }

    fn round(&mut self) -> Result<Sample, Failure> {
        let mut lab = self.lab.borrow_mut();
        lab.settle(Site::Together, 0)?;
        let before = lab.counts(Site::Together)?.connections;
        let output = Command::new(std::env::current_exe()?)
            .args(["--idle", "--client", self.which.name()])
            .args(["--requests", &self.connections.to_string()])
            .args([
                "--destination",
                &lab.destination(Site::Together)?.to_string(),
            ])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let grown = String::from_utf8(output.stdout)?;
        // One before those that are held.
        let made = lab.counts(Site::Together)?.connections - before;
        if made != self.connections + 1 {
            return Err(format!("{made} connections, not {} and one", self.connections).into());
        }
        Ok(Sample {
            operations: self.connections,
            connections: self.connections,
            resident_bytes: Some(grown.trim().parse()?),
            ..Sample::default()
        })
    }
}

/// Opens connections, holds them and prints by how many bytes the process grew.
pub(crate) fn idle_connections(options: &Options) -> Result<(), Failure> {
    let destination = options.destination.as_ref().ok_or("no destination")?;
    let count = options.operations(CONNECTIONS);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let grown = runtime.block_on(async {
        match options.clients().as_slice() {
            [Which::Bonafide] => growth::<Bonafide>(destination, count).await,
            [Which::Reqwest] => growth::<Reqwest>(destination, count).await,
            [Which::HyperUtil] => growth::<HyperUtil>(destination, count).await,
            [Which::Raw] => growth::<Raw>(destination, count).await,
            _ => Err("one client holds connections".into()),
        }
    })?;
    println!("{grown}");
    Ok(())
}

async fn growth<C: Client>(destination: &Destination, count: usize) -> Result<u64, Failure> {
    let url = destination.url();
    // So that code and tables that every connection needs are in memory before.
    C::new(destination, Keep::Nothing)?.get(&url).await?;
    let client = C::new(destination, Keep::All)?;
    let workers: Vec<C> = (0..count).map(|_| client.worker()).collect();
    let before = resident_bytes()?;
    let mut tasks = JoinSet::new();
    for worker in &workers {
        let (worker, url) = (worker.clone(), url.clone());
        tasks.spawn(async move { worker.get(&url).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    drop(tasks);
    let after = resident_bytes()?;
    Ok(after.saturating_sub(before))
}

/// The memory of this process that is in use.
fn resident_bytes() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes
        .ok_or("the system reports no resident memory")?
        .parse()?;
    Ok(kibibytes * 1024)
}
