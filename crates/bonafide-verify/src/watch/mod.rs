//! Policies and client certificates that follow the files they were read from.
//!
//! What belongs here notices changes, reads files again and replaces what was made from them. It
//! never judges a peer.
//!
//! ```no_run
//! use bonafide_verify::watch::Watched;
//! use bonafide_verify::{Anchors, CustomCa, Policy};
//!
//! let watched = Watched::start(|| -> Result<Policy, Box<dyn std::error::Error + Send + Sync>> {
//!     let anchors = Anchors::only(CustomCa::file("/etc/corp/ca.pem"));
//!     Ok(Policy::builder().anchors(anchors).build()?)
//! })?;
//! println!("{:?}", watched.handle());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod contents;
mod error;
mod guard;
mod identity;
mod inbox;
mod notifier;
mod options;
mod places;
mod schedule;
mod settle;
mod stamps;
mod status;
mod target;
mod watched;
mod worker;

pub use self::error::ReloadError;
pub use self::identity::WatchedIdentity;
pub use self::options::Watching;
pub use self::status::{WatchStatus, WatchedBy};
pub use self::watched::Watched;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use std::fs;
    use std::sync::mpsc::sync_channel;
    use std::time::Duration;

    use bonafide_testkit::TestCa;

    use super::*;
    use crate::events::Event;
    use crate::{Anchors, CustomCa, Policy};

    #[test]
    fn where_the_system_does_not_tell_of_changes_the_files_are_looked_at_more_often() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        fs::write(&path, TestCa::new().pem()).unwrap();
        let (sender, events) = sync_channel(100);
        let file = path.clone();
        let recipe = move || {
            let anchors = Anchors::only(CustomCa::file(&file));
            Policy::builder()
                .anchors(anchors)
                .events(sender.clone())
                .build()
        };
        let watched = Watching::default()
            .quiet(Duration::from_millis(5))
            .start(recipe)
            .unwrap();
        watched.guard().break_notices("too many watches");
        let event = || events.recv_timeout(Duration::from_secs(60)).unwrap();
        match event() {
            Event::WatchingByPolling(event) => {
                assert_eq!(event.reason, "too many watches");
                assert_eq!(event.every_ms, 5_000);
            }
            other => panic!("{other}"),
        }
        fs::write(&path, TestCa::new().pem()).unwrap();
        assert!(matches!(event(), Event::PolicyReplaced(_)));
        // The watcher has subscribed to notifications again meanwhile.
        assert_eq!(watched.status().by, WatchedBy::Notices);
    }
}
