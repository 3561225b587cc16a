//! The options of watching.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use super::error::ReloadError;
use super::identity::WatchedIdentity;
use super::schedule::Pace;
use super::watched::Watched;
use crate::events::{EventSink, Events};
use crate::identity::IdentityHandle;
use crate::policy::Policy;

/// Files that keep changing are read after this multiple of the quiet time.
const PATIENCE: u32 = 10;
/// Configured durations are clamped to this range.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// The options of watching. [`Watched::start`] uses the defaults.
///
/// ```
/// use std::time::Duration;
///
/// use bonafide_verify::{Anchors, CustomCa, Policy};
/// use bonafide_verify::watch::Watching;
///
/// # let folder = tempfile::tempdir()?;
/// # let ca = folder.path().join("ca.pem");
/// # std::fs::write(&ca, bonafide_testkit::TestCa::new().pem())?;
/// // A network mount does not report changes.
/// let watched = Watching::default()
///     .by_polling(Duration::from_secs(10))
///     .start(move || Policy::builder().anchors(Anchors::only(CustomCa::file(&ca))).build())?;
/// # let _ = watched;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Watching {
    pub(super) also: Vec<PathBuf>,
    pub(super) means: Means,
    quiet: Duration,
    poll: Duration,
    pub(super) poll_without_notices: Duration,
    pub(super) events: Events,
}

/// How changes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Notices,
    Polling,
}

impl Default for Watching {
    fn default() -> Self {
        Self {
            also: Vec::new(),
            means: Means::Notices,
            quiet: Duration::from_millis(200),
            poll: Duration::from_secs(60),
            poll_without_notices: Duration::from_secs(5),
            events: Events::default(),
        }
    }
}

impl Watching {
    /// Quiet time: how long all files must stay unchanged before they are read, so that a set of
    /// files is read when it is complete. Files that keep changing are read after ten times this
    /// duration. A failed reload is tried again after this duration, then after twice the last wait
    /// each time, up to 30 s. Default: 200 ms.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet.clamp(SHORTEST, LONGEST);
        self
    }

    /// Poll interval for comparing the contents of all files when no notification arrives. Some
    /// file systems never report changes. Default: 60 s, or 5 s if the operating system cannot
    /// report changes.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poll = interval.clamp(SHORTEST, LONGEST);
        self.poll_without_notices = self.poll_without_notices.min(self.poll);
        self
    }

    /// Polls only: compares the contents of all files at this interval, and does not subscribe to
    /// notifications. Default: notifications, and [`poll_every`](Self::poll_every).
    pub fn by_polling(mut self, interval: Duration) -> Self {
        self.means = Means::Polling;
        self.poll = interval.clamp(SHORTEST, LONGEST);
        self
    }

    /// Also watches a file or directory that the recipe reads and that is not in
    /// [`Policy::files`], such as a configuration file.
    pub fn also(mut self, path: impl Into<PathBuf>) -> Self {
        self.also.push(path.into());
        self
    }

    /// Adds a sink for the events of the watcher. Default: the log, and the sinks of the policy.
    pub fn events(mut self, sink: impl EventSink + 'static) -> Self {
        self.events.add(sink);
        self
    }

    /// Starts with these options; see [`Watched::start`].
    ///
    /// # Errors
    /// Those of [`Watched::start`].
    pub fn start<R, E>(self, recipe: R) -> Result<Watched, ReloadError>
    where
        R: Fn() -> Result<Policy, E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Watched::with_options(
            self,
            Box::new(move || recipe().map_err(|error| ReloadError::from_recipe(error.into()))),
        )
    }

    /// Reads the certificate chain and the key, puts them into `handle` unless it holds them, and
    /// watches them with these options; see [`WatchedIdentity`].
    ///
    /// # Errors
    /// [`ReloadError::Config`] if the files cannot be used now, [`ReloadError::Thread`].
    pub fn start_identity(
        self,
        handle: &IdentityHandle,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<WatchedIdentity, ReloadError> {
        WatchedIdentity::with_options(self, handle, chain.into(), key.into())
    }

    pub(super) fn pace(&self) -> Pace {
        Pace {
            quiet: self.quiet,
            patience: self.quiet * PATIENCE,
            poll: self.poll,
            first_retry: self.quiet,
            last_retry: LAST_RETRY.max(self.quiet),
        }
    }
}
