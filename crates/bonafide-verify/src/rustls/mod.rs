//! What rustls calls: the verifier, the session tickets, the choice of a client certificate.
//!
//! `adapter` alone implements rustls' verifier trait and calls `dangerous()`; when rustls changes
//! those traits, this folder alone changes. It never decides: the judge does.

pub(crate) mod adapter;
pub(crate) mod demand;
pub(crate) mod possession;
pub(crate) mod sessions;
