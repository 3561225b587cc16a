//! What a rule has to say about a place in the tree.

use std::fmt;

/// Whether a finding stops the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Printed, and the gate goes on.
    Warning,
    /// The gate fails.
    Error,
}

/// One breach of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The short name of the rule, as `--help` and the contributor's guide know it.
    pub(crate) rule: &'static str,
    /// Whether it stops the gate.
    pub(crate) weight: Weight,
    /// The file, relative to the root of the repository, with `/`.
    pub(crate) path: String,
    /// The line, counted from 1; 0 where the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong and what would be right.
    pub(crate) message: String,
}

impl Finding {
    pub(crate) fn error(
        rule: &'static str,
        path: &str,
        line: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            weight: Weight::Error,
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }

    pub(crate) fn warning(
        rule: &'static str,
        path: &str,
        line: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(rule, path, line, message)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Warning => "warning",
            Weight::Error => "error",
        };
        write!(f, "{weight}[{}] {}", self.rule, self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {}", self.message)
    }
}
