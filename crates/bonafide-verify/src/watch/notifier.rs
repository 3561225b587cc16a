//! Being told of changes by the operating system.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{ErrorKind, Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::inbox::Inbox;
use super::places::Places;

/// How often places are looked for again because they changed while they were being listened to.
const MAX_ROUNDS: usize = 4;

/// Listens to the directories on the way to some files.
pub(super) struct Notifier {
    inbox: Arc<Inbox>,
    watcher: Option<RecommendedWatcher>,
    /// What is listened to, and which directory it was.
    listened: BTreeMap<PathBuf, Option<DirectoryId>>,
    /// What the watcher's own thread sorts events by.
    places: Arc<Mutex<Places>>,
}

/// Which directory stands at a path: another may take its place.
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

    /// Forgets what is listened to, so that [`listen_for`](Self::listen_for) begins anew.
    pub(super) fn start_again(&mut self) {
        self.watcher = None;
        self.listened.clear();
    }

    /// Listens for changes of these files and of nothing else. Where the system does not tell of all of them it says why.
    pub(super) fn listen_for(&mut self, files: &[PathBuf]) -> Result<(), String> {
        let mut outcome = Ok(());
        for _ in 0..MAX_ROUNDS {
            let places = Places::of(files);
            self.sort_by(places.clone());
            outcome = self.listen_to(&places);
            // A link that was replaced before its directory was listened to has told nobody.
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
                // It may be gone, and the watcher know so.
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
                // Gone since it was found: the next round finds out where to listen instead.
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
        // Our own reading is one of these.
        EventKind::Access(kind) => matches!(kind, AccessKind::Close(AccessMode::Write)),
        _ => true,
    };
    // Elsewhere the system may write a path in another way than we do.
    let is_here = !cfg!(target_os = "linux")
        || event.paths.is_empty()
        || event.paths.iter().any(|path| places.concern(path));
    is_change && (event.need_rescan() || is_here)
}

/// Whether a directory that is listened to was moved or removed, after which notify may not listen to it any more, even if it comes back.
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
