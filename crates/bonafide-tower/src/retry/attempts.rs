//! What several layers that retry know of each other.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::IdempotencyKey;

/// What was tried for a call: in the extensions of its response, and of its request where the
/// caller put one there, to know it of a call that failed too.
///
/// A handle that is cheap to clone; all clones are one. It is how layers keep their retries from
/// multiplying: each puts one into the requests that it sends. A layer further in notes in it how
/// many attempts it made, makes no more than are [allowed](Self::allowed), and notes when it gave
/// up. The layer further out then gives up too.
///
/// ```
/// use bonafide_tower::retry::Attempts;
/// use http::Request;
///
/// let attempts = Attempts::new();
/// let request = Request::get("https://example.com/").extension(attempts.clone()).body(())?;
/// // … after the call, whether it failed or not:
/// println!("{} attempts", attempts.made());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone)]
pub struct Attempts {
    shared: Arc<Shared>,
}

struct Shared {
    made: AtomicU32,
    allowed: u32,
    is_spent: AtomicBool,
    key: OnceLock<IdempotencyKey>,
}

impl Attempts {
    /// None yet, and any number is allowed.
    pub fn new() -> Self {
        Self::up_to(u32::MAX)
    }

    /// None yet, and `allowed` are.
    pub fn up_to(allowed: u32) -> Self {
        Self {
            shared: Arc::new(Shared {
                made: AtomicU32::new(0),
                allowed,
                is_spent: AtomicBool::new(false),
                key: OnceLock::new(),
            }),
        }
    }

    /// How many attempts were made; 0 if no layer counted them.
    pub fn made(&self) -> u32 {
        self.shared.made.load(Ordering::Acquire)
    }

    /// How many may be made.
    pub fn allowed(&self) -> u32 {
        self.shared.allowed
    }

    /// Whether a layer gave up: no further attempt is to be made for this call.
    pub fn is_spent(&self) -> bool {
        self.shared.is_spent.load(Ordering::Acquire)
    }

    /// The idempotency key that all attempts had, where they had one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.shared.key.get()
    }

    /// Counts further attempts.
    pub(super) fn add(&self, made: u32) {
        self.shared.made.fetch_add(made, Ordering::AcqRel);
    }

    /// Notes that a layer gave up.
    pub(super) fn spend(&self) {
        self.shared.is_spent.store(true, Ordering::Release);
    }

    /// Notes the key. Of several, the first one stays: one key is made for a call.
    pub(super) fn note_key(&self, key: &IdempotencyKey) {
        self.shared.key.get_or_init(|| key.clone());
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts")
            .field("made", &self.made())
            .field("allowed", &self.allowed())
            .field("is_spent", &self.is_spent())
            .field("key", &self.key())
            .finish()
    }
}
