//! A jar and its store.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::cookie::{Cookie, Identity, SameSite, micros};
use super::jar::{Jar, JarLimits, State};
use super::rule::MAX_AGE_MICROS;
use super::set_cookie::MAX_PAIR_BYTES;
use super::shelf::Shelf;
use crate::store::{
    Changes, Fields, Key, Kind, Lines, Partition, Store, StoreError, Writer, stored, update,
};

/// Cookies that are not session cookies, by their identity.
pub(super) type Base = BTreeMap<Identity, Cookie>;

impl Jar {
    /// Loads the stored cookies of a partition; call it when the program starts. Cookies that the
    /// jar already has stay unchanged.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the stored state cannot be read. The jar is then unchanged.
    pub async fn load(
        &self,
        store: &dyn Store,
        partition: &Partition,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let now = micros(now);
        let key = Key::new(Kind::Cookies, partition.clone());
        let stored = stored(store, &key, |state| read(state, now)).await?;
        let state = &mut *self.state();
        for cookie in &stored {
            let shelf = state.shelves.get(partition);
            if shelf
                .and_then(|shelf| shelf.get(&cookie.identity()))
                .is_none()
            {
                state.adopt(partition, cookie.clone(), now);
            }
        }
        state.bound(now);
        let base = stored.into_iter().map(|cookie| (cookie.identity(), cookie));
        state.bases.insert(partition.clone(), base.collect());
        Ok(())
    }

    /// Saves the cookies of a partition, except session cookies, and adds to the jar what other
    /// programs have saved meanwhile. For cookies that this jar has set or removed since it was
    /// last loaded or saved, the jar wins; for all others, the stored state wins.
    ///
    /// Requests never call it: call it after a login, from time to time, and when the program ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the state cannot be read or written. The stored state and the jar are then
    /// unchanged.
    pub async fn save(
        &self,
        store: &dyn Store,
        partition: &Partition,
        now: SystemTime,
    ) -> Result<(), StoreError> {
        let now = micros(now);
        let key = Key::new(Kind::Cookies, partition.clone());
        let read = |state: &[u8]| read(state, now);
        let (own, merged) = update(store, &key, read, |stored| {
            let state = self.state();
            let own = state.persistent(partition, now);
            let nothing = Base::new();
            let base = state.bases.get(partition).unwrap_or(&nothing);
            let merged = merge(stored, base, &own, now, state.limits);
            let text = write(&merged);
            (text, (own, merged))
        })
        .await?;
        self.state().settle(partition, &own, merged, now);
        Ok(())
    }
}

impl State {
    /// The cookies of a partition that are stored.
    fn persistent(&self, partition: &Partition, now: i64) -> Base {
        let shelf = self.shelves.get(partition);
        let cookies = shelf.into_iter().flat_map(Shelf::iter);
        let lasting = cookies.filter(|cookie| cookie.expires.is_some() && !cookie.is_expired(now));
        lasting
            .map(|cookie| (cookie.identity(), cookie.clone()))
            .collect()
    }

    fn adopt(&mut self, partition: &Partition, mut cookie: Cookie, now: i64) {
        cookie.sequence = self.next_sequence();
        let per_domain = self.limits.per_domain;
        let shelf = self.shelves.entry(partition.clone()).or_default();
        shelf.put(cookie, now, per_domain);
    }

    /// Takes over what other programs have stored, except for cookies that have changed since
    /// `own`.
    fn settle(&mut self, partition: &Partition, own: &Base, merged: Base, now: i64) {
        let shelf = self.shelves.entry(partition.clone()).or_default();
        let unchanged =
            |shelf: &Shelf, identity: &Identity| match (own.get(identity), shelf.get(identity)) {
                (Some(own), Some(current)) => own.is_as(current),
                (None, None) => true,
                _ => false,
            };
        let changes = Changes::between(own, &merged, Cookie::is_as);
        for identity in changes.removed {
            if unchanged(shelf, identity) {
                shelf.remove(identity);
            }
        }
        for (identity, cookie) in changes.set {
            let shelf = self.shelves.entry(partition.clone()).or_default();
            if unchanged(shelf, identity) {
                self.adopt(partition, cookie.clone(), now);
            }
        }
        self.bound(now);
        self.bases.insert(partition.clone(), merged);
    }
}

