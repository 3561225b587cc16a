//! A table of hosts and its store.

use std::time::SystemTime;

use super::hosts::{Entries, Entry, HstsHosts, bound, seconds};
use crate::store::{
    Changes, Fields, Key, Kind, Lines, Partition, Store, StoreError, Writer, stored, update,
};

impl HstsHosts {
    /// Loads the stored hosts; call it when the program starts. Hosts that are already known stay
    /// unchanged.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the stored state cannot be read. The table is then unchanged.
    pub async fn load(
        &self,
        store: &dyn Store,
        partition: &Partition,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let now = seconds(now);
        let key = Key::new(Kind::Hsts, partition.clone());
        let stored = stored(store, &key, |state| read(state, now)).await?;
        let learned = &mut *self.learned();
        for (host, entry) in &stored {
            learned.hosts.entry(host.clone()).or_insert(*entry);
        }
        bound(&mut learned.hosts, self.max_hosts(), now);
        learned.base = stored;
        Ok(())
    }

    /// Saves the learned hosts, and adds what other programs have saved meanwhile. For hosts that
    /// were learned or forgotten since the last `load` or `save`, this table wins; for all others,
    /// the stored state wins. Requests never call it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the state cannot be read or written. The stored state and the table are
    /// then unchanged.
    pub async fn save(
        &self,
        store: &dyn Store,
        partition: &Partition,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let now = seconds(now);
        let key = Key::new(Kind::Hsts, partition.clone());
        let read = |state: &[u8]| read(state, now);
        let (own, merged) = update(store, &key, read, |mut merged| {
            let learned = self.learned();
            apply(&learned.base, &learned.hosts, &mut merged);
            bound(&mut merged, self.max_hosts(), now);
            merged.retain(|_, entry| entry.expires > now);
            (write(&merged), (learned.hosts.clone(), merged))
        })
        .await?;
        let learned = &mut *self.learned();
        // Keep hosts that were learned during the write.
        let mut hosts = merged.clone();
        apply(&own, &learned.hosts, &mut hosts);
        bound(&mut hosts, self.max_hosts(), now);
        learned.hosts = hosts;
        learned.base = merged;
        Ok(())
    }
}

/// Makes the changes from `before` to `after` to `entries`.
fn apply(before: &Entries, after: &Entries, entries: &mut Entries) {
    let changes = Changes::between(before, after, Entry::eq);
    for host in changes.removed {
        entries.remove(host);
    }
    for (host, entry) in changes.set {
        entries.insert(host.clone(), *entry);
    }
}

/// The text of a state: host, end in seconds since 1970, and 1 where the hosts under it are meant.
fn write(entries: &Entries) -> Vec<u8> {
    let mut writer = Writer::new(Kind::Hsts);
    for (host, entry) in entries {
        let expires = entry.expires.to_string();
        let included: &[u8] = if entry.include_subdomains { b"1" } else { b"0" };
        writer.line(&[host.as_bytes(), expires.as_bytes(), included]);
    }
    writer.finish()
}

/// The entries of a state that have not expired.
fn read(state: &[u8], now: u64) -> Result<Entries, StoreError> {
    let entries = Lines::parse(Kind::Hsts, state)?.read(read_entry)?;
    let fresh = |(_, entry): &(String, Entry)| entry.expires > now;
    Ok(entries.into_iter().filter(fresh).collect())
}

fn read_entry(fields: &mut Fields<'_>) -> Result<(String, Entry), &'static str> {
    let (host, expires) = (fields.text()?, fields.number()?);
    let include_subdomains = match &*fields.text()? {
        "0" => false,
        "1" => true,
        _ => return Err("a field that is neither 0 nor 1"),
    };
    let entry = Entry {
        expires,
        include_subdomains,
    };
    Ok((host, entry))
}
