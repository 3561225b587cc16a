//! Files that are downloaded: over bodies that break off, restarts of the program, and full disks.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its own functions too"
)]

mod across_runs;
mod done;
mod edges;
mod files;
mod killed;
mod site;
