//! The forecast: reports what a policy depends on that expires soon, at a limited rate.

mod given;
mod reported;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls_pki_types::UnixTime;

use self::given::Given;
use self::reported::Reports;
use crate::config::description::ExpiryKind;

use crate::events::{DAY, Event, Events, Expiring, Horizons};
use crate::verdict::receipt::report::Receipt;
use crate::x509::certificate::subject_text;
use crate::zone::Zones;

/// The time until the next check if the anchors of a zone were not loaded.
const SOON: Duration = Duration::from_secs(10 * 60);

/// The forecast of one policy.
pub(crate) struct Forecast {
    horizons: Horizons,
    reports: ArcSwap<Mutex<Reports>>,
    /// The time in seconds of the next check of what the policy itself names.
    next_look: AtomicU64,
}

impl Forecast {
    pub(crate) fn new(horizons: Horizons) -> Self {
        Self {
            horizons,
            reports: ArcSwap::from_pointee(Mutex::default()),
            next_look: AtomicU64::new(0),
        }
    }

    /// Shares with `other` the record of what was reported, so that a new policy does not report
    /// everything again.
    pub(crate) fn continue_from(&self, other: &Self) {
        self.reports.store(other.reports.load_full());
    }

    /// A forecast with the same horizons that shares the record of what was reported.
    pub(crate) fn renewed(&self) -> Self {
        let forecast = Self::new(self.horizons.clone());
        forecast.continue_from(self);
        forecast
    }

    /// Reports what the policy itself names, at most once a day.
    pub(crate) fn look_through(&self, zones: &Zones, now: UnixTime, events: &Events) {
        let seconds = now.as_secs();
        let next = self.next_look.load(Ordering::Relaxed);
        if self.horizons.is_off() || seconds < next {
            return;
        }
        let given = Given::of(zones);
        let wait = if given.is_complete { DAY } else { SOON };
        let then = seconds.saturating_add(wait.as_secs());
        let mine =
            self.next_look
                .compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed);
        if mine.is_err() {
            return;
        }
        for expiring in self.of_policy(given, now) {
            self.report(expiring, now, events);
        }
    }

    /// Reports the certificates on the path of a handshake.
    pub(crate) fn met(&self, receipt: &Receipt, events: &Events) {
        let now = receipt.time();
        for expiring in self.of_path(receipt, now) {
            self.report(expiring, now, events);
        }
    }

    /// Everything within a horizon, the nearest first: what the policy names, and the certificates
    /// on the paths of `receipts`.
    pub(crate) fn all(
        &self,
        zones: &Zones,
        receipts: &[Arc<Receipt>],
        now: UnixTime,
    ) -> Vec<Expiring> {
        if self.horizons.is_off() {
            return Vec::new();
        }
        let of_paths = receipts
            .iter()
            .flat_map(|receipt| self.of_path(receipt, now));
        let all = self.of_policy(Given::of(zones), now).chain(of_paths);
        let sorted: BTreeMap<_, _> = all
            .map(|one| {
                let order = (one.at, one.kind, one.host.clone(), one.what.clone());
                (order, one)
            })
            .collect();
        sorted.into_values().collect()
    }

    fn of_policy(&self, given: Given, now: UnixTime) -> impl Iterator<Item = Expiring> {
        let things = given.things.into_iter();
        things.filter_map(move |((kind, what, at), zones)| {
            Some(Expiring {
                kind,
                host: None,
                zones,
                what,
                at,
                within_days: self.horizons.reached(at, now)?,
            })
        })
    }

    fn of_path(&self, receipt: &Receipt, now: UnixTime) -> impl Iterator<Item = Expiring> {
        let path = receipt.path().filter(|_| !self.horizons.is_off());
        let ends = path.map_or(&[][..], |path| path.not_after());
        let ends = ends.iter().enumerate();
        ends.filter_map(move |(position, at)| {
            let at = (*at)?;
            let within_days = self.horizons.reached(at, now)?;
            let certificates = receipt.path()?.certificates();
            Some(Expiring {
                kind: match position {
                    0 => ExpiryKind::Leaf,
                    _ if position + 1 == certificates.len() => ExpiryKind::Anchor,
                    _ => ExpiryKind::Intermediate,
                },
                host: Some(receipt.host().unwrap_or_default().to_owned()),
                zones: vec![receipt.zone().to_owned()],
                what: subject_text(certificates.get(position)?),
                at,
                within_days,
            })
        })
    }

    fn report(&self, expiring: Expiring, now: UnixTime, events: &Events) {
        let reports = self.reports.load();
        let is_due = reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_due(&expiring, now);
        if is_due {
            events.emit(&Event::Expiring(expiring));
        }
    }
}

impl fmt::Debug for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Forecast").field(&self.horizons).finish()
    }
}
