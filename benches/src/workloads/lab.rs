//! What the contenders of a workload share.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::Failure;
use crate::servers::{Counts, Destination, Servers, Site};

/// How long connections may take to close.
const CLOSING: Duration = Duration::from_secs(10);

/// The runtime of all clients, on one thread, and the servers.
#[derive(Debug)]
pub(super) struct Lab {
    runtime: Runtime,
    servers: Servers,
}

impl Lab {
    pub(super) fn new(servers: Servers) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, servers })
    }

    pub(super) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs what is made with the runtime at hand, without waiting for anything.
    pub(super) fn within<T>(&self, make: impl FnOnce() -> T) -> T {
        let _guard = self.runtime.enter();
        make()
    }

    pub(super) fn destination(&self, site: Site) -> Result<Destination, Failure> {
        self.servers.destination(site).cloned()
    }

    pub(super) fn counts(&mut self, site: Site) -> Result<Counts, Failure> {
        self.servers.counts(site)
    }

    /// Waits until `site` has no more than `kept` connections, so that the work of closing the
    /// others is not counted elsewhere.
    pub(super) fn settle(&mut self, site: Site, kept: usize) -> Result<(), Failure> {
        let deadline = Instant::now() + CLOSING;
        loop {
            self.run(async { tokio::time::sleep(Duration::from_millis(1)).await });
            let open = self.counts(site)?.open;
            if open <= kept {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{open} connections stay open, not {kept}").into());
            }
        }
    }
}
