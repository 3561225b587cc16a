//! How files are watched.

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

/// So many quiet times are waited for contents that keep changing.
const PATIENCE: u32 = 10;
/// No time that is given counts as more or less than these.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// How files are watched; the defaults are those of [`Watched::start`].
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
/// // A network mount tells nobody of changes.
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
    /// For so long all files have to hold the same before they are read, so that a set of files is read once it is whole. Ten times as long, and files that
    /// keep changing are read all the same. What failed is tried again after so long, then after twice as long each time, up to half a minute. Default:
    /// 200 ms.
    pub fn quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet.clamp(SHORTEST, LONGEST);
        self
    }

    /// So often the contents of all files are compared although nobody told of a change: some file systems never tell. Default: 60 s, or 5 s where the
    /// system cannot tell at all.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poll = interval.clamp(SHORTEST, LONGEST);
        self.poll_without_notices = self.poll_without_notices.min(self.poll);
        self
    }

    /// Asks the system for no notices: the contents of all files are compared so often. Default: notices, and [`poll_every`](Self::poll_every).
    pub fn by_polling(mut self, interval: Duration) -> Self {
        self.means = Means::Polling;
        self.poll = interval.clamp(SHORTEST, LONGEST);
        self
    }

    /// Watches another file or directory that the recipe reads and no part of the policy knows of, such as a configuration.
    pub fn also(mut self, path: impl Into<PathBuf>) -> Self {
        self.also.push(path.into());
        self
    }

    /// Adds a sink for the events of the watching, beside those that a watched policy has. Default: the log, and the sinks of the policy.
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

    /// Reads certificate chain and key, puts them in `handle` if they are not there already, and watches them with these options; see [`WatchedIdentity`].
    ///
    /// # Errors
    /// [`ReloadError::Config`] for the files as they are now, [`ReloadError::Thread`].
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
