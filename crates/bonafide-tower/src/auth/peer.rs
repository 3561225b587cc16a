//! Which connection a credential may be sent over.

use super::{AuthError, Binding, Credential};
use crate::origin::Origin;

/// What a client knows of the server at the other end of a connection. A zone is named as the
/// policy has it: by its host pattern, or `default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer<'a> {
    /// It was not verified: a grant, or a server known only by its key.
    Unverified,
    /// It was verified, and no pin matched.
    Verified {
        /// The zone that judged it.
        zone: &'a str,
    },
    /// It was verified, and its path has a pinned key.
    Pinned {
        /// The zone that judged it.
        zone: &'a str,
    },
}

impl Credential {
    /// Whether the credential may be sent to `peer` at `origin`. A client asks this for each
    /// attempt, before it writes the credential.
    ///
    /// # Errors
    ///
    /// [`AuthError::Unverified`]; [`AuthError::OtherZone`] if it is [bound to a
    /// zone](Credential::for_zone), and another one judged; [`AuthError::Unpinned`] if it requires
    /// a [pinned](Credential::pinned) connection.
    pub fn check_peer(&self, origin: &Origin, peer: Peer<'_>) -> Result<(), AuthError> {
        let (zone, is_pinned) = match peer {
            Peer::Unverified => {
                return Err(AuthError::Unverified {
                    origin: origin.clone(),
                });
            }
            Peer::Verified { zone } => (zone, false),
            Peer::Pinned { zone } => (zone, true),
        };
        if let Binding::Zone(bound) = self.binding()
            && !bound.is_named(zone)
        {
            return Err(AuthError::OtherZone {
                origin: origin.clone(),
                bound: bound.clone(),
                zone: zone.to_owned(),
            });
        }
        if self.is_pinned() && !is_pinned {
            return Err(AuthError::Unpinned {
                origin: origin.clone(),
            });
        }
        Ok(())
    }
}
