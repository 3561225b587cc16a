//! Paths: from what a server presented to a path that is proved.
//!
//! `verified` alone makes a `VerifiedPath`, over rustls-webpki. It never knows a check, a pin or a
//! policy.

pub(crate) mod intermediates;
pub(crate) mod presented;
pub(crate) mod verified;
