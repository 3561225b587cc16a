//! The workloads that send requests.

use crate::Failure;
use crate::clients::Keep;
use crate::measure::{Quantity, Sample};
use crate::servers::Site;

/// How many requests are under way in the workloads that have many.
pub(super) const AT_ONCE: usize = 64;

/// A workload that sends requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What the report calls it.
    pub(super) title: &'static str,
    pub(super) site: Site,
    pub(super) shape: Shape,
    /// Operations of a round in a whole run.
    pub(super) operations: usize,
}

/// The order of the requests, and what becomes of the connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One after the other on a connection that is kept.
    Sequential,
    /// [`AT_ONCE`] at any time, on connections that are kept.
    AtOnce,
    /// One after the other, each on a new connection with a full handshake.
    FullHandshakes,
    /// One after the other, each on a new connection with a resumed session.
    ResumedHandshakes,
    /// [`AT_ONCE`] together on a client that has no connection yet, and a new client for each
    /// burst.
    ColdBurst,
}

/// All of them, in the order of the report.
pub(crate) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        name: "seq-h1",
        title: "one GET of 100 bytes after the other, HTTP/1.1",
        site: Site::Http1,
        shape: Shape::Sequential,
        operations: 4_000,
    },
    Scenario {
        name: "seq-h2",
        title: "one GET of 100 bytes after the other, HTTP/2",
        site: Site::Http2,
        shape: Shape::Sequential,
        operations: 4_000,
    },
    Scenario {
        name: "par-h1",
        title: "64 GETs at once, HTTP/1.1",
        site: Site::BriefHttp1,
        shape: Shape::AtOnce,
        operations: 25_600,
    },
    Scenario {
        name: "par-h2",
        title: "64 GETs at once, HTTP/2",
        site: Site::BriefHttp2,
        shape: Shape::AtOnce,
        operations: 25_600,
    },
    Scenario {
        name: "full",
        title: "a new connection for each GET, full handshakes",
        site: Site::NoTickets,
        shape: Shape::FullHandshakes,
        operations: 400,
    },
    Scenario {
        name: "resumed",
        title: "a new connection for each GET, resumed handshakes",
        site: Site::BriefHttp1,
        shape: Shape::ResumedHandshakes,
        operations: 400,
    },
    Scenario {
        name: "burst",
        title: "64 GETs at once on a cold client, HTTP/2 by ALPN",
        site: Site::BriefHttp2,
        shape: Shape::ColdBurst,
        operations: 10,
    },
];

impl Scenario {
    /// What a client does with its connections.
    pub(super) fn keep(&self) -> Keep {
        match self.shape {
            Shape::Sequential | Shape::AtOnce | Shape::ColdBurst => Keep::Connections,
            Shape::FullHandshakes | Shape::ResumedHandshakes => Keep::Nothing,
        }
    }

    /// Whether many operations share a connection.
    pub(crate) fn keeps_connections(&self) -> bool {
        matches!(self.shape, Shape::Sequential | Shape::AtOnce)
    }

    /// What an operation is called.
    pub(super) fn operation(&self) -> &'static str {
        match self.shape {
            Shape::Sequential | Shape::AtOnce => "GET",
            Shape::FullHandshakes | Shape::ResumedHandshakes => "connection",
            Shape::ColdBurst => "burst",
        }
    }

    /// What is reported.
    pub(super) fn quantities(&self) -> &'static [Quantity] {
        match self.shape {
            Shape::ColdBurst => &[
                Quantity::Millis,
                Quantity::ProcessorMicros,
                Quantity::Connections,
            ],
            _ => &[Quantity::PerSecond, Quantity::ProcessorMicros],
        }
    }

    /// Refuses a sample that is not what the scenario is about.
    pub(super) fn check(&self, sample: &Sample) -> Result<(), Failure> {
        let Sample {
            operations,
            connections,
            resumed,
            ..
        } = *sample;
        let (is_right, wanted) = match self.shape {
            Shape::Sequential => (connections == 0, "no new connection"),
            // How many connections a burst of HTTP/1.1 opens is the client's choice.
            Shape::AtOnce => (
                connections == 0 || self.site != Site::BriefHttp2,
                "no new connection",
            ),
            Shape::FullHandshakes => (
                connections == operations && resumed == 0,
                "a full handshake each",
            ),
            Shape::ResumedHandshakes => (
                connections == operations && resumed == operations,
                "a resumed handshake each",
            ),
            Shape::ColdBurst => (connections >= operations, "a connection each"),
        };
        if is_right {
            return Ok(());
        }
        Err(format!("{operations} operations made {connections} connections, {resumed} of them resumed; {wanted} is asked for").into())
    }
}
