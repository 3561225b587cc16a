use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// How long to wait before a retry: exponential, with full jitter.
///
/// Before retry number `n`, counted from 1, the wait is random, with equal probability between 0
/// and `min(cap, base × 2^(n - 1))`. This is "full jitter" of "Exponential Backoff And Jitter" (AWS
/// Architecture Blog, 2015), and the backoff of gRPC's proposal A6.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_tower::retry::Backoff;
///
/// let backoff = Backoff::default();
/// let bounds = [1, 2, 3, 30].map(|retry| backoff.bound(retry).as_millis());
/// assert_eq!(bounds, [100, 200, 400, 10_000]);
/// assert!(backoff.wait(2, u64::MAX / 2) < Duration::from_millis(100));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// The first wait is at most `base`, each further one at most twice the one before, and none
    /// more than `cap`. With a `base` of zero there is no wait.
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// The longest wait before retry number `retry`, counted from 1.
    pub fn bound(self, retry: u32) -> Duration {
        let factor = 1_u32.checked_shl(retry.saturating_sub(1));
        let bound = factor.and_then(|factor| self.base.checked_mul(factor));
        let doubled_out_of_range = if self.base.is_zero() {
            Duration::ZERO
        } else {
            self.cap
        };
        bound.unwrap_or(doubled_out_of_range).min(self.cap)
    }

    /// The wait before retry number `retry`, counted from 1, by 64 random bits: see
    /// [`random_bits`].
    pub fn wait(self, retry: u32, random: u64) -> Duration {
        let bound = self.bound(retry).as_nanos();
        let nanos = bound.checked_mul(u128::from(random)).map(|it| it >> 64);
        nanos
            .and_then(|nanos| u64::try_from(nanos).ok())
            .map_or(self.bound(retry), Duration::from_nanos)
    }
}

/// At most 100 ms before the first retry, and 10 s before any.
impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(10))
    }
}

/// 64 bits for the jitter, which differ between processes and calls. Not for secrets.
pub fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}
