//! A server while it runs.

use std::ffi::OsStr;
use std::fs::File;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use tokio::process::Child;
use tokio::time::{sleep, timeout};

use crate::program::Program;
use crate::scratch::Scratch;

const LOG: &str = "server.log";
/// Far more than any server here needs, so that only a broken one meets it.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at a file that another program writes.
const PAUSE: Duration = Duration::from_millis(5);

/// A running program with its folder and its log.
#[derive(Debug)]
pub(crate) struct Running {
    name: &'static str,
    child: Child,
    scratch: Scratch,
}

/// The program has ended by itself.
#[derive(Debug)]
pub(crate) struct Ended;

impl Running {
    pub(crate) fn start<A: AsRef<OsStr>>(
        program: &Program,
        scratch: Scratch,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let log = File::create(scratch.path().join(LOG)).expect("the folder is writable");
        let errors = log.try_clone().expect("a file can be shared");
        let child = program
            .command(scratch.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.name()));
        Self {
            name: program.name(),
            child,
            scratch,
        }
    }

    pub(crate) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// What the program has printed.
    pub(crate) fn log(&self) -> String {
        self.scratch.read(LOG)
    }

    /// Waits until `look` finds something.
    ///
    /// # Errors
    /// [`Ended`] where the program ends before.
    ///
    /// # Panics
    /// If that takes longer than anything here takes.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        look: impl Fn(&Self) -> Option<T>,
    ) -> Result<T, Ended> {
        let found = async {
            loop {
                // In this order, so that what the program wrote last is not missed.
                let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
                if let Some(found) = look(self) {
                    return Ok(found);
                }
                if ended {
                    return Err(Ended);
                }
                sleep(PAUSE).await;
            }
        };
        timeout(PATIENCE, found)
            .await
            .unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
    }
}

/// The lines of a log that have been written to their ends.
pub(crate) fn complete_lines(log: &str) -> Vec<String> {
    let complete = log.rfind('\n').map_or("", |end| &log[..end]);
    complete.lines().map(str::to_owned).collect()
}

impl Drop for Running {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- what {} said:\n{}---", self.name, self.log());
        }
    }
}
