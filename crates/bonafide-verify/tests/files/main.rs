//! Files that hold something else than was looked for, and what is said of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anchors;
mod directories;
mod identity;
mod made;
