//! reqwest.

use bytes::Bytes;

use super::{BySystemRoots, Client, Keep, USER_AGENT, Which, trust};
use crate::Failure;
use crate::servers::{Destination, HOST};

/// reqwest's client.
#[derive(Clone, Debug)]
pub(crate) struct Reqwest(reqwest::Client);

impl Client for Reqwest {
    const WHICH: Which = Which::Reqwest;

    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure> {
        let mut config = trust::config(destination)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(config)
            .resolve(HOST, destination.address);
        let builder = match keep {
            Keep::Connections | Keep::All => builder,
            Keep::Nothing => builder.pool_max_idle_per_host(0),
        };
        Ok(Self(builder.build()?))
    }

    async fn get(&self, url: &str) -> Result<Bytes, Failure> {
        Ok(self.0.get(url).send().await?.bytes().await?)
    }
}

impl BySystemRoots for Reqwest {
    /// Needs a default provider of the process.
    fn with_system_roots() -> Result<Self, Failure> {
        Ok(Self(reqwest::Client::builder().build()?))
    }
}
