mod jar;
mod kept;
mod layer;
mod limits;
mod properties;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

use super::{CookieError, Jar};
use crate::assurance::Assurance::{self, Verified};
use crate::store::Partition;

/// 2030-01-01.
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_893_456_000)
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// A jar with one partition, at one time, over verified connections.
struct Only {
    jar: Jar,
    partition: Partition,
    now: SystemTime,
    assurance: Assurance,
}

impl Only {
    fn new() -> Self {
        Self {
            jar: Jar::new(),
            partition: Partition::default(),
            now: now(),
            assurance: Verified,
        }
    }

    fn set(&self, from: &str, field: &str) -> Result<(), CookieError> {
        let (url, field) = (url(from), field.as_bytes());
        self.jar
            .set(&url, &self.partition, self.assurance, field, self.now)
    }

    /// The `Cookie` field, empty if there is none.
    fn sent(&self, to: &str) -> String {
        let header = self
            .jar
            .header(&url(to), &self.partition, self.assurance, self.now);
        header.map_or_else(String::new, |header| {
            String::from_utf8(header.as_bytes().to_vec()).unwrap()
        })
    }

    fn after(&self, seconds: u64) -> Self {
        Self {
            jar: self.jar.clone(),
            partition: self.partition.clone(),
            now: self.now + Duration::from_secs(seconds),
            assurance: self.assurance,
        }
    }
}
