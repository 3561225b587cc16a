//! What a server offers: its challenges of the scheme `Digest` (RFC 7616 section 3.3).

use super::algorithm::{Algorithm, Hash};
use crate::auth::{Challenge, UnsupportedDigest};

/// A challenge that can be answered.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) algorithm: Algorithm,
    /// Whether the challenge names its algorithm; else it is MD5, and the answer names none.
    pub(super) is_named: bool,
    pub(super) realm: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) opaque: Option<Vec<u8>>,
    /// Whether the user name is hashed (section 3.4.4).
    pub(super) userhash: bool,
    /// Whether the nonce before was too old, and the password not wrong.
    pub(super) stale: bool,
}

impl Offer {
    /// The strongest of `challenges`, the first of those that are alike; `None` if none is of
    /// Digest.
    ///
    /// # Errors
    ///
    /// What is wrong with the first one, if none can be answered.
    pub(super) fn strongest(challenges: &[Challenge]) -> Result<Option<Self>, UnsupportedDigest> {
        let mut best: Option<Self> = None;
        let mut fault = None;
        for challenge in challenges {
            if !challenge.is_scheme("Digest") {
                continue;
            }
            match Self::of(challenge) {
                Ok(offer) if best.as_ref().is_none_or(|best| best.hash() < offer.hash()) => {
                    best = Some(offer);
                }
                Ok(_) => {}
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        match (best, fault) {
            (None, Some(fault)) => Err(fault),
            (best, _) => Ok(best),
        }
    }

    fn of(challenge: &Challenge) -> Result<Self, UnsupportedDigest> {
        let value = |name| challenge.parameter(name);
        let is = |name, wanted: &str| {
            value(name).is_some_and(|value| value.eq_ignore_ascii_case(wanted.as_bytes()))
        };
        let named = value("algorithm");
        let algorithm = Algorithm::parse(named.unwrap_or(b"MD5"));
        let algorithm = algorithm.ok_or(UnsupportedDigest::Algorithm)?;
        let (Some(realm), Some(nonce)) = (value("realm"), value("nonce")) else {
            return Err(UnsupportedDigest::Incomplete);
        };
        let mut qop = value("qop").unwrap_or_default().split(|byte| *byte == b',');
        if !qop.any(|qop| qop.trim_ascii().eq_ignore_ascii_case(b"auth")) {
            return Err(UnsupportedDigest::Protection);
        }
        Ok(Self {
            algorithm,
            is_named: named.is_some(),
            realm: realm.to_vec(),
            nonce: nonce.to_vec(),
            opaque: value("opaque").map(<[u8]>::to_vec),
            userhash: is("userhash", "true"),
            stale: is("stale", "true"),
        })
    }

    pub(super) fn hash(&self) -> Hash {
        self.algorithm.hash
    }
}
