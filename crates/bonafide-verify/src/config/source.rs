//! Sources of certificates and revocation lists: files, directories, memory.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};

use crate::config::description::Description;
use crate::files::bounded::{MAX_SOURCE_BYTES, read_up_to};
use crate::files::found_kind::{FoundKind, outer_length};
use crate::files::load_report::LoadProblem;
use crate::files::pem;
use crate::text::{is_content, shown_path};

/// A source of certificates or revocation lists.
#[derive(Clone)]
pub(crate) enum Source {
    /// One object in DER or any number in PEM.
    File(PathBuf),
    /// Every regular file in it, in the order of their names; sub-directories are not entered.
    Directory(PathBuf),
    /// The same as a file, from memory.
    Bytes { label: Arc<str>, bytes: Arc<[u8]> },
}

/// Where an object was found in a source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SourcePosition<'a> {
    /// The file or the directory; `None` for bytes in memory.
    pub(crate) path: Option<&'a Path>,
    /// The path as text, or the label of bytes in memory.
    pub(crate) location: &'a str,
    /// The number of the object in its file, from 1.
    pub(crate) position: usize,
}

/// Receives each object, or the problem if it cannot be read, with its position.
pub(crate) type OnFound<'a, T, E> =
    &'a mut dyn FnMut(SourcePosition<'_>, Result<T, LoadProblem>) -> Result<(), E>;

/// A kind of object that sources contain.
pub(crate) trait Readable: PemObject + From<Vec<u8>> + AsRef<[u8]> {
    const KIND: FoundKind;
}

impl Readable for CertificateDer<'static> {
    const KIND: FoundKind = FoundKind::Certificate;
}

impl Readable for CertificateRevocationListDer<'static> {
    const KIND: FoundKind = FoundKind::RevocationList;
}

impl<'a> SourcePosition<'a> {
    fn of(path: &'a Path, location: &'a str) -> Self {
        Self {
            path: Some(path),
            location,
            position: 1,
        }
    }
}

impl Source {
    pub(crate) fn bytes(label: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes {
            label: Arc::from(shown_path(Path::new(&label.into())).display().to_string()),
            bytes: Arc::from(bytes.as_ref()),
        }
    }

    /// The path or the label.
    pub(crate) fn location(&self) -> String {
        match self {
            Self::File(path) | Self::Directory(path) => shown_path(path).display().to_string(),
            Self::Bytes { label, .. } => label.to_string(),
        }
    }

    /// Adds the file or directory to the description.
    pub(crate) fn describe(&self, description: &mut Description) {
        match self {
            Self::File(path) | Self::Directory(path) if !is_content(path) => {
                description.file(path);
            }
            Self::File(_) | Self::Directory(_) | Self::Bytes { .. } => {}
        }
    }

    /// Reads everything. Stops at the first error that `on_found` returns.
    pub(crate) fn read<T: Readable, E>(&self, on_found: OnFound<'_, T, E>) -> Result<(), E> {
        self.read_up_to(MAX_SOURCE_BYTES, on_found)
    }

    /// The same, for callers that fail at the first problem. An object that may accompany the
    /// expected ones, such as a key with its certificate, is reported only if there is nothing
    /// else.
    pub(crate) fn read_whole<T: Readable, E>(&self, on_found: OnFound<'_, T, E>) -> Result<(), E> {
        self.read_whole_up_to(MAX_SOURCE_BYTES, on_found)
    }

    /// The same with another limit for each file.
    pub(crate) fn read_whole_up_to<T: Readable, E>(
        &self,
        limit_bytes: u64,
        on_found: OnFound<'_, T, E>,
    ) -> Result<(), E> {
        let mut beside = None;
        self.read_up_to(limit_bytes, &mut |place, found| match found {
            Err(problem) if problem.is_beside() => {
                beside.get_or_insert(problem);
                Ok(())
            }
            Err(LoadProblem::NothingFound) => {
                let problem = beside.take().unwrap_or(LoadProblem::NothingFound);
                on_found(place, Err(problem))
            }
            found => {
                beside = None;
                on_found(place, found)
            }
        })
    }

    fn read_up_to<T: Readable, E>(
        &self,
        limit_bytes: u64,
        on_found: OnFound<'_, T, E>,
    ) -> Result<(), E> {
        match self {
            Self::File(path) => read_file(path, limit_bytes, on_found),
            Self::Directory(path) => read_directory(path, limit_bytes, on_found),
            Self::Bytes { label, bytes } => {
                let place = SourcePosition {
                    path: None,
                    location: label,
                    position: 1,
                };
                read_bytes(bytes, place, on_found)
            }
        }
    }
}

