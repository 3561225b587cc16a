//! A policy that follows its files.

use std::error::Error;
use std::fmt;

use super::error::ReloadError;
use super::guard::Guard;
use super::options::Watching;
use super::settle::Settled;
use super::status::WatchStatus;
use super::target::{PolicyTarget, Recipe, Target as _, make};
use crate::config::epoch::Epoch;
use crate::events::{Event, SourcesIncomplete};
use crate::policy::Policy;
use crate::policy::handle::PolicyHandle;

/// A policy that follows the files it was read from, for as long as this is kept.
///
/// A **recipe** makes the policy, reading everything anew each time. Whatever it read is watched ([`Policy::files`]): anchors, intermediates, revocation lists, pin
/// files, log lists, client certificates. When something in them is different, and has stayed the same for a while, the policy is made again and takes
/// the place of the one in force ([`PolicyHandle::replace`]). What only was touched replaces nothing and costs no connection.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa, Policy};
/// use bonafide_verify::events::Event;
/// use bonafide_verify::watch::Watched;
///
/// # let folder = tempfile::tempdir()?;
/// # let ca = folder.path().join("ca.pem");
/// # std::fs::write(&ca, bonafide_testkit::TestCa::new().pem())?;
/// // A sink that is added in the recipe is another one in each policy, and both hear of the replacement: better in a builder that is cloned.
/// let builder = Policy::builder().events(|event: &Event| eprintln!("{event}"));
/// let watched = Watched::start(move || {
///     let anchors = Anchors::only(CustomCa::file(&ca));
///     builder.clone().anchors(anchors).build()
/// })?;
/// let policy = watched.handle().current(); // or give the handle to a client
/// # let _ = policy;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The last good state stays
///
/// Half-written files, a key that is not the certificate's, files that change while they are read, a recipe that fails or panics: nothing of it takes the place of
/// what is in force. Nor does a policy that builds and has lost something: when a source of anchors cannot be read, or a file or a directory that held
/// something is gone or empty, that is [`ReloadError::Incomplete`], whatever other sources there are. To do without a source, leave it out of the recipe. What could not
/// be read at the start already is told then ([`SourcesIncomplete`]), and does not stand in the way later.
///
/// Each failure is an event ([`ReloadFailed`](crate::events::ReloadFailed)), told again every hour while it lasts, and is tried again after longer and longer times, since a
/// file may become whole without a notice. **The last good state has no end of its own**: trust that was withdrawn in a file that cannot be read stays, until
/// certificates, pins and lists in it expire, which they do as always. Whoever watches over a service wants to hear of `reload-failed`.
///
/// # Sets of files
///
/// A certificate and its key are two files, and a directory is many: between the first write and the last one they are neither old nor new. Such a set is read
/// when it has stayed the same for [`Watching::quiet`]. What takes longer to write, write elsewhere and put in place by renaming a directory or a symbolic link, as
/// Kubernetes does: that is seen as one change.
///
/// # How changes are found
///
/// The system tells of changes in the directories of all files and of all symbolic links on the way to them. Where it cannot, an event says so
/// ([`WatchingByPolling`](crate::events::WatchingByPolling)) and the contents are compared every 5 s, else every 60 s: network mounts tell of nothing, and of a
/// directory further up that is renamed away nobody hears either. The recipe runs on a thread of its own,
/// which ends when this is dropped; the handle stays as it is then. In a program that aborts on panic, a recipe that panics ends the program.
pub struct Watched {
    handle: PolicyHandle,
    guard: Guard,
}

impl Watched {
    /// Makes the first policy on this thread and watches its files, with the default options; see [`Watching`] for others. The recipe may be called several times for
    /// one policy: when files change while they are read, and to begin with, when it is not known yet which files they are. All anchors are loaded.
    ///
    /// # Errors
    /// [`ReloadError::Config`] and [`ReloadError::Recipe`] for the first policy, [`ReloadError::Panicked`] where its recipe does, [`ReloadError::Thread`].
    pub fn start<R, E>(recipe: R) -> Result<Self, ReloadError>
    where
        R: Fn() -> Result<Policy, E> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Watching::default().start(recipe)
    }

    pub(super) fn with_options(options: Watching, recipe: Recipe) -> Result<Self, ReloadError> {
        let (prepared, settled) = Guard::prepare(&options, || make(&recipe))?;
        let Settled {
            made,
            files,
            contents,
        } = settled;
        let target = PolicyTarget::new(recipe, made, options.events.clone());
        let handle = target.handle().clone();
        if !target.failures().is_empty() {
            let failures = target.failures().iter().cloned().collect();
            target.emit(&Event::SourcesIncomplete(SourcesIncomplete { failures }));
        }
        let guard = Guard::start(target, options, prepared, files, contents)?;
        Ok(Self { handle, guard })
    }

    #[cfg(test)]
    pub(super) fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The place of the policy, for clients. A policy that is put there by other means stays until the next change of a file.
    pub fn handle(&self) -> &PolicyHandle {
        &self.handle
    }

    /// Makes the policy anew now, without waiting for the files to be quiet, and puts it in force even if they are what they were: a recipe may rest on more
    /// than files. Waits until that is done; what is in force is replaced before it returns.
    ///
    /// # Errors
    /// Why that is not possible; the policy in force stays, and it is tried again.
    pub fn reload_now(&self) -> Result<Epoch, ReloadError> {
        self.guard.reload_now()?;
        Ok(self.handle.epoch())
    }

    /// How it goes.
    pub fn status(&self) -> WatchStatus {
        self.guard.status()
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched")
            .field("handle", &self.handle)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
