//! The shadow: a candidate policy that judges the same handshakes on a thread of its own and
//! decides nothing.

mod queued;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use self::queued::QueuedHandshake;
use crate::events::throttle::Throttle;
use crate::events::{Divergence, Event, Events};
use crate::judge::Judge;
use crate::path::presented::Peer;
use crate::record::{Onlooker, ShadowCounts};
use crate::verdict::receipt::report::Receipt;

/// Maximum number of handshakes that wait for the candidate; each keeps its chain, a few kilobytes.
const QUEUE: usize = 64;
/// The interval after which a divergence of one host and pair of verdicts is reported again.
const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);
/// Maximum number of remembered hosts with their pairs of verdicts.
const MOST_DIVERGENCES: usize = 1024;

/// A candidate policy that is tried in production without deciding anything.
///
/// It judges the handshakes of the policy to which it is added
/// ([`PolicyBuilder::shadow`](crate::PolicyBuilder::shadow)), accepted and refused ones: the same
/// chain, name, staple and time. If its verdict differs, an [`Event::Divergence`] is emitted. So a
/// stricter profile or new pins show what they would refuse before they are in force, and a more
/// permissive policy shows what it would accept.
///
/// - It runs on a thread of its own, which starts with the first handshake and ends with the
///   policy. At most 64 handshakes wait for it; more are dropped and counted
///   ([`Policy::shadow_counts`](crate::Policy::shadow_counts)). No handshake waits for the
///   candidate.
/// - Only full handshakes are judged: not resumed sessions, whose certificates were judged when the
///   session began, and not requests on pooled connections.
/// - The candidate stores nothing and emits no events of its own: it stores no first contacts and
///   remembers no intermediates. In its zones with `first_use`, a key that is not stored is
///   [`KeyUnknown`](crate::Code::KeyUnknown).
/// - A panic in a check of the candidate is caught and counted, unless the program aborts on panic.
///
/// A shadow has no method that decides, and does not give back its policy:
///
/// ```compile_fail,E0599
/// use bonafide_verify::{Policy, Shadow};
/// # fn decide(peer: &bonafide_verify::Peer<'_>) -> Result<(), bonafide_verify::ConfigError> {
/// let shadow = Shadow::of(Policy::builder().build()?);
/// let receipt = shadow.verify(peer);
/// # Ok(())
/// # }
/// ```
///
/// ```compile_fail,E0599
/// use bonafide_verify::{Policy, Shadow};
/// # fn decide() -> Result<(), bonafide_verify::ConfigError> {
/// let shadow = Shadow::of(Policy::builder().build()?);
/// let config = shadow.client_config();
/// # Ok(())
/// # }
/// ```
///
/// How it is used:
///
/// ```
/// use bonafide_verify::{Policy, Profile, Shadow};
///
/// let stricter = Policy::builder().profile(Profile::WebPki).build()?;
/// let policy = Policy::builder().shadow(Shadow::of(stricter)).build()?;
/// # let _ = policy;
/// # Ok::<(), bonafide_verify::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shadow {
    candidate: Arc<Judge>,
}

impl Shadow {
    pub(crate) fn of_judge(candidate: &Judge) -> Self {
        Self {
            candidate: Arc::new(candidate.clone()),
        }
    }

    /// The onlooker for a policy whose events are `events`.
    pub(crate) fn onlooker(self, events: Events) -> Arc<dyn Onlooker> {
        Arc::new(CandidatePolicy {
            judge: self.candidate,
            events,
            counters: Arc::default(),
            queue: OnceLock::new(),
        })
    }
}

/// A candidate with its queue of handshakes.
#[derive(Debug)]
struct CandidatePolicy {
    judge: Arc<Judge>,
    events: Events,
    counters: Arc<Counters>,
    /// `Some(None)` if the thread could not be started.
    queue: OnceLock<Option<SyncSender<QueuedHandshake>>>,
}

#[derive(Debug, Default)]
struct Counters {
    agreed: AtomicU64,
    differed: AtomicU64,
    dropped: AtomicU64,
    panicked: AtomicU64,
}

impl Onlooker for CandidatePolicy {
    fn saw(&self, peer: &Peer<'_>, receipt: &Receipt) {
        let queue = self.queue.get_or_init(|| self.start());
        let queued = queue
            .as_ref()
            .zip(QueuedHandshake::of(peer, receipt))
            .is_some_and(|(queue, case)| queue.try_send(case).is_ok());
        if !queued {
            count(&self.counters.dropped, "dropped");
        }
    }

    fn counts(&self) -> ShadowCounts {
        let Counters {
            agreed,
            differed,
            dropped,
            panicked,
        } = &*self.counters;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ShadowCounts {
            agreed: read(agreed),
            differed: read(differed),
            dropped: read(dropped),
            panicked: read(panicked),
        }
    }
}

impl CandidatePolicy {
    /// Starts the thread. The thread does not hold `self`, so it ends when the policy and its queue
    /// are dropped.
    fn start(&self) -> Option<SyncSender<QueuedHandshake>> {
        let (sender, cases) = sync_channel(QUEUE);
        let judge = Arc::clone(&self.judge);
        let (events, counters) = (self.events.clone(), Arc::clone(&self.counters));
        let started = thread::Builder::new()
            .name("bonafide-shadow".to_owned())
            .spawn(move || judge_all(&judge, &events, &counters, &cases));
        match started {
            Ok(_runs_on_its_own) => Some(sender),
            Err(error) => {
                tracing::warn!(
                    %error,
                    "cannot start the thread of the candidate policy: it judges no handshakes"
                );
                None
            }
        }
    }
}

fn judge_all(
    judge: &Judge,
    events: &Events,
    counters: &Counters,
    cases: &Receiver<QueuedHandshake>,
) {
    let mut throttle = Throttle::new(AGAIN_AFTER, MOST_DIVERGENCES);
    for case in cases {
        let judged = catch_unwind(AssertUnwindSafe(|| case.judge(judge)));
        match judged {
            Ok(candidate) if candidate == case.in_force => count(&counters.agreed, "agreed"),
            Ok(candidate) => {
                let key = (case.host.clone(), case.in_force, candidate);
                let now = Duration::from_secs(case.time.as_secs());
                let divergence = throttle.count(&key, (), now).map(|count| Divergence {
                    host: case.host,
                    zone: case.zone,
                    in_force: case.in_force,
                    candidate,
                    count,
                });
                if let Some(divergence) = divergence {
                    let emit = || events.emit(&Event::Divergence(divergence));
                    if catch_unwind(AssertUnwindSafe(emit)).is_err() {
                        count(&counters.panicked, "panicked");
                    }
                }
                count(&counters.differed, "differed");
            }
            Err(_panic) => count(&counters.panicked, "panicked"),
        }
    }
}

fn count(counter: &AtomicU64, outcome: &'static str) {
    counter.fetch_add(1, Ordering::Relaxed);
    #[cfg(feature = "metrics")]
    metrics::counter!("bonafide_shadow_handshakes_total", "outcome" => outcome).increment(1);
    #[cfg(not(feature = "metrics"))]
    let _ = outcome;
}