/// Shows the path, or the label and the length of bytes in memory.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(&shown_path(path)).finish(),
            Self::Directory(path) => f.debug_tuple("Directory").field(&shown_path(path)).finish(),
            Self::Bytes { label, bytes } => f
                .debug_struct("Bytes")
                .field("label", label)
                .field("length", &bytes.len())
                .finish(),
        }
    }
}

fn read_directory<T: Readable, E>(
    path: &Path,
    limit_bytes: u64,
    on_found: OnFound<'_, T, E>,
) -> Result<(), E> {
    let location = shown_path(path).display().to_string();
    let place = SourcePosition::of(path, &location);
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => return on_found(place, Err(LoadProblem::Io(Arc::new(error)))),
    };
    let mut files = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => files.push(entry.path()),
            Err(error) => on_found(place, Err(LoadProblem::Io(Arc::new(error))))?,
        }
    }
    files.sort();
    // Several links to one file, as `openssl rehash` creates them, are read once.
    let mut seen = HashSet::new();
    let mut is_empty = true;
    for file in &files {
        match fs::metadata(file) {
            Ok(metadata) if metadata.is_file() => {
                is_empty = false;
                if fs::canonicalize(file).map_or(true, |target| seen.insert(target)) {
                    read_file(file, limit_bytes, on_found)?;
                }
            }
            Ok(_) => {}
            Err(error) => {
                is_empty = false;
                let location = shown_path(file).display().to_string();
                let problem = match fs::symlink_metadata(file) {
                    Ok(metadata) if metadata.is_symlink() => LoadProblem::BrokenLink,
                    _ => LoadProblem::Io,
                };
                on_found(
                    SourcePosition::of(file, &location),
                    Err(problem(Arc::new(error))),
                )?;
            }
        }
    }
    match is_empty {
        true => on_found(place, Err(LoadProblem::EmptyDirectory)),
        false => Ok(()),
    }
}

fn read_file<T: Readable, E>(
    path: &Path,
    limit_bytes: u64,
    on_found: OnFound<'_, T, E>,
) -> Result<(), E> {
    let location = shown_path(path).display().to_string();
    let place = SourcePosition::of(path, &location);
    match read_up_to(path, limit_bytes) {
        Ok(bytes) => read_bytes(&bytes, place, on_found),
        Err(problem) => on_found(place, Err(problem)),
    }
}

fn read_bytes<T: Readable, E>(
    bytes: &[u8],
    mut place: SourcePosition<'_>,
    on_found: OnFound<'_, T, E>,
) -> Result<(), E> {
    const DER_SEQUENCE: u8 = 0x30;
    let begins_as_der = bytes.first() == Some(&DER_SEQUENCE);
    if begins_as_der && outer_length(bytes) == Some(bytes.len()) {
        return on_found(place, checked(bytes.to_vec().into(), None, 1));
    }
    let mut has_sections = false;
    // Whether there is an expected object, or one that may contain it.
    let mut has_any = false;
    for (section, number) in pem::sections(bytes).zip(1..) {
        has_sections = true;
        let read = section.map_err(LoadProblem::from);
        let read = read.and_then(|object| checked(object, Some(number), place.position));
        let is_beside =
            matches!(&read, Err(LoadProblem::OtherKind { kind, .. }) if kind.is_beside());
        has_any |= !is_beside;
        on_found(place, read)?;
        if !is_beside {
            place.position += 1;
        }
    }
    if has_any {
        return Ok(());
    }
    if begins_as_der && !has_sections {
        return on_found(place, checked(bytes.to_vec().into(), None, 1));
    }
    let problem = match FoundKind::of_bytes(bytes) {
        Some(kind) if !has_sections => LoadProblem::OtherKind {
            section: None,
            kind,
        },
        _ => LoadProblem::NothingFound,
    };
    on_found(place, Err(problem))
}

/// The object, unless it is of another kind than its label says, or bytes follow it.
fn checked<T: Readable>(
    object: T,
    section: Option<usize>,
    position: usize,
) -> Result<T, LoadProblem> {
    let der = object.as_ref();
    if let Some(kind) = FoundKind::of_der(der).filter(|kind| *kind != T::KIND) {
        return Err(LoadProblem::OtherKind { section, kind });
    }
    let behind = outer_length(der).and_then(|length| der.len().checked_sub(length));
    match behind {
        Some(bytes) if bytes > 0 => Err(LoadProblem::TrailingBytes { position, bytes }),
        _ => Ok(object),
    }
}
