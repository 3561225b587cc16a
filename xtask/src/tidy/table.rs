//! The declared shape of the project: `xtask/tidy.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::modules::Edges;

/// What `tidy.toml` says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Table {
    /// By package name.
    #[serde(default)]
    pub(crate) crates: BTreeMap<String, CrateRule>,
    /// By package name, then by top-level module: the sibling modules that it may use.
    #[serde(default)]
    pub(crate) modules: BTreeMap<String, Edges>,
    /// Where the word for switched-off security may stand.
    #[serde(default)]
    pub(crate) danger: Danger,
    /// Lengths of files.
    #[serde(default)]
    pub(crate) length: Length,
    /// Files that have to name what they forbid.
    #[serde(default)]
    pub(crate) words: Words,
    /// By package name: how many names may stand at the root of the crate.
    #[serde(default)]
    pub(crate) root: BTreeMap<String, usize>,
    /// Words of texts that a program prints.
    #[serde(default)]
    pub(crate) plain: Plain,
    /// Columns of lines.
    #[serde(default)]
    pub(crate) width: Width,
}

/// What a published crate may depend on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct CrateRule {
    /// Crates of this workspace that it may depend on.
    #[serde(default)]
    pub(crate) may_use: Vec<String>,
    /// Crates of this workspace that only its tests may depend on.
    #[serde(default)]
    pub(crate) may_use_in_tests: Vec<String>,
    /// Outside crates that it never depends on, its tests apart.
    #[serde(default)]
    pub(crate) never: Vec<String>,
    /// Outside crates that it may depend on behind a feature only.
    #[serde(default)]
    pub(crate) only_optional: Vec<String>,
}

/// Where the identifiers `danger…` may stand.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Danger {
    /// Files, and folders with a `/` at the end, relative to the root.
    #[serde(default)]
    pub(crate) allow: Vec<String>,
}

/// How many lines a Rust file may have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Length {
    /// More than this is a warning.
    pub(crate) warn_lines: usize,
    /// More than this is an error.
    pub(crate) max_lines: usize,
}

impl Default for Length {
    fn default() -> Self {
        Self {
            warn_lines: 400,
            max_lines: 600,
        }
    }
}

/// What texts that a program prints do without.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Plain {
    /// Words, or phrases of several.
    pub(crate) words: Vec<String>,
    /// Where one of them may stand.
    #[serde(default)]
    pub(crate) except: Vec<Exception>,
}

/// A phrase that may stand in a text although it holds a word that may not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Exception {
    /// The phrase.
    pub(crate) text: String,
    /// Why it may.
    pub(crate) reason: String,
}

/// How many columns a line may have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Width {
    /// More than this is an error.
    pub(crate) columns: usize,
}

impl Default for Width {
    fn default() -> Self {
        Self { columns: 100 }
    }
}

/// Exceptions to the rule about words.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Words {
    /// Folders or files, relative to the root, that may hold the forbidden words.
    #[serde(default)]
    pub(crate) except: Vec<String>,
}
