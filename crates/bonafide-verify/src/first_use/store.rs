//! Stores of the keys that hosts presented at first contact.

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

/// A store of the keys that hosts presented at first contact; see
/// [`ZoneBuilder::first_use`](crate::ZoneBuilder::first_use).
///
/// Both methods are called within handshakes and block them: they should take milliseconds. If one
/// returns an error, the peer is refused.
///
/// A host is a name or an address in the form of [`Receipt::host`](crate::Receipt::host): lower
/// case, no trailing dot, no brackets, **no port**, because a TLS verifier does not know the port.
/// Two servers on two ports of one host need the same key, or two names.
pub trait FirstUse: fmt::Debug + Send + Sync {
    /// The key that is known for `host`.
    ///
    /// # Errors
    /// The store cannot be read. A damaged store must not count as an empty one.
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError>;

    /// Stores `new` as the key of `host`, or removes the key if `new` is `None`, but only **if**
    /// the stored key is `expected`. The operation is atomic across threads and processes.
    ///
    /// # Errors
    /// The store cannot be read or written. Its former content must then be unchanged.
    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError>;

    /// Describes the store with [`Description::setting`]. Do not add the file of the store with
    /// [`Description::file`]: it is not part of the policy. Default: adds nothing.
    fn describe(&self, description: &mut Description) {
        let _ = description;
    }

    /// Forgets the key of `host`, if it is `old`: the next contact is a first contact.
    ///
    /// Call it only on behalf of a person who has found out why the key has changed.
    ///
    /// # Errors
    /// Those of [`FirstUse::compare_and_set`]; [`FirstUseError::Host`] if `host` is not a host.
    fn forget(&self, host: &str, old: SpkiSha256) -> Result<Swap, FirstUseError> {
        self.compare_and_set(&canonical(host)?, Some(old), None)
    }

    /// Makes `new` the key of `host`, if the stored key is `old`. Obtain `new` over another channel
    /// than a connection to the host.
    ///
    /// # Errors
    /// Those of [`FirstUse::compare_and_set`]; [`FirstUseError::Host`] if `host` is not a host.
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

/// The result of [`FirstUse::compare_and_set`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// The change was made and stored.
    Done,
    /// The change was not made: the store has this key, or none, instead of the expected one.
    Found(Option<KnownKey>),
}

/// Why a store of known keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FirstUseError {
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Its file is missing, and its keys with it. Every peer is refused until a person has looked
    /// into that.
    #[error("the store of known keys {path} is missing", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Its file does not have the format in which it was written.
    #[error(
        "the store of known keys {path} is damaged at line {line}: {fault}",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        fault: StoreFault,
    },
    /// It has no room for another host.
    #[error("the store of known keys is full: it has {limit} hosts")]
    Full {
        /// How many hosts the store can know.
        limit: usize,
    },
    /// The text is not a host name or an IP address.
    #[error("`{host}` is not a host name or IP address")]
    Host {
        /// The text; only its length if it may be a secret.
        host: String,
    },
    /// The time of the clock cannot be written as RFC 3339.
    #[error("the clock is out of range: {seconds} s since 1970 cannot be written as RFC 3339")]
    Time {
        /// Seconds since 1970.
        seconds: u64,
    },
    /// An error of a store of your own.
    #[error("the store of known keys failed")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

/// An error of a store, as a refusal keeps it. Two errors are equal if they print the same text.
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

/// The error with all its sources, in one line.
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

/// The canonical form of a host, in which the store keeps it.
pub(super) fn canonical(host: &str) -> Result<String, FirstUseError> {
    CanonicalHost::parse(host)
        .map(|host| host.as_str().to_owned())
        .map_err(|_| FirstUseError::Host {
            host: excerpt(host),
        })
}