/// What is stored, with what has changed from `base` to `own`.
fn merge(stored: Vec<Cookie>, base: &Base, own: &Base, now: i64, limits: JarLimits) -> Base {
    let mut shelf = Shelf::default();
    for cookie in stored {
        shelf.put(cookie, now, limits.per_domain);
    }
    let changes = Changes::between(base, own, Cookie::is_as);
    for identity in changes.removed {
        shelf.remove(identity);
    }
    for (_, cookie) in changes.set {
        shelf.put(cookie.clone(), now, limits.per_domain);
    }
    while shelf.len() > limits.in_all {
        shelf.drop_stalest();
    }
    let cookies = shelf.iter().cloned();
    cookies.map(|cookie| (cookie.identity(), cookie)).collect()
}

/// The text of a state: name, value, domain, path, three times in microseconds since 1970 (created,
/// used, ends), `SameSite`, and a letter for each flag.
fn write(cookies: &Base) -> Vec<u8> {
    let mut cookies: Vec<&Cookie> = cookies.values().collect();
    cookies.sort_by_key(|cookie| (cookie.created, cookie.sequence));
    let mut writer = Writer::new(Kind::Cookies);
    for cookie in cookies {
        let flags = [
            (cookie.host_only, 'h'),
            (cookie.secure, 's'),
            (cookie.http_only, 'o'),
        ];
        let flags: String = flags
            .into_iter()
            .filter_map(|(set, letter)| set.then_some(letter))
            .collect();
        let expires = cookie.expires.unwrap_or(i64::MIN).to_string();
        writer.line(&[
            &cookie.name,
            &cookie.value,
            cookie.domain.as_bytes(),
            cookie.path.as_bytes(),
            cookie.created.to_string().as_bytes(),
            cookie.accessed.to_string().as_bytes(),
            expires.as_bytes(),
            cookie.same_site.as_str().as_bytes(),
            flags.as_bytes(),
        ]);
    }
    writer.finish()
}

/// The cookies of a state that have not expired, in the order of their creation.
fn read(state: &[u8], now: i64) -> Result<Vec<Cookie>, StoreError> {
    let mut sequence = 0;
    let mut cookies = Lines::parse(Kind::Cookies, state)?.read(|fields| {
        sequence += 1;
        read_cookie(fields, now, sequence)
    })?;
    cookies.retain(|cookie| !cookie.is_expired(now));
    Ok(cookies)
}

fn read_cookie(fields: &mut Fields<'_>, now: i64, sequence: u64) -> Result<Cookie, &'static str> {
    let (name, value) = (fields.bytes()?, fields.bytes()?);
    let (domain, path) = (fields.text()?, fields.text()?);
    let (created, accessed) = (fields.number()?, fields.number()?);
    let expires = fields.number::<i64>()?;
    let expires = expires.min(now.saturating_add(MAX_AGE_MICROS));
    let same_site = SameSite::parse(&fields.bytes()?);
    let flags = fields.text()?;
    if !flags.chars().all(|flag| "hso".contains(flag)) {
        return Err("an unknown flag");
    }
    let is_control = |byte: &u8| *byte != b'\t' && byte.is_ascii_control();
    if name.iter().chain(&value).any(is_control) || name.len() + value.len() > MAX_PAIR_BYTES {
        return Err("not the name and value of a cookie");
    }
    Ok(Cookie {
        name: name.into(),
        value: value.into(),
        domain: domain.into(),
        path: path.into(),
        host_only: flags.contains('h'),
        secure: flags.contains('s'),
        http_only: flags.contains('o'),
        same_site,
        created,
        accessed,
        expires: Some(expires),
        sequence,
    })
}
