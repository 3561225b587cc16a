//! What one round of one contender took.

use std::time::{Duration, Instant};

use crate::machine::processor_time;

/// What one round of one contender took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) operations: usize,
    pub(crate) wall: Duration,
    /// User and system time of the whole process; `None` where that is not known.
    pub(crate) processor: Option<Duration>,
    /// Connections that the server accepted.
    pub(crate) connections: usize,
    /// Those among them that resumed a session.
    pub(crate) resumed: usize,
    /// By how much the resident memory of the process grew; `None` where that is not known.
    #[cfg_attr(
        not(feature = "peers"),
        allow(dead_code, reason = "no workload looks at memory")
    )]
    pub(crate) resident_bytes: Option<u64>,
}

/// Takes the time and the processor time of something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    processor: Option<Duration>,
    wall: Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            processor: processor_time(),
            wall: Instant::now(),
        }
    }

    /// Adds what has passed since the start to `sample`.
    pub(crate) fn stop(self, sample: &mut Sample) {
        sample.wall += self.wall.elapsed();
        if let (Some(before), Some(now)) = (self.processor, processor_time()) {
            let sum = sample.processor.unwrap_or_default();
            sample.processor = Some(sum + now.saturating_sub(before));
        }
    }
}
