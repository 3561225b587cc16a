//! What policies are built from: sources, descriptions, the clock, the crypto provider, the epoch,
//! and the errors of building.
//!
//! What belongs here is a value that a policy is configured with. It never knows a zone, a check or
//! a policy.

pub(crate) mod clock;
pub(crate) mod description;
pub(crate) mod epoch;
pub(crate) mod error;
pub(crate) mod provider;
pub(crate) mod source;
