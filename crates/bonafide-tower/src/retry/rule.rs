//! Whether a request is sent again: synchronous, without a client.

use std::fmt;
use std::time::Duration;

use http::Method;

use super::{Backoff, Keys, Outcome};
use crate::delivery::{Delivery, is_idempotent};

/// The rule by which requests are sent again. Default: [`standard`](Self::standard).
///
/// The rule is synchronous and knows no client: pass it the outcome of an attempt, and do what it
/// returns. The [module docs](super) say what it decides.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_tower::delivery::Delivery;
/// use bonafide_tower::retry::{GiveUp, Outcome, Retry, Seen, Step};
/// use http::Method;
///
/// let retry = Retry::standard();
/// let mut seen = Seen::new(Outcome::Failed(Delivery::Answered), &Method::GET);
/// seen.retry_after = Some(Duration::from_secs(2));
/// match retry.judge(&seen, || true) {
///     Step::Again(again) => assert!(again.after >= Duration::from_secs(2)),
///     step => unreachable!("a GET is sent again: {step:?}"),
/// }
///
/// seen.method = &Method::POST;
/// assert_eq!(retry.judge(&seen, || true), Step::GiveUp(GiveUp::NotIdempotent));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    max_attempts: u32,
    backoff: Backoff,
    max_retry_after: Duration,
    keys: Keys,
}

impl Retry {
    /// Up to 3 attempts in all, [`Backoff::default`] between them, a `Retry-After` of up to 60 s,
    /// and the caller's own idempotency keys.
    pub const fn standard() -> Self {
        Self {
            max_attempts: 3,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(10)),
            max_retry_after: Duration::from_secs(60),
            keys: Keys::CallersOnly,
        }
    }

    /// A rule with one attempt: nothing is sent again.
    #[doc(alias = "never")]
    pub const fn none() -> Self {
        Self::standard().with_max_attempts(1)
    }

    /// Sets how many attempts a request has in all, the first one included. Default: 3. 0 counts
    /// as 1. Where redirects are followed outside of the layer, each hop is a request.
    #[doc(alias = "max_retries_per_request")]
    #[must_use]
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// Sets how long to wait between attempts. Default: [`Backoff::default`].
    #[must_use]
    pub const fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets the longest `Retry-After` that is followed. Default: 60 s. A response that asks for a
    /// longer wait is returned to the caller.
    #[must_use]
    pub const fn with_max_retry_after(mut self, limit: Duration) -> Self {
        self.max_retry_after = limit;
        self
    }

    /// Sets which calls have an idempotency key. Default: [`Keys::CallersOnly`].
    #[must_use]
    pub const fn with_keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// How many attempts a request has in all.
    pub const fn max_attempts(self) -> u32 {
        self.max_attempts
    }

    /// Which calls have an idempotency key.
    pub const fn keys(self) -> Keys {
        self.keys
    }

    /// What to do after the attempt that `seen` describes. `withdraw` takes a retry out of the
    /// budget, and says whether there was one; it is called last, if nothing else is against it.
    pub fn judge(&self, seen: &Seen<'_>, withdraw: impl FnOnce() -> bool) -> Step {
        if seen.outcome == Outcome::Final {
            return Step::Finish;
        }
        match self.again(seen) {
            Ok(again) if withdraw() => Step::Again(again),
            Ok(_) => Step::GiveUp(GiveUp::Budget),
            Err(why) => Step::GiveUp(why),
        }
    }

    fn again(&self, seen: &Seen<'_>) -> Result<Again, GiveUp> {
        if seen.is_spent {
            return Err(GiveUp::SpentBelow);
        }
        let over = match seen.outcome {
            Outcome::Misdirected if seen.fresh_connection_tried => return Err(GiveUp::Repeated),
            Outcome::Misdirected => Over::FreshConnection,
            Outcome::Http1Required if seen.http1_tried => return Err(GiveUp::Repeated),
            Outcome::Http1Required => Over::Http1,
            Outcome::Failed(delivery) if !seen.may_repeat(delivery) => {
                return Err(GiveUp::NotIdempotent);
            }
            _ => Over::Any,
        };
        if seen.made >= self.max_attempts.min(seen.allowed) {
            return Err(GiveUp::Attempts);
        }
        if !seen.can_repeat_body {
            return Err(GiveUp::Body);
        }
        let asked = seen.retry_after.unwrap_or_default();
        if asked > self.max_retry_after {
            return Err(GiveUp::RetryAfter { asked });
        }
        // Another connection helps here, and waiting does not.
        let jitter = match over {
            Over::Any => self.backoff.wait(seen.made, seen.random),
            Over::FreshConnection | Over::Http1 => Duration::ZERO,
        };
        let after = asked.saturating_add(jitter);
        if seen.time_left.is_some_and(|left| after >= left) {
            return Err(GiveUp::Deadline { wait: after });
        }
        Ok(Again { after, over })
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::standard()
    }
}

