//! Requests of clients that block their thread.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::compete;
use super::lab::Lab;
use crate::Failure;
use crate::clients::{self, USER_AGENT};
use crate::measure::{Contender, Quantity, Sample, Stopwatch};
use crate::options::Options;
use crate::report::Table;
use crate::servers::{Destination, HOST, Site};

/// The name on the command line.
pub(super) const NAME: &str = "blocking";

/// Requests of a round.
const OPERATIONS: usize = 4_000;

/// Measures the clients without async code.
pub(super) fn table(options: &Options, lab: &RefCell<Lab>) -> Result<Table, Failure> {
    let mut table = Table::new(vec!["bonafide", "ureq", "reqwest"]);
    if !options.wants(NAME) {
        return Ok(table);
    }
    let operations = options.operations(OPERATIONS);
    let destination = lab.borrow().destination(Site::Http1)?;
    let mut contenders: Vec<Box<dyn Contender>> = vec![
        Box::new(Requests::new(
            "bonafide",
            &destination,
            operations,
            bonafide(&destination)?,
        )?),
        Box::new(Requests::new(
            "ureq",
            &destination,
            operations,
            ureq(&destination)?,
        )?),
        Box::new(Requests::new(
            "reqwest",
            &destination,
            operations,
            reqwest(&destination)?,
        )?),
    ];
    let samples = compete(NAME, &mut contenders, options.rounds())?;
    drop(contenders);
    lab.borrow_mut().settle(Site::Http1, 0)?;
    table.add(
        "one GET of 100 bytes after the other, HTTP/1.1, blocking",
        "GET",
        &[Quantity::Micros, Quantity::ProcessorMicros],
        &samples,
    );
    Ok(table)
}

/// Gets a URL, and returns how many bytes its body has.
type Get = Box<dyn Fn(&str) -> Result<usize, Failure>>;

/// One client.
struct Requests {
    name: &'static str,
    url: String,
    operations: usize,
    get: Get,
}

impl Requests {
    /// Sends the first request.
    fn new(
        name: &'static str,
        destination: &Destination,
        operations: usize,
        get: Get,
    ) -> Result<Self, Failure> {
        let url = destination.url();
        let (got, wanted) = (get(&url)?, Site::Http1.body_bytes());
        if got != wanted {
            return Err(format!("{name}: a body of {got} bytes came, not of {wanted}").into());
        }
        Ok(Self {
            name,
            url,
            operations,
            get,
        })
    }
}

impl Contender for Requests {
    fn name(&self) -> &'static str {
        self.name
    }

    fn round(&mut self) -> Result<Sample, Failure> {
        let mut sample = Sample {
            operations: self.operations,
            ..Sample::default()
        };
        let stopwatch = Stopwatch::start();
        for _ in 0..self.operations {
            (self.get)(&self.url)?;
        }
        stopwatch.stop(&mut sample);
        Ok(sample)
    }
}

fn bonafide(destination: &Destination) -> Result<Get, Failure> {
    let client = bonafide::Client::builder()
        .policy(clients::policy(destination)?)
        .resolve(HOST, destination.address)
        .build_blocking()?;
    Ok(Box::new(move |url| {
        Ok(client.get(url).send()?.bytes()?.len())
    }))
}

fn reqwest(destination: &Destination) -> Result<Get, Failure> {
    let client = reqwest::blocking::Client::builder()
        .user_agent(USER_AGENT)
        .tls_backend_preconfigured(clients::config(destination)?)
        .resolve(HOST, destination.address)
        .build()?;
    Ok(Box::new(move |url| {
        Ok(client.get(url).send()?.bytes()?.len())
    }))
}

fn ureq(destination: &Destination) -> Result<Get, Failure> {
    let config = clients::config(destination)?;
    let root = Certificate::from_der(&destination.root).to_owned();
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[root]))
        .unversioned_rustls_crypto_provider(Arc::clone(config.crypto_provider()))
        .build();
    let config = ureq::Agent::config_builder()
        .tls_config(tls)
        .user_agent(USER_AGENT.to_str()?)
        .build();
    let table = OneAddress(destination.address);
    let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), table);
    Ok(Box::new(move |url| {
        Ok(agent.get(url).call()?.body_mut().read_to_vec()?.len())
    }))
}

/// One address for every host.
#[derive(Debug)]
struct OneAddress(SocketAddr);

impl Resolver for OneAddress {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}
