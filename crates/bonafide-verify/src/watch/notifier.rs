//! Notifications of changes by the operating system.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::inbox::Inbox;
use super::places::Places;

/// Maximum number of attempts to subscribe, if directories change meanwhile.
const MAX_ROUNDS: usize = 4;

/// Watches the directories on the paths to some files.
pub(super) struct Notifier {
    inbox: Arc<Inbox>,
    watcher: Option<RecommendedWatcher>,
    /// The watched paths, each with the identity of its directory.
    listened: BTreeMap<PathBuf, Option<DirectoryId>>,
    /// The places by which the thread of `notify` filters events.
    places: Arc<Mutex<Places>>,
}

/// The identity of the directory at a path, which another directory may replace.
type DirectoryId = (u64, u64);

impl Notifier {
    pub(super) fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            watcher: None,
            listened: BTreeMap::new(),
            places: Arc::default(),
        }
    }

    /// Drops all subscriptions, so that [`listen_for`](Self::listen_for) subscribes again.
    pub(super) fn start_again(&mut self) {
        self.watcher = None;
        self.listened.clear();
    }

    /// Subscribes to changes of these files only. Returns the reason if the operating system does
    /// not report all of them.
    pub(super) fn listen_for(&mut self, files: &[PathBuf]) -> Result<(), String> {
        let mut outcome = Ok(());
        for _ in 0..MAX_ROUNDS {
            let places = Places::of(files);
            self.sort_by(places.clone());
            outcome = self.listen_to(&places);
            // No event reports a link that was replaced before its directory was watched.
            if outcome.is_err() || Places::of(files) == places {
                break;
            }
        }
        outcome.map_err(|error| error.to_string())
    }

    fn sort_by(&self, places: Places) {
        *self.places.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }

    fn listen_to(&mut self, places: &Places) -> notify::Result<()> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => {
                let (inbox, places) = (Arc::clone(&self.inbox), Arc::clone(&self.places));
                none.insert(notify::recommended_watcher(move |event| {
                    sort(event, &places, &inbox);
                })?)
            }
        };
        self.listened.retain(|directory, id| {
            let stays = places.directories.contains(directory) && *id == id_of(directory);
            if !stays {
                // It fails if the directory is gone and the watcher has noticed.
                let _gone = watcher.unwatch(directory);
            }
            stays
        });
        let mut outcome = Ok(());
        for directory in &places.directories {
            if self.listened.contains_key(directory) {
                continue;
            }
            let id = id_of(directory);
            match watcher.watch(directory, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.listened.insert(directory.clone(), id);
                }
                // Removed since it was found: the next round watches other directories instead.
                Err(error) if matches!(error.kind, ErrorKind::PathNotFound) => {}
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }
}

fn sort(event: notify::Result<Event>, places: &Mutex<Places>, inbox: &Inbox) {
    match event {
        Ok(event) => {
            let places = places.lock().unwrap_or_else(PoisonError::into_inner);
            let moved = is_moved(&event, &places);
            if moved || is_of_interest(&event, &places) {
                drop(places);
                inbox.put(|news| {
                    news.noticed = true;
                    news.moved |= moved;
                });
            }
        }
        Err(error) => inbox.put(|news| news.broken = Some(error.to_string())),
    }
}

fn is_of_interest(event: &Event, places: &Places) -> bool {
    let is_change = match event.kind {
        // Our own reads cause access events too.
        EventKind::Access(kind) => matches!(kind, AccessKind::Close(AccessMode::Write)),
        _ => true,
    };
    // On other systems the reported path may be spelled differently.
    let is_here = !cfg!(target_os = "linux")
        || event.paths.is_empty()
        || event.paths.iter().any(|path| places.concern(path));
    is_change && (event.need_rescan() || is_here)
}

/// Whether a watched directory was moved or removed. `notify` may not watch it after that, even if
/// it comes back.
fn is_moved(event: &Event, places: &Places) -> bool {
    let is_move = matches!(
        event.kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    );
    is_move
        && event
            .paths
            .iter()
            .any(|path| places.directories.contains(path))
}

#[cfg(unix)]
fn id_of(directory: &Path) -> Option<DirectoryId> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(directory).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn id_of(directory: &Path) -> Option<DirectoryId> {
    fs::metadata(directory).ok().map(|_| (0, 0))
}
