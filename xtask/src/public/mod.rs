//! `cargo xtask public`: what the published crates show, read from their sources.
//!
//! Every feature counts as on. `pub use` is followed inside a crate; what comes from another crate
//! is one line. Implementations of traits are left out, and so is what a macro makes, its name
//! apart. Whether each item is documented is no question here: `missing_docs` denies one that is
//! not.

mod configuration;
mod listing;
mod members;
mod modules;
#[cfg(test)]
mod tests;

pub(crate) use listing::{Api, PublicItem};

use std::io::{self, Write};

use crate::source::{SourceError, Tree};
use crate::workspace::Workspace;

/// Why the public items could not be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublicError {
    /// No published crate has this name.
    #[error("no crate under crates/ is called {0}")]
    UnknownCrate(String),
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// How much is printed of a crate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Detail {
    /// One line with three counts.
    Counts,
    /// The counts, the names at the root, and a line for each item.
    Items,
}

/// Prints the public items of every published crate, or of the one that is called `only`.
///
/// # Errors
/// [`PublicError`] where no crate has the name, or the sources cannot be read.
pub(crate) fn run(
    workspace: &Workspace,
    only: Option<&str>,
    detail: Detail,
) -> Result<(), PublicError> {
    let mut names: Vec<&str> = workspace
        .published()
        .into_iter()
        .map(|package| package.name.as_str())
        .collect();
    if let Some(only) = only {
        names.retain(|name| *name == only);
        if names.is_empty() {
            return Err(PublicError::UnknownCrate(only.to_owned()));
        }
    }
    let tree = Tree::read(workspace.root(), &workspace.generated())?;
    let mut out = io::stdout().lock();
    for name in names {
        // A reader such as `head` may have enough before the end.
        if print(&mut out, name, &Api::read(&tree, name), detail).is_err() {
            break;
        }
    }
    Ok(())
}

fn print(out: &mut impl Write, name: &str, api: &Api, detail: Detail) -> io::Result<()> {
    writeln!(
        out,
        "{name}: {} names at the root, {} public modules, {} items",
        api.root_names().len(),
        api.modules(),
        api.items.len()
    )?;
    if let Detail::Items = detail {
        writeln!(out, "  {}", api.root_names().join(", "))?;
        for item in &api.items {
            writeln!(out, "{item}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
