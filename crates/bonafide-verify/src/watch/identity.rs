//! A client certificate that follows its files.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls_pki_types::UnixTime;

use super::error::ReloadError;
use super::guard::Guard;
use super::options::Watching;
use super::settle::Settled;
use super::status::WatchStatus;
use super::target::Target;
use crate::events::{Event, Events};
use crate::files::load_report::LoadFailure;
use crate::identity::{ClientIdentity, Generation, IdentityHandle};

/// A client certificate that follows the two files it was read from, until this value is dropped.
///
/// A rotation retires only the connections on which the former certificate was presented. The
/// policy stays, and so do the connections of other zones. The description of files in
/// [`Watched`](super::Watched) applies here too: a key that does not match the certificate, and
/// half-written or empty files, change nothing; they are reported and tried again.
///
/// ```
/// use bonafide_verify::{ClientIdentity, Policy, Zone};
/// use bonafide_verify::events::Event;
/// use bonafide_verify::identity::IdentityHandle;
/// use bonafide_verify::watch::Watching;
/// # use bonafide_testkit::{Recipe, TestCa};
/// # let client = TestCa::new().issue(Recipe::for_host("client").client());
/// # let folder = tempfile::tempdir()?;
/// # let (chain, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
/// # std::fs::write(&chain, client.chain_pem())?;
/// # std::fs::write(&key, client.key_pem())?;
///
/// let identity = IdentityHandle::new(ClientIdentity::from_pem_files(&chain, &key)?);
/// let watched = Watching::default()
///     .events(|event: &Event| eprintln!("{event}"))
///     .start_identity(&identity, &chain, &key)?;
/// let policy = Policy::builder()
///     .zone(Zone::for_host("**.corp.example").identity(&identity))
///     .build()?;
/// # let _ = (policy, watched);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct WatchedIdentity {
    handle: IdentityHandle,
    guard: Guard,
}

impl WatchedIdentity {
    /// Reads the certificate chain and the key, puts them into `handle` unless it holds them, and
    /// watches them with the default options; see [`Watching::start_identity`].
    ///
    /// # Errors
    /// [`ReloadError::Config`] if the files cannot be used now, [`ReloadError::Thread`].
    pub fn start(
        handle: &IdentityHandle,
        chain: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, ReloadError> {
        Watching::default().start_identity(handle, chain, key)
    }

    pub(super) fn with_options(
        options: Watching,
        handle: &IdentityHandle,
        chain: PathBuf,
        key: PathBuf,
    ) -> Result<Self, ReloadError> {
        let (prepared, settled) = Guard::prepare(&options, || read(&chain, &key))?;
        let Settled {
            made,
            files,
            contents,
        } = settled;
        handle.replace(made)?;
        let target = IdentityTarget {
            chain,
            key,
            handle: handle.clone(),
            events: options.events.clone(),
        };
        Ok(Self {
            handle: handle.clone(),
            guard: Guard::start(target, options, prepared, files, contents)?,
        })
    }

    /// Reads both files now, without waiting until they stop changing. Unchanged files have no
    /// effect.
    ///
    /// # Errors
    /// [`ReloadError`] if they cannot be used. The current certificate stays, and the reload is
    /// tried again.
    pub fn reload_now(&self) -> Result<Generation, ReloadError> {
        self.guard.reload_now()?;
        Ok(self.handle.credential().generation())
    }

    /// The status. Its times are by the clock of the system.
    pub fn status(&self) -> WatchStatus {
        self.guard.status()
    }
}

impl fmt::Debug for WatchedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedIdentity")
            .field("handle", &self.handle)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// The identity of a handle.
struct IdentityTarget {
    chain: PathBuf,
    key: PathBuf,
    handle: IdentityHandle,
    events: Events,
}

impl Target for IdentityTarget {
    type Made = ClientIdentity;

    fn make(&self) -> Result<(ClientIdentity, Vec<PathBuf>), ReloadError> {
        read(&self.chain, &self.key)
    }

    fn put(&mut self, made: ClientIdentity, lost: Option<LoadFailure>) -> Result<(), ReloadError> {
        if let Some(failure) = lost {
            return Err(ReloadError::Incomplete { failure });
        }
        self.handle.replace(made)?;
        Ok(())
    }

    fn in_force(&self) -> String {
        let credential = self.handle.credential();
        format!(
            "the client certificate of {}",
            credential.record().subject()
        )
    }

    fn emit(&self, event: &Event) {
        self.events.emit(event);
    }

    fn now(&self) -> UnixTime {
        UnixTime::now()
    }
}

fn read(chain: &Path, key: &Path) -> Result<(ClientIdentity, Vec<PathBuf>), ReloadError> {
    let identity = ClientIdentity::from_pem_files(chain, key)?;
    Ok((identity, vec![chain.to_owned(), key.to_owned()]))
}
