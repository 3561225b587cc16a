//! Why a policy, or an identity, was not made anew.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::config::error::ConfigError;
use crate::files::load_report::LoadFailure;

/// Why what is watched was not made anew. What was in force stays.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The files do not make a policy or an identity.
    Config(ConfigError),
    /// The recipe answered with an error of its own.
    Recipe(Arc<dyn Error + Send + Sync>),
    /// The recipe panicked.
    Panicked {
        /// What it said.
        message: String,
    },
    /// A source that gave something before cannot be read, or has nothing in it: trust would be lost without anybody having withdrawn it.
    Incomplete {
        /// Where, and why.
        failure: LoadFailure,
    },
    /// The files changed every time while they were read.
    Unsettled,
    /// There was no thread to watch on.
    Thread(Arc<io::Error>),
    /// The watching has ended.
    Ended,
    /// A reload was asked for by what runs within one: a sink of events, a listener or the recipe.
    WithinReload,
}

impl ReloadError {
    /// The error with all that it rests on, in one line.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = self.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        text
    }

    /// What the recipe answered with.
    pub(super) fn from_recipe(error: Box<dyn Error + Send + Sync>) -> Self {
        match error.downcast::<ConfigError>() {
            Ok(error) => Self::Config(*error),
            Err(error) => Self::Recipe(Arc::from(error)),
        }
    }
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Recipe(_) => f.write_str("the recipe failed"),
            Self::Panicked { message } => write!(f, "the recipe panicked: {message}"),
            Self::Incomplete { failure } => write!(f, "a source is lost: {failure}"),
            Self::Unsettled => f.write_str("the files changed while they were read"),
            Self::Thread(_) => f.write_str("no thread to watch on"),
            Self::Ended => f.write_str("the watching has ended"),
            Self::WithinReload => f.write_str("a reload was asked for within a reload"),
        }
    }
}

impl Error for ReloadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // Shown in its place, so that what it rests on comes next.
            Self::Config(error) => error.source(),
            Self::Recipe(error) => Some(&**error),
            Self::Thread(error) => Some(&**error),
            Self::Panicked { .. }
            | Self::Incomplete { .. }
            | Self::Unsettled
            | Self::Ended
            | Self::WithinReload => None,
        }
    }
}

impl From<ConfigError> for ReloadError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}
