//! Errors of a reload.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::config::error::ConfigError;
use crate::files::load_report::LoadFailure;

/// A policy or a client certificate could not be reloaded. The one in force stays.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// The files do not result in a policy or a client certificate.
    Config(ConfigError),
    /// The recipe returned an error of its own.
    Recipe(Arc<dyn Error + Send + Sync>),
    /// The recipe panicked.
    Panicked {
        /// The message of the panic.
        message: String,
    },
    /// A source that had content before cannot be read or is empty. A reload would remove trust
    /// that the operator did not withdraw.
    Incomplete {
        /// Where, and why.
        failure: LoadFailure,
    },
    /// The files changed each time they were read.
    Unsettled,
    /// The watcher's thread could not be started.
    Thread(Arc<io::Error>),
    /// The watcher has ended.
    Ended,
    /// `reload_now` was called by an event sink, a listener or the recipe during a reload.
    WithinReload,
}

impl ReloadError {
    /// The error with all its sources, in one line.
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

    /// The error that the recipe returned.
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
            Self::Incomplete { failure } => {
                write!(
                    f,
                    "a source that had content before cannot be used: {failure}"
                )
            }
            Self::Unsettled => f.write_str("the files changed while they were read"),
            Self::Thread(_) => f.write_str("the watcher's thread could not be started"),
            Self::Ended => f.write_str("the watcher has ended"),
            Self::WithinReload => f.write_str("`reload_now` was called during a reload"),
        }
    }
}

impl Error for ReloadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // `Display` prints the inner error itself, so its source comes next.
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
