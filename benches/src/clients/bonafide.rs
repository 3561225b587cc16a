//! bonafide.

use bytes::Bytes;

#[cfg(feature = "peers")]
use super::BySystemRoots;
#[cfg(feature = "rules")]
use super::rules;
use super::{Client, Keep, Which, trust};
use crate::Failure;
use crate::servers::{Destination, HOST};

/// bonafide's client.
#[derive(Clone, Debug)]
pub(crate) struct Bonafide(bonafide::Client);

impl Client for Bonafide {
    const WHICH: Which = Which::Bonafide;

    fn new(destination: &Destination, keep: Keep) -> Result<Self, Failure> {
        let builder = bonafide::Client::builder()
            .policy(trust::policy(destination)?)
            .resolve(HOST, destination.address);
        #[cfg(feature = "rules")]
        let builder = rules::apply(builder, destination)?;
        let builder = match keep {
            Keep::Connections => builder,
            // By default 128 are kept. The other clients have no limit.
            #[cfg(feature = "peers")]
            Keep::All => builder.pool_max_idle_per_host(usize::MAX),
            Keep::Nothing => builder.pool_max_idle_per_host(0),
        };
        Ok(Self(builder.build()?))
    }

    async fn get(&self, url: &str) -> Result<Bytes, Failure> {
        Ok(self.0.get(url).send().await?.bytes().await?)
    }
}

#[cfg(feature = "peers")]
impl BySystemRoots for Bonafide {
    fn with_system_roots() -> Result<Self, Failure> {
        Ok(Self(bonafide::Client::builder().build()?))
    }

    fn load(&self) -> Result<(), Failure> {
        Ok(self
            .0
            .policy()
            .map_or(Ok(()), |policy| policy.current().load())?)
    }
}
