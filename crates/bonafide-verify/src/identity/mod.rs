//! Client certificates: one that stays the same, one that can be replaced, or one that is chosen in
//! each handshake, with a private key in memory or an external signer.
//!
//! What belongs here holds a key or requests a signature. It never knows what a server is trusted
//! for, and never prints a key.
//!
//! ```no_run
//! use bonafide_verify::identity::IdentityHandle;
//! use bonafide_verify::{ClientIdentity, Policy, Zone};
//!
//! let mine = ClientIdentity::from_pem_files("/etc/corp/me.pem", "/etc/corp/me.key")?;
//! let handle = IdentityHandle::new(mine);
//! let zone = Zone::for_host("**.corp.example").identity(handle.clone());
//! let policy = Policy::builder().zone(zone).build()?;
//! handle.replace(ClientIdentity::from_pem_files("/etc/corp/new.pem", "/etc/corp/new.key")?)?;
//! # let _ = policy;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod callback;
pub(crate) mod client;
mod credential;
mod error;
mod handle;
mod relying;
mod rotation;
mod signer;
mod source;

pub use self::callback::{IdentityCallback, IdentityRequest};
pub(crate) use self::client::ClientIdentity;
pub use self::credential::{Credential, Generation, IdentityRecord};
pub use self::error::{IdentityError, SignError};
pub use self::handle::IdentityHandle;
pub(crate) use self::relying::RelyingPolicy;
pub use self::rotation::Rotation;
pub use self::signer::ExternalSigner;
pub use self::source::IdentitySource;
pub(crate) use self::source::{Shown, ZoneIdentity};