/// An attempt, and the call that it belongs to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// What became of it.
    pub outcome: Outcome,
    /// The method of the request.
    pub method: &'a Method,
    /// Whether the request has an [`IdempotencyKey`](super::IdempotencyKey). Default: no.
    pub has_key: bool,
    /// How many attempts of this request were made, this one included. Default: 1.
    pub made: u32,
    /// How many attempts an outer layer allows this call in all. Default: any number.
    pub allowed: u32,
    /// Whether an inner layer has given up: see [`Attempts`](super::Attempts). Default: no.
    pub is_spent: bool,
    /// Whether an attempt was made over a [fresh connection](Over::FreshConnection). Default: no.
    pub fresh_connection_tried: bool,
    /// Whether an attempt was made over [HTTP/1.1](Over::Http1) by force. Default: no.
    pub http1_tried: bool,
    /// Whether the body of the request can be sent once more. An empty body can. Default: yes.
    pub can_repeat_body: bool,
    /// How long the response asks to wait: see [`retry_after`](super::retry_after). Default: none.
    pub retry_after: Option<Duration>,
    /// The time until the deadline of the call. Default: no deadline.
    pub time_left: Option<Duration>,
    /// The jitter: see [`random_bits`](super::random_bits). Default: 0, for no wait.
    pub random: u64,
}

impl<'a> Seen<'a> {
    /// The first attempt of a request of `method`, with the defaults of all other fields.
    pub const fn new(outcome: Outcome, method: &'a Method) -> Self {
        Self {
            outcome,
            method,
            has_key: false,
            made: 1,
            allowed: u32::MAX,
            is_spent: false,
            fresh_connection_tried: false,
            http1_tried: false,
            can_repeat_body: true,
            retry_after: None,
            time_left: None,
            random: 0,
        }
    }

    /// Whether a request that got as far as `delivery` may be sent again.
    fn may_repeat(&self, delivery: Delivery) -> bool {
        delivery.is_unprocessed() || self.has_key || is_idempotent(self.method)
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The call ends with the response or error of this attempt; there is no reason for another
    /// one.
    Finish,
    /// The request is sent again.
    Again(Again),
    /// The attempt failed, and the call ends with its response or error.
    GiveUp(GiveUp),
}

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Again {
    /// How long to wait before it: the time of `Retry-After` plus the jitter.
    pub after: Duration,
    /// Which connection to use.
    pub over: Over,
}

/// Which connection to use when a request is sent again. The layer puts it into the extensions of
/// the request, unless it is [`Any`](Self::Any).
///
/// A client that ignores it may use the same connection again; the call then ends with the second
/// 421. hyper-util's client ignores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Over {
    /// Any connection.
    #[default]
    Any,
    /// A new connection, made only for the origin of the request.
    FreshConnection,
    /// A connection that uses HTTP/1.1.
    Http1,
}

/// Why a request that failed is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUp {
    /// The request may have been processed, and is idempotent neither by method nor by key.
    NotIdempotent,
    /// All attempts of the call were made.
    Attempts,
    /// An inner layer gave up: see [`Attempts`](super::Attempts).
    SpentBelow,
    /// The body of the request cannot be repeated, for example because it is a stream.
    Body,
    /// The server asks to wait longer than the [limit](Retry::with_max_retry_after).
    RetryAfter {
        /// How long the server asks to wait.
        asked: Duration,
    },
    /// The deadline of the call comes before the end of the wait.
    Deadline {
        /// The length of the wait.
        wait: Duration,
    },
    /// The [budget](super::Budgets) has no retry left.
    Budget,
    /// The server answered 421 or `HTTP_1_1_REQUIRED` for the second time.
    Repeated,
    /// The call does not run in a tokio runtime, so it cannot wait.
    NoRuntime,
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIdempotent => f.write_str("the request is not idempotent"),
            Self::Attempts => f.write_str("no attempt is left"),
            Self::SpentBelow => f.write_str("an inner layer gave up"),
            Self::Body => f.write_str("the body of the request cannot be sent again"),
            Self::RetryAfter { asked } => {
                write!(f, "the server asks to wait {asked:?}, longer than allowed")
            }
            Self::Deadline { wait } => write!(
                f,
                "the deadline of the call comes before the end of a wait of {wait:?}"
            ),
            Self::Budget => f.write_str("the budget of retries is spent"),
            Self::Repeated => f.write_str("the server asked for another connection a second time"),
            Self::NoRuntime => f.write_str("there is no tokio runtime to wait in"),
        }
    }
}
