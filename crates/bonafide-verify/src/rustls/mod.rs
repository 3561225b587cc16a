//! The code that rustls calls: the verifier, the session store, the resolver of client
//! certificates.
//!
//! What belongs here implements traits of rustls. Only `adapter` implements the verifier trait and
//! calls `dangerous()`. When rustls changes its traits, only this folder changes. It never decides
//! about a peer: the judge does.

pub(crate) mod adapter;
pub(crate) mod demand;
pub(crate) mod possession;
pub(crate) mod sessions;
