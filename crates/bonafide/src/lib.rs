//! bonafide

#[allow(
    dead_code,
    unused_imports,
    reason = "the client is written on top of the pool"
)]
mod pool;
