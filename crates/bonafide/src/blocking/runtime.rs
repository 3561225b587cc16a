//! The runtime of blocking clients, and waiting for what it drives.

use std::future::{Future, pending};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::task::consume_budget;

use crate::error::{Failure, Kind};

/// The steps that a task of tokio can make before it must yield are fewer than this.
const MORE_THAN_A_BUDGET: usize = 1_024;

/// Waits for `future` on this thread.
///
/// # Errors
///
/// [`Kind::InsideRuntime`] in a task of tokio, and those of [`enter`].
pub(super) fn wait<F: Future>(future: F) -> Result<F::Output, Failure> {
    if is_inside_a_task() {
        let what = "a blocking call was made inside an async task: use the async client there, \
                    or `tokio::task::spawn_blocking`";
        return Err(Failure::new(Kind::InsideRuntime, what));
    }
    let _entered = enter()?;
    Ok(park_until(future))
}

/// Makes the runtime the current one of this thread.
///
/// # Errors
///
/// [`Kind::Config`] if there is no runtime, [`Kind::NoRuntime`] at the end of a thread whose data
/// of tokio is already destroyed: a panic there would abort the process.
pub(super) fn enter() -> Result<EnterGuard<'static>, Failure> {
    if Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed()) {
        let what = "a blocking call was made in a destructor that runs while its thread ends";
        return Err(Failure::new(Kind::NoRuntime, what));
    }
    Ok(handle()?.enter())
}

/// The handle of the runtime, which the first call starts.
fn handle() -> Result<&'static Handle, Failure> {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    // A failure is not kept: a process that is out of threads may have some later.
    let started = start().map_err(|error| {
        Failure::new(
            Kind::Config,
            "the thread for blocking clients cannot be started",
        )
        .caused_by(error)
    })?;
    Ok(HANDLE.get_or_init(|| started))
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name("bonafide-blocking".to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}

/// Whether this thread runs a task of tokio, which must not wait. A task has a budget of steps
/// until it must yield; threads for blocking work, in a runtime or not, have none. The budget of
/// the task is used up then, so that the task yields at its next step.
fn is_inside_a_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    (0..MORE_THAN_A_BUDGET).any(|_| pin!(consume_budget()).poll(&mut cx).is_pending())
}

/// Polls `future` on this thread, which sleeps in between.
fn park_until<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let alarm = Arc::new(Alarm {
        thread: thread::current(),
        rung: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&alarm));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        while !alarm.rung.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Wakes a thread. The flag stays set if another wait on the same thread, made by a callback, has
/// used up the thread's own token.
struct Alarm {
    thread: Thread,
    rung: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_wait_within_a_wait_does_not_swallow_the_outer_ones_wakeup() {
        let mut polls = 0;
        let outer = poll_fn(|cx| {
            polls += 1;
            if polls > 1 {
                return Poll::Ready(polls);
            }
            let waker = cx.waker().clone();
            let inner = wait(async move {
                waker.wake();
                tokio::time::sleep(Duration::from_millis(20)).await;
            });
            assert!(inner.is_ok());
            Poll::Pending
        });
        assert_eq!(wait(outer).ok(), Some(2));
    }

    #[test]
    fn a_task_must_not_wait_and_threads_for_blocking_work_may() {
        for builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let mut builder = builder;
            let runtime = builder.enable_all().build().expect("a runtime");
            runtime.block_on(async {
                assert!(is_inside_a_task());
                assert!(
                    tokio::spawn(async { is_inside_a_task() })
                        .await
                        .expect("ran")
                );
                let blocking = tokio::task::spawn_blocking(is_inside_a_task);
                assert!(!blocking.await.expect("ran"));
            });
            // Entered, without a task.
            let _entered = runtime.enter();
            assert!(!is_inside_a_task());
        }
        assert!(!is_inside_a_task());
    }
}
