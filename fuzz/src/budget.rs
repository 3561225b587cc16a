//! How much time of the processor one input may take.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The project's promise for whatever a peer presents.
const PROMISED: Duration = Duration::from_millis(50);
/// How many times slower the instrumented build is, with its checks for overflow, at the most.
const SLOWDOWN: u32 = 4;
/// A thread may be charged for what the system does meanwhile, so the best of so many runs counts.
const RUNS: usize = 3;

/// Does `work` and fails where it takes more time of the processor than is promised, each of three
/// times.
///
/// # Panics
/// Where it does: libFuzzer keeps the input then.
pub fn bounded<T>(work: impl Fn() -> T) -> T {
    let limit = PROMISED * SLOWDOWN;
    let before = spent();
    let result = work();
    let mut best = spent() - before;
    for _ in 1..RUNS {
        if best <= limit {
            break;
        }
        let before = spent();
        let _ = work();
        best = best.min(spent() - before);
    }
    assert!(
        best <= limit,
        "{best:?} of processor time, where {limit:?} are allowed in this build"
    );
    result
}

/// What this thread has used so far.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
