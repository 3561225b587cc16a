//! With all codings: what is decoded without the others is the same code.
#![cfg(all(
    feature = "decompression-br",
    feature = "decompression-deflate",
    feature = "decompression-gzip",
    feature = "decompression-zstd"
))]

mod body;
mod bombs;
mod encoding;
mod faults;
mod layer;
mod oddities;
mod properties;
mod reading;
mod rule;
