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

/// A policy that follows the files it was read from, until this value is dropped.
///
/// A **recipe** makes the policy; it reads all files again each time. The files of the policy are
/// watched ([`Policy::files`]): anchors, intermediates, revocation lists, pin files, log lists,
/// client certificates. When their contents have changed and then stayed the same for the quiet
/// time, the recipe is called again and the new policy replaces the one in force
/// ([`PolicyHandle::replace`]). Files that were touched without a change of their contents have no
/// effect.
///
/// ```
/// use bonafide_verify::{Anchors, CustomCa, Policy};
/// use bonafide_verify::events::Event;
/// use bonafide_verify::watch::Watched;
///
/// # let folder = tempfile::tempdir()?;
/// # let ca = folder.path().join("ca.pem");
/// # std::fs::write(&ca, bonafide_testkit::TestCa::new().pem())?;
/// // Add the sink outside of the recipe. Otherwise each policy has a sink of its own, and a
/// // replacement is reported to the sinks of both policies.
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
/// The policy in force stays if files are half-written, if a key does not match its certificate, if
/// files change while they are read, and if the recipe fails or panics. It also stays if the new
/// policy builds but has lost something: if a source of anchors cannot be read, or a file or
/// directory that had content is missing or empty, the reload fails with
/// [`ReloadError::Incomplete`], also if there are other sources. To give up a source, remove it
/// from the recipe. Sources that cannot be read at the start are reported then
/// ([`SourcesIncomplete`]) and do not make later reloads fail.
///
/// Each failure is an event ([`ReloadFailed`](crate::events::ReloadFailed)), which is repeated
/// every hour while the failure lasts. The reload is tried again at growing intervals, because a
/// file may be completed without a notification. **The last good state does not end by itself**:
/// trust that was withdrawn in a file that cannot be read stays, until the certificates, pins and
/// lists in it expire. So operators should alert on `reload-failed`.
///
/// # Sets of files
///
/// A certificate and its key are two files, and a directory is many: between the first and the last
/// write, the set is inconsistent. It is read when it has stayed the same for [`Watching::quiet`].
/// If writing takes longer, write to another place and put the set in place by renaming a directory
/// or a symbolic link, as Kubernetes does: that is one change.
///
/// # How changes are found
///
/// The operating system reports changes in the directories of all files and of all symbolic links
/// on the paths to them. If it cannot, an event reports that
/// ([`WatchingByPolling`](crate::events::WatchingByPolling)) and the contents are compared every 5
/// s, otherwise every 60 s: network mounts report no changes, and the renaming of a directory
/// further up is not reported either. The recipe runs on a thread of its own, which ends when this
/// value is dropped; the handle then keeps its policy. In a program that aborts on panic, a recipe
/// that panics ends the program.
pub struct Watched {
    handle: PolicyHandle,
    guard: Guard,
}

impl Watched {
    /// Makes the first policy on this thread and watches its files with the default options; see
    /// [`Watching`] for others. The recipe may be called several times for one policy: if files
    /// change while they are read, and at the start, when the list of files is not known. All
    /// anchors are loaded.
    ///
    /// # Errors
    /// [`ReloadError::Config`] and [`ReloadError::Recipe`] if the recipe fails,
    /// [`ReloadError::Panicked`] if it panics, [`ReloadError::Thread`].
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

    /// The handle of the policy, for clients. A policy that the program puts into it by itself
    /// stays until the next change of a file.
    pub fn handle(&self) -> &PolicyHandle {
        &self.handle
    }

    /// Makes the policy again now, without waiting until the files stop changing, and puts it in
    /// force even if the files have not changed: a recipe may depend on more than files. Blocks
    /// until the policy is replaced.
    ///
    /// # Errors
    /// [`ReloadError`] if that fails. The policy in force stays, and the reload is tried again.
    pub fn reload_now(&self) -> Result<Epoch, ReloadError> {
        self.guard.reload_now()?;
        Ok(self.handle.epoch())
    }

    /// The status.
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
