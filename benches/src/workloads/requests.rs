//! Sending the requests of a scenario with one client.

use std::cell::RefCell;

use tokio::task::JoinSet;

use super::compete;
use super::lab::Lab;
use super::scenario::{AT_ONCE, SCENARIOS, Scenario, Shape};
use crate::Failure;
use crate::clients::{Bonafide, Client, Raw, Which};
#[cfg(feature = "peers")]
use crate::clients::{HyperUtil, Reqwest};
use crate::measure::{Contender, Sample, Stopwatch};
use crate::options::Options;
use crate::report::Table;
use crate::servers::Destination;

/// Measures the scenarios that are asked for.
pub(super) fn table(options: &Options, lab: &RefCell<Lab>) -> Result<Table, Failure> {
    let clients = options.clients();
    let mut table = Table::new(clients.iter().map(|which| which.name()).collect());
    for scenario in SCENARIOS {
        if !options.wants(scenario.name) {
            continue;
        }
        let operations = options.operations(scenario.operations);
        let mut contenders = clients
            .iter()
            .map(|which| contender(*which, lab, scenario, operations))
            .collect::<Result<Vec<_>, _>>()?;
        let samples = compete(scenario.name, &mut contenders, options.rounds())?;
        drop(contenders);
        lab.borrow_mut().settle(scenario.site, 0)?;
        table.add(
            scenario.title,
            scenario.operation(),
            scenario.quantities(),
            &samples,
        );
    }
    Ok(table)
}

fn contender<'a>(
    which: Which,
    lab: &'a RefCell<Lab>,
    scenario: Scenario,
    operations: usize,
) -> Result<Box<dyn Contender + 'a>, Failure> {
    Ok(match which {
        Which::Bonafide => Box::new(Requests::<Bonafide>::new(lab, scenario, operations)?),
        #[cfg(feature = "peers")]
        Which::Reqwest => Box::new(Requests::<Reqwest>::new(lab, scenario, operations)?),
        #[cfg(feature = "peers")]
        Which::HyperUtil => Box::new(Requests::<HyperUtil>::new(lab, scenario, operations)?),
        Which::Raw => Box::new(Requests::<Raw>::new(lab, scenario, operations)?),
    })
}

/// One client in a scenario.
struct Requests<'a, C> {
    lab: &'a RefCell<Lab>,
    scenario: Scenario,
    operations: usize,
    destination: Destination,
    url: String,
    client: C,
    /// Of the tasks, where there are many.
    workers: Vec<C>,
}

impl<'a, C: Client> Requests<'a, C> {
    /// Makes the client and sends its first request.
    fn new(lab: &'a RefCell<Lab>, scenario: Scenario, operations: usize) -> Result<Self, Failure> {
        let at = lab.borrow();
        let destination = at.destination(scenario.site)?;
        let url = destination.url();
        let client = at.within(|| C::new(&destination, scenario.keep()))?;
        let body = at.run(client.get(&url))?;
        drop(at);
        let (got, wanted) = (body.len(), scenario.site.body_bytes());
        if got != wanted {
            return Err(format!("a body of {got} bytes came, not of {wanted}").into());
        }
        let workers = match scenario.shape {
            Shape::AtOnce => workers(&client),
            _ => Vec::new(),
        };
        Ok(Self {
            lab,
            scenario,
            operations,
            destination,
            url,
            client,
            workers,
        })
    }

    fn timed(&self, sample: &mut Sample) -> Result<(), Failure> {
        let url = self.url.as_str();
        match self.scenario.shape {
            Shape::Sequential | Shape::FullHandshakes | Shape::ResumedHandshakes => {
                let work = one_by_one(&self.client, url, self.operations);
                let stopwatch = Stopwatch::start();
                self.lab.borrow().run(work)?;
                stopwatch.stop(sample);
            }
            Shape::AtOnce => {
                let each = (self.operations / AT_ONCE).max(1);
                sample.operations = each * AT_ONCE;
                let work = at_once(&self.workers, url, each);
                let stopwatch = Stopwatch::start();
                self.lab.borrow().run(work)?;
                stopwatch.stop(sample);
            }
            Shape::ColdBurst => {
                for _ in 0..self.operations {
                    let at = self.lab.borrow();
                    let cold = at.within(|| C::new(&self.destination, self.scenario.keep()))?;
                    let workers = workers(&cold);
                    let work = at_once(&workers, url, 1);
                    let stopwatch = Stopwatch::start();
                    at.run(work)?;
                    stopwatch.stop(sample);
                    drop(at);
                    drop((cold, workers));
                    self.settle()?;
                }
            }
        }
        Ok(())
    }

    /// Waits for connections to close that are not kept. The clients of a burst close theirs, but
    /// those that the contenders were made with stay.
    fn settle(&self) -> Result<(), Failure> {
        let kept = match self.scenario.shape {
            Shape::Sequential | Shape::AtOnce => return Ok(()),
            Shape::FullHandshakes | Shape::ResumedHandshakes => 0,
            Shape::ColdBurst => Which::ALL.len(),
        };
        self.lab.borrow_mut().settle(self.scenario.site, kept)
    }
}

impl<C: Client> Contender for Requests<'_, C> {
    fn name(&self) -> &'static str {
        C::WHICH.name()
    }

    fn round(&mut self) -> Result<Sample, Failure> {
        let site = self.scenario.site;
        if self.scenario.shape == Shape::ResumedHandshakes {
            // The server keeps few sessions, and the other clients' were the last ones.
            self.lab.borrow().run(self.client.get(&self.url))?;
        }
        self.settle()?;
        let before = self.lab.borrow_mut().counts(site)?;
        let mut sample = Sample {
            operations: self.operations,
            ..Sample::default()
        };
        self.timed(&mut sample)?;
        self.settle()?;
        let after = self.lab.borrow_mut().counts(site)?;
        sample.connections = after.connections - before.connections;
        sample.resumed = after.resumed - before.resumed;
        self.scenario.check(&sample)?;
        Ok(sample)
    }
}

async fn one_by_one<C: Client>(client: &C, url: &str, requests: usize) -> Result<(), Failure> {
    for _ in 0..requests {
        client.get(url).await?;
    }
    Ok(())
}

/// One for each of [`AT_ONCE`] tasks.
fn workers<C: Client>(client: &C) -> Vec<C> {
    (0..AT_ONCE).map(|_| client.worker()).collect()
}

/// A task for each worker, which sends `each` requests one after the other.
async fn at_once<C: Client>(workers: &[C], url: &str, each: usize) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for client in workers {
        let (client, url) = (client.clone(), url.to_owned());
        tasks.spawn(async move { one_by_one(&client, &url, each).await });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}
