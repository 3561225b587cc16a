//! What is made again when files change.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use rustls_pki_types::UnixTime;

use super::error::ReloadError;
use crate::events::{Event, Events};
use crate::files::load_report::{LoadFailure, LoadProblem};
use crate::policy::Policy;
use crate::policy::handle::PolicyHandle;

/// A policy or a client certificate in force that is made from files.
pub(super) trait Target: Send + 'static {
    /// What is made, before it comes into force.
    type Made;

    /// Makes it from the files. Also returns the list of files.
    fn make(&self) -> Result<(Self::Made, Vec<PathBuf>), ReloadError>;

    /// Puts it in force, or returns why not. `lost` is a file or directory that had content before.
    fn put(&mut self, made: Self::Made, lost: Option<LoadFailure>) -> Result<(), ReloadError>;

    /// The name of what is in force, for a person.
    fn in_force(&self) -> String;

    fn emit(&self, event: &Event);

    fn now(&self) -> UnixTime;
}

/// Makes a policy from its files.
pub(super) type Recipe = Box<dyn Fn() -> Result<Policy, ReloadError> + Send>;

/// The policy of a handle.
pub(super) struct PolicyTarget {
    recipe: Recipe,
    handle: PolicyHandle,
    /// The failures of reading the sources of the policy in force.
    failures: BTreeSet<String>,
    /// The sinks in addition to those of the policy.
    events: Events,
}

impl PolicyTarget {
    pub(super) fn new(recipe: Recipe, first: Policy, events: Events) -> Self {
        Self {
            recipe,
            events,
            failures: failures(&first)
                .map(|failure| failure.to_string())
                .collect(),
            handle: PolicyHandle::new(first),
        }
    }

    pub(super) fn handle(&self) -> &PolicyHandle {
        &self.handle
    }

    pub(super) fn failures(&self) -> &BTreeSet<String> {
        &self.failures
    }
}

/// Makes a policy, loads its anchors, and returns it with the list of its files.
pub(super) fn make(recipe: &Recipe) -> Result<(Policy, Vec<PathBuf>), ReloadError> {
    let policy = recipe()?;
    policy.load()?;
    let files = policy.files();
    Ok((policy, files))
}

impl Target for PolicyTarget {
    type Made = Policy;

    fn make(&self) -> Result<(Policy, Vec<PathBuf>), ReloadError> {
        make(&self.recipe)
    }

    fn put(&mut self, policy: Policy, lost: Option<LoadFailure>) -> Result<(), ReloadError> {
        let known = |failure: &LoadFailure| self.failures.contains(&failure.to_string());
        let unread = failures(&policy).find(|failure| !known(failure));
        if let Some(failure) = unread.or(lost) {
            return Err(ReloadError::Incomplete { failure });
        }
        let failures = failures(&policy)
            .map(|failure| failure.to_string())
            .collect();
        let before = self.handle.epoch();
        match catch_unwind(AssertUnwindSafe(|| self.handle.replace(policy))) {
            Ok(replaced) => {
                replaced?;
            }
            // A sink or a listener panicked after the policy came into force.
            Err(_) if self.handle.epoch() != before => {
                tracing::error!(
                    "a sink of events or a listener panicked while a watched policy was replaced"
                );
            }
            Err(panic) => resume_unwind(panic),
        }
        self.failures = failures;
        Ok(())
    }

    fn in_force(&self) -> String {
        format!("the policy of epoch {}", self.handle.epoch())
    }

    fn emit(&self, event: &Event) {
        Events::of_all([self.handle.current().events(), &self.events]).emit(event);
    }

    fn now(&self) -> UnixTime {
        self.handle.current().clock().now()
    }
}

/// The failures of reading anchors that count as a loss. Not included: the system's store, which is
/// read once in a process; unset variables; PEM sections of another kind next to certificates.
fn failures(policy: &Policy) -> impl Iterator<Item = LoadFailure> {
    let sets = policy.zones().filter_map(|zone| zone.anchors().ok());
    sets.flat_map(|set| set.report().failures())
        .filter(|failure| {
            let problem = &failure.problem;
            !problem.is_beside() && !matches!(problem, LoadProblem::Unset | LoadProblem::Store(_))
        })
        .cloned()
}
