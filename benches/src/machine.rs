//! Cores and processor time. On other systems than Linux nothing is pinned and no processor time is
//! reported.

use std::time::Duration;

/// A core of the two that a run uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Core {
    /// Of the process that is measured.
    Client,
    /// Of the process with the servers.
    #[cfg_attr(
        not(feature = "peers"),
        allow(dead_code, reason = "the servers are another program")
    )]
    Server,
}

/// Keeps this thread, and the threads that it starts, on `core`, where there are two.
#[cfg(target_os = "linux")]
pub(crate) fn pin(core: Core) -> std::io::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let allowed = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    let (Some(first), Some(second)) = (cores.next(), cores.next()) else {
        return Ok(());
    };
    let mut one = CpuSet::new();
    one.set(match core {
        Core::Client => first,
        Core::Server => second,
    });
    Ok(sched_setaffinity(None, &one)?)
}

/// Nothing can be pinned here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pin(_: Core) -> std::io::Result<()> {
    Ok(())
}

/// Lets this thread, and the threads that it starts, run on all cores again.
#[cfg(all(feature = "peers", target_os = "linux"))]
pub(crate) fn unpin() -> std::io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|core| all.set(core));
    Ok(sched_setaffinity(None, &all)?)
}

/// Nothing is pinned here.
#[cfg(all(feature = "peers", not(target_os = "linux")))]
pub(crate) fn unpin() -> std::io::Result<()> {
    Ok(())
}

/// User and system time of this process so far.
#[cfg(target_os = "linux")]
pub(crate) fn processor_time() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::ProcessCPUTime).try_into().ok()
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn processor_time() -> Option<Duration> {
    None
}
