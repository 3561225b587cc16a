//! What a client of bonafide has switched on, one at a time.

use std::sync::OnceLock;
use std::time::SystemTime;

use bonafide::ClientBuilder;
use bonafide::assurance::Assurance;
use bonafide::auth::{Bearer, Credential};
use bonafide::cookies::Jar;
use bonafide::events::Event;
use bonafide::hsts::HstsHosts;
use bonafide::retry::Retry;
use bonafide::store::Partition;
use clap::ValueEnum;

use crate::Failure;
use crate::servers::{Destination, HOST};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// Nothing.
    None,
    /// Decoding of gzip, of which the responses have none.
    Decoding,
    /// An empty table of HSTS hosts.
    Hsts,
    /// A jar with one cookie for the server.
    Cookies,
    /// A bearer token for the server.
    Credential,
    /// The standard rule of retries.
    Retry,
    /// A listener of events that does nothing.
    Listener,
}

impl Rule {
    pub(crate) const ALL: [Self; 7] = [
        Self::None,
        Self::Decoding,
        Self::Hsts,
        Self::Cookies,
        Self::Credential,
        Self::Retry,
        Self::Listener,
    ];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Decoding => "decoding",
            Self::Hsts => "hsts",
            Self::Cookies => "cookies",
            Self::Credential => "credential",
            Self::Retry => "retry",
            Self::Listener => "listener",
        }
    }

    /// Switches it on for the clients of this process.
    pub(crate) fn choose(self) {
        CHOSEN.get_or_init(|| self);
    }
}

static CHOSEN: OnceLock<Rule> = OnceLock::new();

/// `builder` with what was chosen.
pub(super) fn apply(
    builder: ClientBuilder,
    destination: &Destination,
) -> Result<ClientBuilder, Failure> {
    let port = destination.address.port();
    let origin = format!("https://{HOST}:{port}");
    let rule = CHOSEN.get().copied().unwrap_or(Rule::None);
    let builder = match rule {
        Rule::Decoding => builder,
        _ => builder.no_decompression(),
    };
    Ok(match rule {
        Rule::None | Rule::Decoding => builder,
        Rule::Hsts => builder.hsts(HstsHosts::new()),
        Rule::Cookies => {
            let jar = Jar::new();
            let (url, zone) = (origin.parse()?, Partition::new("default"));
            let now = SystemTime::now();
            jar.set(
                &url,
                &zone,
                Assurance::Verified,
                b"id=7; Secure; Path=/",
                now,
            )?;
            builder.cookies(jar)
        }
        Rule::Credential => builder.credential(Credential::for_origin(
            &origin,
            Bearer::new("mF_9.B5f-4.1JqM")?,
        )?),
        Rule::Retry => builder.retry(Retry::standard()),
        Rule::Listener => builder.event_listener(|_: &Event<'_>| {}),
    })
}
