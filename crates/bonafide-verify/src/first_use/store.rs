//! Where the keys that hosts have shown first are kept.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::UnixTime;

use super::{KnownKey, StoreFault};
use crate::config::description::Description;
use crate::files::atomic::FileError;
use crate::host::name::CanonicalHost;
use crate::text::excerpt;
use crate::x509::spki::SpkiSha256;

/// A store of the keys that hosts have shown at first contact; see [`ZoneBuilder::first_use`](crate::ZoneBuilder::first_use).
///
/// Both methods are called within handshakes and block them: they should take milliseconds. An error refuses the peer.
///
/// A host is a name or an address as [`Receipt::host`](crate::Receipt::host) has it: lower case, no trailing dot, no brackets, **no port**, since TLS does not
/// tell a verifier the port. Two servers on two ports of one host need one key, or a name each.
pub trait FirstUse: fmt::Debug + Send + Sync {
    /// The key that is known for `host`.
    ///
    /// # Errors
    /// The store cannot be read. A damaged store must not be taken for an empty one.
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError>;

    /// Puts `new` in the place of what is known for `host`, or forgets that where `new` is none, **if** the key known is `expected`; all at once, whatever other threads and processes
    /// do.
    ///
    /// # Errors
    /// The store cannot be read or written. What it held before must then still be there.
    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError>;

    /// Says what store it is: see [`Description::setting`]. Its file, if it has one, is no part of the policy, and not to be named as such. Default: nothing.
    fn describe(&self, description: &mut Description) {
        let _ = description;
    }

    /// Forgets the key of `host`, if it is `old`: the next contact is a first one.
    ///
    /// For a person who has found out why a key is another one, and for nobody else.
    ///
    /// # Errors
    /// As [`FirstUse::compare_and_set`]; [`FirstUseError::Host`] for what is no host.
    fn forget(&self, host: &str, old: SpkiSha256) -> Result<Swap, FirstUseError> {
        self.compare_and_set(&canonical(host)?, Some(old), None)
    }

    /// Makes `new`, learned over another way than a connection to the host, the key of `host`, if the key known is `old`.
    ///
    /// # Errors
    /// As [`FirstUse::compare_and_set`]; [`FirstUseError::Host`] for what is no host.
    fn replace(&self, host: &str, old: SpkiSha256, new: SpkiSha256) -> Result<Swap, FirstUseError> {
        let known = KnownKey {
            key: new,
            first_seen: UnixTime::now(),
        };
        self.compare_and_set(&canonical(host)?, Some(old), Some(known))
    }
}

impl<S: FirstUse + ?Sized> FirstUse for Arc<S> {
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError> {
        (**self).look_up(host)
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        (**self).compare_and_set(host, expected, new)
    }

    fn describe(&self, description: &mut Description) {
        (**self).describe(description);
    }
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// It is made, and kept.
    Done,
    /// It is not made, since the store has something else.
    Found(Option<KnownKey>),
}

/// Why a store of known keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FirstUseError {
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its file is gone: what it knew is not known any more, and nobody is believed until somebody has looked into that.
    #[error("{path} is missing: nothing is known any more", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Its file is not as it was written.
    #[error("{path}, line {line}: {fault}", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        fault: StoreFault,
    },
    /// It has no room for another host.
    #[error("no room for another host: {limit} are known")]
    Full {
        /// How many hosts the store can know.
        limit: usize,
    },
    /// What was given is no host name or address.
    #[error("`{host}` is not a host name or IP address")]
    Host {
        /// What was given; its length alone where it may be a secret.
        host: String,
    },
    /// The clock shows a time that cannot be written as RFC 3339.
    #[error("the time {seconds} s after 1970 cannot be written")]
    Time {
        /// What it shows.
        seconds: u64,
    },
    /// It says so itself; for stores of your own.
    #[error("the store of known keys failed")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

/// An error of a store, as a refusal keeps it. Two are equal that print the same.
#[derive(Clone, Debug)]
pub struct SharedFirstUseError(Arc<FirstUseError>);

impl SharedFirstUseError {
    pub(crate) fn new(error: FirstUseError) -> Self {
        Self(Arc::new(error))
    }
}

impl Deref for SharedFirstUseError {
    type Target = FirstUseError;

    fn deref(&self) -> &FirstUseError {
        &self.0
    }
}

impl PartialEq for SharedFirstUseError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for SharedFirstUseError {}

/// The error with everything behind it, in one line.
impl fmt::Display for SharedFirstUseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// A host as the store has it.
pub(super) fn canonical(host: &str) -> Result<String, FirstUseError> {
    CanonicalHost::parse(host)
        .map(|host| host.as_str().to_owned())
        .map_err(|_| FirstUseError::Host {
            host: excerpt(host),
        })
}
