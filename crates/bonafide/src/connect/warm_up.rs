//! The work before the first handshake, done off the async threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use bonafide_verify::Policy;

/// The first random number of a process takes aws-lc-rs some 30 ms, and reading the system's trust
/// store a few more. Both start on a thread of their own when a client is built, and a handshake
/// that comes too early waits for them on a blocking thread, not on an async one.
#[derive(Clone, Debug)]
pub(crate) struct WarmUp {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    policy: Policy,
    once: Once,
}

/// Whether any client of this process has drawn its random number already.
static DRAWN: AtomicBool = AtomicBool::new(false);

impl WarmUp {
    /// Starts the work if it is not done yet. Needs no runtime.
    pub(crate) fn start(policy: Policy) -> Self {
        let shared = Arc::new(Shared {
            policy,
            once: Once::new(),
        });
        if DRAWN.load(Ordering::Acquire) && shared.policy.is_loaded() {
            shared.run();
        } else {
            let of_thread = Arc::clone(&shared);
            // Without a thread, the first handshake does the work.
            let _detached = std::thread::Builder::new()
                .name("bonafide-warm-up".to_owned())
                .spawn(move || of_thread.run());
        }
        Self { shared }
    }

    /// Waits until the work is done.
    pub(super) async fn done(&self) {
        if !self.shared.once.is_completed() {
            let shared = Arc::clone(&self.shared);
            // It fails only when the runtime shuts down, which also ends the tasks that wait here.
            let _ = tokio::task::spawn_blocking(move || shared.run()).await;
        }
    }
}

impl Shared {
    fn run(&self) {
        self.once.call_once(|| {
            self.policy.draw_entropy();
            DRAWN.store(true, Ordering::Release);
            // A zone without anchors is reported by the handshakes of its own hosts.
            let _ = self.policy.load();
        });
    }
}
