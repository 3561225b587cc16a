//! Paths: from the certificates that a server presented to a verified path.
//!
//! What belongs here prepares candidates and builds paths. Only `verified` makes a `VerifiedPath`,
//! with rustls-webpki. This folder never knows a check, a pin or a policy.

pub(crate) mod intermediates;
pub(crate) mod presented;
pub(crate) mod verified;
