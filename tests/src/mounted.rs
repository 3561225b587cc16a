//! A mounted secret or configuration map, changed as Kubernetes changes it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use tempfile::TempDir;

/// The link to the folder of the moment, which is replaced in one step.
const DATA: &str = "..data";
const NEXT: &str = "..data_tmp";

/// A folder whose files are links into the folder that `..data` is a link to. A change is a new
/// folder, to which the link is then moved; the folder before is removed.
#[derive(Debug)]
pub struct Mounted {
    folder: TempDir,
    changes: usize,
}

impl Mounted {
    /// A mount with these files, by name.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let mut mounted = Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
            changes: 0,
        };
        mounted.change(files);
        for (name, _) in files {
            let link = mounted.path(name);
            symlink(format!("{DATA}/{name}"), link).expect("the temporary folder takes links");
        }
        mounted
    }

    /// Where the file of this name is read.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts these files in the place of all that are there, at once.
    pub fn change(&mut self, files: &[(&str, &str)]) {
        let version = format!("..2026_11_24_12_00_00.{:09}", self.changes);
        self.changes += 1;
        let folder = self.path(&version);
        fs::create_dir(&folder).expect("the temporary folder is writable");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("the temporary folder is writable");
        }
        let (data, next) = (self.path(DATA), self.path(NEXT));
        let before = fs::read_link(&data).ok();
        symlink(&version, &next).expect("the temporary folder takes links");
        fs::rename(next, data).expect("a link can be renamed");
        if let Some(before) = before {
            fs::remove_dir_all(self.folder.path().join(before)).expect("the old folder can go");
        }
    }
}
