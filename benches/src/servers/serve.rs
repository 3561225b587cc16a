//! The process of the servers: says where they listen, then answers what is asked of their
//! counters.

use bonafide_testkit::{Recipe, TestCa};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

use super::destination::{Destination, HOST};
use super::site::Site;
use crate::Failure;
use crate::machine::{Core, pin};

/// Runs the servers until the standard input ends. One line for each site says where it is; after
/// that, each line with the number of a site is answered with its counters.
pub(crate) fn serve() -> Result<(), Failure> {
    pin(Core::Server)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let root = TestCa::named("bench root");
        let identity = root
            .intermediate("bench issuing")
            .issue(Recipe::for_host(HOST));
        let mut servers = Vec::with_capacity(Site::ALL.len());
        for site in Site::ALL {
            let server = site.start(identity.clone()).await;
            let destination = Destination {
                address: server.addr(),
                root: root.certificate().clone(),
            };
            println!("{destination}");
            servers.push(server);
        }
        let mut questions = BufReader::new(stdin()).lines();
        while let Some(question) = questions.next_line().await? {
            let number: usize = question.parse()?;
            let server = servers.get(number).ok_or("there is no such site")?;
            let stats = server.stats();
            println!(
                "{} {} {}",
                stats.tcp_connections, stats.resumed_handshakes, stats.open_connections
            );
        }
        Ok(())
    })
}
