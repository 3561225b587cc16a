//! One named part of the gate.

use crate::invocation::Invocation;

/// A part of the gate that passes or fails as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What a failure is reported as.
    pub(crate) name: String,
    /// What is done.
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Runs a command.
    Run(Invocation),
    /// Runs the rules of `cargo xtask tidy` in this process.
    Tidy,
    /// Checks the published crates over the oldest versions that they allow.
    MinimalVersions,
    /// Counts instructions, and compares with the file that is kept of them.
    Instructions,
    /// Lists the real servers and clients, and fails where they are demanded and missing.
    Peers,
    /// Does nothing and says why.
    Omit(String),
}

impl Step {
    pub(crate) fn new(name: impl Into<String>, action: Action) -> Self {
        Self {
            name: name.into(),
            action,
        }
    }

    /// A step that is one cargo command.
    pub(crate) fn cargo(name: impl Into<String>, line: &str) -> Self {
        Self::new(name, Action::Run(Invocation::cargo(line)))
    }
}
