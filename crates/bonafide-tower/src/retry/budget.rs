//! The number of retries allowed for all calls to one authority.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::Request;

/// The number of retries allowed for all calls to one authority. Each retry takes one from the
/// budget, and each call adds a part of one. Default: 100 retries at the start, and one more for
/// every 5 calls.
///
/// For any number of calls, there are at most `burst + percent × calls / 100` retries. The budget
/// does not grow with time, so a long outage adds at most `percent` requests. Both defaults equal
/// the initial values of Finagle's `RetryBudget` (20 %, and 10 a second for 10 seconds) and of the
/// AWS SDKs' standard mode (500 tokens, 5 for a retry, 1 back for a success).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    burst: u32,
    percent: u32,
}

/// The units of one retry; a call adds a fraction of it.
const RETRY: u64 = 100;

impl Budget {
    /// A budget of at most `burst` retries, full at the start. Each call adds `percent` hundredths
    /// of a retry.
    pub const fn new(burst: u32, percent: u32) -> Self {
        Self { burst, percent }
    }

    fn full(self) -> u64 {
        u64::from(self.burst) * RETRY
    }

    /// The new value of `left` after another call.
    fn deposit(self, left: u64) -> u64 {
        left.saturating_add(self.percent.into()).min(self.full())
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(100, 20)
    }
}

/// One [`Budget`] for each key `K`, for example each authority or each tenant. A handle that is
/// cheap to clone; all clones share one state.
///
/// Only budgets that are not full are stored, at most 1,024. Further keys share one budget until
/// there is room again.
///
/// ```
/// use bonafide_tower::retry::{Budget, Budgets};
///
/// let budgets = Budgets::new(Budget::new(1, 50));
/// assert!(budgets.withdraw("a.example"));
/// assert!(!budgets.withdraw("a.example"));
/// assert!(budgets.withdraw("b.example"));
///
/// budgets.deposit(|| "a.example");
/// budgets.deposit(|| "a.example");
/// assert!(budgets.withdraw("a.example"));
/// ```
pub struct Budgets<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    budget: Budget,
    max_keys: usize,
    /// How many budgets are not full. Where none is, no lock is taken.
    in_use: AtomicUsize,
    left: Mutex<Left<K>>,
}

/// What is left in those budgets that are not full.
struct Left<K> {
    by_key: HashMap<K, u64>,
    /// Of the keys for which there was no room.
    others: u64,
}

impl<K: Hash + Eq> Budgets<K> {
    /// A `budget` for each key.
    pub fn new(budget: Budget) -> Self {
        Self::with_max_keys(budget, 1_024)
    }

    /// A `budget` for each key, of which up to `max_keys` are kept while they are not full.
    /// Default: 1,024.
    pub fn with_max_keys(budget: Budget, max_keys: usize) -> Self {
        let left = Left {
            by_key: HashMap::new(),
            others: budget.full(),
        };
        Self {
            shared: Arc::new(Shared {
                budget,
                max_keys,
                in_use: AtomicUsize::new(0),
                left: Mutex::new(left),
            }),
        }
    }

    /// Records the start of a call, which adds to the budget of its key, also if the call fails
    /// later. Calls `key` only while some budget is not full.
    pub fn deposit(&self, key: impl FnOnce() -> K) {
        if self.shared.in_use.load(Ordering::Acquire) == 0 {
            return;
        }
        let key = key();
        self.change(|budget, _, left| match left.by_key.get_mut(&key) {
            Some(own) => {
                *own = budget.deposit(*own);
                if *own == budget.full() {
                    left.by_key.remove(&key);
                }
            }
            None => left.others = budget.deposit(left.others),
        });
    }

    /// Takes one retry from the budget of `key`; `false` if the budget is empty.
    pub fn withdraw(&self, key: K) -> bool {
        self.change(|budget, max_keys, left| {
            let has_room = left.by_key.len() < max_keys;
            let own = match left.by_key.get_mut(&key) {
                Some(own) => own,
                None if has_room && budget.full() >= RETRY => {
                    left.by_key.insert(key, budget.full() - RETRY);
                    return true;
                }
                None => &mut left.others,
            };
            match own.checked_sub(RETRY) {
                Some(rest) => {
                    *own = rest;
                    true
                }
                None => false,
            }
        })
    }

    /// How many budgets are not full, the shared one included.
    pub fn in_use(&self) -> usize {
        self.shared.in_use.load(Ordering::Acquire)
    }

    fn change<T>(&self, change: impl FnOnce(Budget, usize, &mut Left<K>) -> T) -> T {
        let Shared {
            budget,
            max_keys,
            in_use,
            left,
        } = &*self.shared;
        let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(*budget, *max_keys, &mut left);
        let others = usize::from(left.others < budget.full());
        in_use.store(left.by_key.len() + others, Ordering::Release);
        changed
    }
}

impl<K: Hash + Eq> Default for Budgets<K> {
    fn default() -> Self {
        Self::new(Budget::default())
    }
}

impl<K> Clone for Budgets<K> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K> fmt::Debug for Budgets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared {
            budget,
            max_keys,
            in_use,
            left: _,
        } = &*self.shared;
        f.debug_struct("Budgets")
            .field("budget", budget)
            .field("max_keys", max_keys)
            .field("in_use", in_use)
            .finish_non_exhaustive()
    }
}

/// The key of the budget that the retries of a request use. Default: the request's scheme, host and
/// port.
///
/// To separate budgets in another way, for example by tenant or by zone, put a key into the
/// extensions of a request.
///
/// ```
/// use bonafide_tower::retry::BudgetKey;
/// use http::Request;
///
/// let key = BudgetKey::of_zone("*.example.com", "api.example.com:443");
/// let request = Request::get("https://api.example.com/").extension(key.clone()).body(())?;
/// assert_eq!(BudgetKey::of(&request), key);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BudgetKey {
    zone: Option<Arc<str>>,
    name: Arc<str>,
}

impl BudgetKey {
    /// The key with this name.
    pub fn new(name: &str) -> Self {
        Self {
            zone: None,
            name: name.into(),
        }
    }

    /// The key of an authority (`host:port`) in a zone of the policy, by the zone's pattern. Equal
    /// to no key that is made in another way. The case of ASCII letters in `authority` is ignored;
    /// a port that is left out is not filled in.
    ///
    /// One authority in two zones, as after a change of the policy, has two budgets.
    pub fn of_zone(zone: &str, authority: &str) -> Self {
        Self {
            zone: Some(zone.into()),
            name: authority.to_ascii_lowercase().into(),
        }
    }

    /// The one in the extensions of `request`, else its scheme, host and port. User name and
    /// password are left out.
    pub fn of<B>(request: &Request<B>) -> Self {
        let given = request.extensions().get::<Self>();
        given.cloned().unwrap_or_else(|| {
            let uri = request.uri();
            let scheme = uri.scheme_str().unwrap_or_default();
            let port = uri.port_u16().unwrap_or(match scheme {
                "http" => 80,
                _ => 443,
            });
            let host = uri.host().unwrap_or_default().to_ascii_lowercase();
            Self::new(&format!("{scheme}://{host}:{port}"))
        })
    }
}
