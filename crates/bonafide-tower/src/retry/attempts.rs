//! How several layers that retry share one count of attempts.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::IdempotencyKey;

/// What is allowed where there is no limit.
const ANY_NUMBER: u32 = u32::MAX;

/// The attempts of one call. The layer puts it into the extensions of the response. A caller that
/// puts one into the extensions of the request can read it after a failed call too.
///
/// A handle that is cheap to clone; all clones share one state. Layers use it so that their retries
/// do not multiply: each layer puts one into the requests that it sends. An inner layer adds its
/// attempts to it, makes no more than are [allowed](Self::allowed), and records when it gives up.
/// The outer layer then gives up too.
///
/// One handle belongs to one call. Where redirects are followed outside of the layer, it counts
/// over all hops: [`made`](Self::made) has the attempts of each hop, and what is allowed is
/// allowed for all hops together. The limit of the layer's own [`Retry`](super::Retry) begins again
/// at each hop.
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
    retries: AtomicU32,
    allowed: u32,
    is_spent: AtomicBool,
    key: OnceLock<IdempotencyKey>,
}

impl Attempts {
    /// No attempts yet; any number is allowed.
    pub fn new() -> Self {
        Self::up_to(ANY_NUMBER)
    }

    /// No attempts yet; at most `allowed` may be made, and one more for each redirect that is
    /// followed: the first attempt of a hop is always made.
    pub fn up_to(allowed: u32) -> Self {
        Self {
            shared: Arc::new(Shared {
                made: AtomicU32::new(0),
                retries: AtomicU32::new(0),
                allowed,
                is_spent: AtomicBool::new(false),
                key: OnceLock::new(),
            }),
        }
    }

    /// How many attempts were made, over all hops; 0 if no layer counted them. An attempt counts
    /// once it has ended.
    pub fn made(&self) -> u32 {
        self.shared.made.load(Ordering::Acquire)
    }

    /// How many attempts were decided on after the first one of each hop. A retry that waits in
    /// backoff counts, and stays counted if the call is dropped before it is made.
    pub fn retries(&self) -> u32 {
        self.shared.retries.load(Ordering::Acquire)
    }

    /// How many attempts may be made: see [`up_to`](Self::up_to). [`u32::MAX`] is any number.
    pub fn allowed(&self) -> u32 {
        self.shared.allowed
    }

    /// Whether a layer gave up. Other layers must then make no further attempt for this call.
    pub fn is_spent(&self) -> bool {
        self.shared.is_spent.load(Ordering::Acquire)
    }

    /// The idempotency key of all attempts, if they had one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.shared.key.get()
    }

    /// How many more retries may be made.
    pub(super) fn retries_left(&self) -> u32 {
        self.allowed()
            .saturating_sub(1)
            .saturating_sub(self.retries())
    }

    /// Adds to the number of attempts.
    pub(super) fn add(&self, made: u32) {
        self.shared.made.fetch_add(made, Ordering::AcqRel);
    }

    /// Adds to the number of retries.
    pub(super) fn add_retries(&self, retries: u32) {
        self.shared.retries.fetch_add(retries, Ordering::AcqRel);
    }

    /// Records that a layer gave up.
    pub(super) fn spend(&self) {
        self.shared.is_spent.store(true, Ordering::Release);
    }

    /// Records the key. The first key stays: a call has one key.
    pub(super) fn note_key(&self, key: &IdempotencyKey) {
        self.shared.key.get_or_init(|| key.clone());
    }
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

/// `allowed` is shown as `None` where any number is allowed.
impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = Some(self.allowed()).filter(|allowed| *allowed != ANY_NUMBER);
        f.debug_struct("Attempts")
            .field("made", &self.made())
            .field("retries", &self.retries())
            .field("allowed", &allowed)
            .field("is_spent", &self.is_spent())
            .field("key", &self.key())
            .finish()
    }
}
