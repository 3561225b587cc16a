//! The directories to watch for changes of a file: those of every name on the path to it.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Maximum number of symbolic links that are followed on one path, as in Linux.
const MAX_LINKS: usize = 40;
/// Maximum number of watched directories. Changes in further ones are found by polling.
const MAX_DIRECTORIES: usize = 512;

/// The directories to watch, and the names in them that matter.
///
/// A file that Kubernetes mounts is `ca.pem -> ..data/ca.pem` with `..data -> ..2026_01_01`. It
/// changes when `..data` is replaced; the file and its directory do not change. So each symbolic
/// link on the path is followed and its directory is watched. For a missing name, the directory in
/// which it would appear is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The directories, by paths without symbolic links.
    pub(super) directories: BTreeSet<PathBuf>,
    /// The names in them that matter.
    names: BTreeSet<PathBuf>,
    /// The directories in which every name matters.
    whole: BTreeSet<PathBuf>,
}

impl Places {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let mut places = Self::default();
        for path in paths {
            if let Some(directory) = places.trace(path).filter(|found| found.is_dir()) {
                places.take_whole(directory);
            }
        }
        places
    }

    /// Whether a change of `path` may affect what is read.
    pub(super) fn concern(&self, path: &Path) -> bool {
        self.names.contains(path)
            || self.directories.contains(path)
            || path
                .parent()
                .is_some_and(|parent| self.whole.contains(parent))
    }

    /// Adds a directory of which every file is read, and the targets of its symbolic links.
    fn take_whole(&mut self, directory: PathBuf) {
        let links: Vec<_> = fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_symlink())
            .collect();
        self.listen_to(&directory);
        self.whole.insert(directory);
        for link in links {
            self.trace(&link);
        }
    }

    /// Adds all places on the path to `path`. Returns the final target, if it exists.
    fn trace(&mut self, path: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(path).ok()?;
        let mut links = 0;
        let mut here = PathBuf::new();
        let mut ahead: VecDeque<PathBuf> = steps(&path).collect();
        while let Some(step) = ahead.pop_front() {
            match step.components().next()? {
                Component::CurDir => continue,
                Component::ParentDir => {
                    here.pop();
                    continue;
                }
                Component::Prefix(_) | Component::RootDir => {
                    here.push(step);
                    continue;
                }
                Component::Normal(_) => {}
            }
            let next = here.join(step);
            let found = fs::symlink_metadata(&next).ok();
            let is_link = found.as_ref().is_some_and(fs::Metadata::is_symlink);
            if is_link || found.is_none() || ahead.is_empty() {
                self.listen_to(&here);
                self.names.insert(next.clone());
            }
            found?;
            if !is_link {
                here = next;
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return None;
            }
            let target = fs::read_link(&next).ok()?;
            if target.is_absolute() {
                here = PathBuf::new();
            }
            for step in steps(&target).rev() {
                ahead.push_front(step);
            }
        }
        Some(here)
    }

    fn listen_to(&mut self, directory: &Path) {
        if self.directories.len() < MAX_DIRECTORIES {
            self.directories.insert(directory.to_owned());
        }
    }
}

fn steps(path: &Path) -> impl DoubleEndedIterator<Item = PathBuf> {
    path.components()
        .map(|step| PathBuf::from(step.as_os_str()))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::symlink;

    use super::*;

    fn names(places: &Places, below: &Path) -> (Vec<String>, Vec<String>) {
        let relative = |paths: &BTreeSet<PathBuf>| {
            paths
                .iter()
                .map(|path| path.strip_prefix(below).unwrap().display().to_string())
                .collect()
        };
        (relative(&places.directories), relative(&places.names))
    }

    #[test]
    fn every_link_of_a_mounted_file_is_listened_for() {
        let folder = tempfile::tempdir().unwrap();
        let below = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(below.join("..2026")).unwrap();
        fs::write(below.join("..2026/ca.pem"), "").unwrap();
        symlink("..2026", below.join("..data")).unwrap();
        symlink("..data/ca.pem", below.join("ca.pem")).unwrap();
        let places = Places::of(&[below.join("ca.pem")]);
        let (directories, found) = names(&places, &below);
        assert_eq!(directories, ["", "..2026"]);
        assert_eq!(found, ["..2026/ca.pem", "..data", "ca.pem"]);
        assert!(places.concern(&below.join("..data")));
        assert!(!places.concern(&below.join("another")));
    }

    #[test]
    fn what_is_missing_is_listened_for_where_it_would_appear() {
        let folder = tempfile::tempdir().unwrap();
        let below = fs::canonicalize(folder.path()).unwrap();
        let (directories, found) = names(&Places::of(&[below.join("later/ca.pem")]), &below);
        assert_eq!(directories, [""]);
        assert_eq!(found, ["later"]);
    }

    #[test]
    fn the_links_of_a_directory_are_followed_and_all_of_it_matters() {
        let folder = tempfile::tempdir().unwrap();
        let below = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(below.join("cas")).unwrap();
        fs::create_dir(below.join("elsewhere")).unwrap();
        fs::write(below.join("elsewhere/ca.pem"), "").unwrap();
        symlink(below.join("elsewhere/ca.pem"), below.join("cas/link.pem")).unwrap();
        let places = Places::of(&[below.join("cas")]);
        let (directories, found) = names(&places, &below);
        assert_eq!(directories, ["", "cas", "elsewhere"]);
        assert_eq!(found, ["cas", "cas/link.pem", "elsewhere/ca.pem"]);
        assert!(places.concern(&below.join("cas/new.pem")));
        assert!(!places.concern(&below.join("elsewhere/other.pem")));
    }

    #[test]
    fn a_circle_of_links_ends() {
        let folder = tempfile::tempdir().unwrap();
        let below = fs::canonicalize(folder.path()).unwrap();
        symlink(below.join("two"), below.join("one")).unwrap();
        symlink(below.join("one"), below.join("two")).unwrap();
        let (directories, found) = names(&Places::of(&[below.join("one")]), &below);
        assert_eq!(directories, [""]);
        assert_eq!(found, ["one", "two"]);
    }
}
