//! One call, from attempt to attempt. The layer uses it, and so can a client with its own retries.

use std::time::{Duration, SystemTime};

use http::{Extensions, HeaderMap, Method};

use super::{
    Attempts, IdempotencyKey, Outcome, Over, Retry, RetryError, Seen, Step, random_bits,
    retry_after,
};

/// One call, from its first attempt to its last: what [`RetryLayer`](super::RetryLayer) does, for a
/// client that uses the rule without the layer.
///
/// ```
/// use bonafide_tower::delivery::Delivery;
/// use bonafide_tower::retry::{Course, Ended, Outcome, Retry, Step};
/// use http::{Extensions, HeaderMap, Method};
///
/// let (method, mut headers, extensions) = (Method::GET, HeaderMap::new(), Extensions::new());
/// let mut course = Course::begin(Retry::standard(), &method, &mut headers, &extensions)?;
/// loop {
///     let mut extensions = extensions.clone();
///     course.prepare(&mut extensions);
///     // … the request is sent with these extensions, and its connection breaks:
///     let ended = Ended {
///         outcome: Outcome::Failed(Delivery::MaybeProcessed),
///         headers: None,
///         can_repeat_body: true,
///         time_left: None,
///     };
///     match course.judge(&method, &ended, || true) {
///         Step::Again(again) => std::thread::sleep(again.after),
///         Step::Finish | Step::GiveUp(_) => break,
///     }
/// }
/// assert_eq!(course.attempts().made(), 3);
/// # Ok::<(), bonafide_tower::retry::RetryError>(())
/// ```
#[derive(Debug)]
pub struct Course {
    retry: Retry,
    /// The attempts that the caller or an outer layer sees.
    own: Attempts,
    /// The attempts that an inner layer sees in the current attempt.
    below: Attempts,
    /// The attempts of this call that count towards its limit: the first one and all retries, those
    /// of inner layers included. Redirects between the layers add none.
    counted: u32,
    made: u32,
    over: Over,
    has_key: bool,
    fresh_connection_tried: bool,
    http1_tried: bool,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The outcome of the attempt.
    pub outcome: Outcome,
    /// The headers of its response; `None` for an error. `Retry-After` and `Date` are read.
    pub headers: Option<&'a HeaderMap>,
    /// Whether the body of the request can be sent once more. A body without content can.
    pub can_repeat_body: bool,
    /// The time that the call has left, if that is limited.
    pub time_left: Option<Duration>,
}

impl Course {
    /// A call of `method` with these headers and extensions. Its
    /// [idempotency key](super::Keys), if it has one, then stands in `headers`, for all attempts.
    ///
    /// # Errors
    ///
    /// [`RetryError::NoRandomBytes`] if a key cannot be made.
    pub fn begin(
        retry: Retry,
        method: &Method,
        headers: &mut HeaderMap,
        extensions: &Extensions,
    ) -> Result<Self, RetryError> {
        let key = IdempotencyKey::settle(retry.keys(), method, headers, extensions.get())?;
        let own = extensions.get::<Attempts>().cloned().unwrap_or_default();
        if let Some(key) = &key {
            own.note_key(key);
        }
        Ok(Self {
            retry,
            own,
            below: Attempts::new(),
            counted: 0,
            made: 0,
            over: Over::Any,
            has_key: key.is_some(),
            fresh_connection_tried: false,
            http1_tried: false,
        })
    }

    /// Prepares the extensions of the next attempt's request, which a client and inner layers read:
    /// [`Attempts`], and [`Over`] where it is not [`Over::Any`].
    ///
    /// A client without inner layers need not call this: [`Again::over`](super::Again) has the same
    /// information.
    pub fn prepare(&mut self, extensions: &mut Extensions) {
        self.below = Attempts::up_to(self.left().max(1));
        extensions.insert(self.below.clone());
        if self.over == Over::Any {
            extensions.remove::<Over>();
        } else {
            extensions.insert(self.over);
        }
    }

    /// Whether another attempt may follow the prepared one. If not, the body of the request need
    /// not be kept.
    pub fn may_go_on(&self) -> bool {
        self.left() > 1
    }

    /// What to do after an attempt. `withdraw` takes a retry from the budget: see [`Retry::judge`].
    pub fn judge(
        &mut self,
        method: &Method,
        ended: &Ended<'_>,
        withdraw: impl FnOnce() -> bool,
    ) -> Step {
        let made = self.below.made().max(1);
        self.made = self.made.saturating_add(made);
        self.own.add(made);
        // Without the attempts that follow redirects. A retry counts that was decided on and not
        // made, as when a layer between the two limits the time.
        let retries = self.below.retries();
        self.counted = self.counted.saturating_add(1).saturating_add(retries);
        self.own.add_retries(retries);
        let is_final = ended.outcome == Outcome::Final;
        let seen = Seen {
            has_key: self.has_key,
            made: self.counted,
            allowed: self.counted.saturating_add(self.own.retries_left()),
            is_spent: self.below.is_spent(),
            fresh_connection_tried: self.fresh_connection_tried,
            http1_tried: self.http1_tried,
            can_repeat_body: ended.can_repeat_body,
            retry_after: ended
                .headers
                .filter(|_| !is_final)
                .and_then(|headers| retry_after(headers, SystemTime::now())),
            time_left: ended.time_left,
            random: if is_final { 0 } else { random_bits() },
            ..Seen::new(ended.outcome, method)
        };
        let step = self.retry.judge(&seen, withdraw);
        match step {
            Step::Again(again) => {
                self.own.add_retries(1);
                self.over = again.over;
                self.fresh_connection_tried |= again.over == Over::FreshConnection;
                self.http1_tried |= again.over == Over::Http1;
            }
            // A successful response does not end the call for outer layers, which may classify it
            // differently.
            Step::Finish if ended.headers.is_some() => {}
            Step::Finish | Step::GiveUp(_) => self.own.spend(),
        }
        step
    }

    /// How many attempts were made.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// The attempts so far, for the extensions of the response.
    pub fn attempts(&self) -> &Attempts {
        &self.own
    }

    /// How many attempts may be made from the next one on, that one included.
    fn left(&self) -> u32 {
        let by_rule = self.retry.max_attempts().saturating_sub(self.counted);
        by_rule.min(self.own.retries_left().saturating_add(1))
    }
}
