//! The contents of files and directories, as digests.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::files::bounded::open_regular;
use crate::files::load_report::{LoadFailure, LoadProblem};

/// Maximum number of bytes of a file that are hashed: no source reads a larger file.
const MAX_FILE_BYTES: u64 = 128 * 1024 * 1024 + 1;

/// The contents of some files and directories.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Contents(BTreeMap<PathBuf, Holding>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Holding {
    /// The digest of a file's bytes, or of the names and bytes of the regular files of a directory.
    Something([u8; 32]),
    /// A file without bytes, or a directory without files.
    Nothing,
    /// Neither a file nor a directory.
    Neither,
    Unreadable(OsError),
}

/// An error of the operating system that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct OsError {
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl Contents {
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        Self(
            paths
                .iter()
                .map(|path| (path.clone(), Holding::of(path)))
                .collect(),
        )
    }

    /// The paths whose contents differ from `before`.
    pub(super) fn changed_since(&self, before: &Self) -> Vec<PathBuf> {
        let changed = |(path, holding): &(&PathBuf, &Holding)| before.0.get(*path) != Some(holding);
        self.0
            .iter()
            .filter(changed)
            .map(|(path, _)| path.clone())
            .collect()
    }

    /// The first path that is empty or cannot be read, and was neither in `before`.
    pub(super) fn lost_since(&self, before: &Self) -> Option<LoadFailure> {
        self.0.iter().find_map(|(path, holding)| {
            let problem = holding.problem(path)?;
            let was_lost = before
                .0
                .get(path)
                .is_some_and(|before| before.problem(path).is_some());
            (!was_lost).then(|| LoadFailure {
                location: path.display().to_string(),
                problem,
            })
        })
    }
}

impl Holding {
    fn of(path: &Path) -> Self {
        Self::read(path).unwrap_or_else(|error| Self::Unreadable(OsError::from(&error)))
    }

    fn read(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let mut hash = Sha256::new();
        let anything = if metadata.is_dir() {
            hash_directory(path, &mut hash)?
        } else if metadata.is_file() {
            hash_file(path, &mut hash)? > 0
        } else {
            return Ok(Self::Neither);
        };
        Ok(match anything {
            true => Self::Something(hash.finalize().into()),
            false => Self::Nothing,
        })
    }

    /// Why it is empty or cannot be read, if it is so.
    fn problem(&self, path: &Path) -> Option<LoadProblem> {
        match self {
            Self::Something(_) => None,
            Self::Nothing => Some(LoadProblem::NothingFound),
            Self::Neither => Some(LoadProblem::NotAFile(path.to_owned())),
            Self::Unreadable(error) => Some(LoadProblem::Io(Arc::new(error.to_error()))),
        }
    }
}

/// Hashes every regular file that sources would read. Returns whether there is one.
fn hash_directory(path: &Path, hash: &mut Sha256) -> io::Result<bool> {
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        files.push(entry?.path());
    }
    files.sort();
    files.retain(|file| file.is_file());
    for file in &files {
        let mut of_file = Sha256::new();
        if let Err(error) = hash_file(file, &mut of_file) {
            of_file.update(error.kind().to_string());
        }
        let name = file.file_name().unwrap_or_default().as_encoded_bytes();
        hash.update(Sha256::digest(name));
        hash.update(of_file.finalize());
    }
    Ok(!files.is_empty())
}

/// Hashes the bytes of a file and returns their number.
fn hash_file(path: &Path, hash: &mut Sha256) -> io::Result<usize> {
    let file = open_regular(path)?.ok_or_else(|| io::Error::other("not a regular file"))?;
    let mut file = file.take(MAX_FILE_BYTES);
    let mut buffer = [0; 16 * 1024];
    let mut length = 0_usize;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(read) => {
                hash.update(buffer.get(..read).unwrap_or_default());
                length = length.saturating_add(read);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl OsError {
    fn to_error(self) -> io::Error {
        match self.code {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::from(self.kind),
        }
    }
}

impl From<&io::Error> for OsError {
    fn from(error: &io::Error) -> Self {
        Self {
            kind: error.kind(),
            code: error.raw_os_error(),
        }
    }
}
