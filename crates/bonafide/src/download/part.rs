//! The file beside the final one, into which a download is written. Everything here blocks.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fs4::FileExt;
use http::HeaderValue;

use super::answer::is_strong;
use super::integrity::{Hashing, Integrity};

/// Longest file name that the name of a part includes; file systems allow 255 bytes in all.
const MAX_NAME_BYTES: usize = 180;
/// Longest entity tag that is kept between runs.
const MAX_TAG_BYTES: u64 = 1_024;
/// Read at once when what an earlier run received is carried over.
const PIECE_BYTES: usize = 256 * 1024;

/// A part of a download. Dropping it removes the file, unless it is kept for a later run.
pub(super) struct Part {
    /// None once it is closed.
    file: Option<File>,
    path: PathBuf,
    target: PathBuf,
    integrity: Option<Integrity>,
    hashing: Option<Hashing>,
    /// The file with the entity tag, if the part is kept for a later run.
    tag: Option<PathBuf>,
}

/// What an earlier run has left.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub(super) bytes: u64,
    pub(super) validator: Option<HeaderValue>,
}

impl Part {
    /// An empty part for `target`, of a name that no other one has.
    pub(super) fn create(target: PathBuf, integrity: Option<Integrity>) -> io::Result<Self> {
        refuse_folder(&target)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let path = beside(&target, &format!("{:016x}", u64::from_be_bytes(random)))?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)?;
        Ok(Self {
            file: Some(file),
            path,
            target,
            hashing: integrity.as_ref().map(Integrity::begin),
            integrity,
            tag: None,
        })
    }

    /// A part for `target` that stays if the download does not end, and what an earlier run has
    /// left of it. While another process downloads the same, a part of its own that does not stay.
    ///
    /// The process that holds the lock of that file may replace it; no other one renames it.
    /// What is left is copied into a new file, since another user of the folder might hold the old
    /// one open and change it after its digest is verified.
    pub(super) fn reopen(target: PathBuf, integrity: Integrity) -> io::Result<(Self, Left)> {
        let kept = beside(&target, &integrity.file_name())?;
        let mut part = Self::create(target, Some(integrity))?;
        if !part.file.as_ref().is_some_and(is_locked) {
            return Ok((part, Left::default()));
        }
        let tag = tag_of(&kept);
        let mut left = Left::default();
        match open_regular(&kept)? {
            // Fails if the name was taken meanwhile, and where there are no hard links.
            None if fs::hard_link(&part.path, &kept).is_ok() => fs::remove_file(&part.path)?,
            None => return Ok((part, left)),
            Some(mut earlier) => {
                if !is_locked(&earlier) || !is_still_at(&kept)? {
                    return Ok((part, left));
                }
                if let Some(validator) = read_tag(&tag)? {
                    left.bytes = part.carry_over(&mut earlier)?;
                    left.validator = Some(validator);
                }
                fs::rename(&part.path, &kept)?;
            }
        }
        part.path = kept;
        part.tag = Some(tag);
        Ok((part, left))
    }

    /// Copies the content of `earlier`. Returns how many bytes it has.
    fn carry_over(&mut self, earlier: &mut File) -> io::Result<u64> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut bytes = 0;
        loop {
            let count = earlier.read(&mut piece)?;
            let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else {
                return Ok(bytes);
            };
            self.write(read)?;
            bytes += count as u64;
        }
    }

    /// Adds `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        if let Some(hashing) = &mut self.hashing {
            hashing.add(bytes);
        }
        Ok(())
    }

    /// Forgets all that was written, and records `validator` for a later run.
    pub(super) fn restart(&mut self, validator: Option<&HeaderValue>) -> io::Result<()> {
        if let Some(tag) = &self.tag {
            // First the tag goes: the content must never have that of another version.
            remove(tag)?;
        }
        if let Some(file) = &mut self.file {
            io::Seek::rewind(file)?;
            file.set_len(0)?;
        }
        self.hashing = self.integrity.as_ref().map(Integrity::begin);
        if let (Some(tag), Some(validator)) = (&self.tag, validator) {
            // A new file: never what a symbolic link of another user leads to.
            let mut file = OpenOptions::new().write(true).create_new(true).open(tag)?;
            file.write_all(validator.as_bytes())?;
        }
        Ok(())
    }

    /// If the content does not have the digest that was asked for: the text that says so.
    pub(super) fn mismatch(&mut self) -> Option<String> {
        let integrity = self.integrity.as_ref()?;
        integrity.mismatch(&self.hashing.take()?.end())
    }

    /// Gives the content the final name, once it is on the disk.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        file.sync_all()?;
        drop(file);
        fs::rename(&self.path, &self.target)?;
        sync_folder(&self.target)?;
        if let Some(tag) = self.tag.take() {
            remove(&tag)?;
        }
        // Nothing is left to remove: the part has its final name.
        self.path = PathBuf::new();
        Ok(())
    }

    /// Removes it, also where it would be kept.
    pub(super) fn discard(mut self) {
        if let Some(tag) = self.tag.take() {
            let _ = remove(&tag);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.file.take());
        if self.tag.is_none() && !self.path.as_os_str().is_empty() {
            // An error says that it is gone.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The free bytes of the file system that `target` will be on.
pub(super) fn free_bytes(target: &Path) -> io::Result<u64> {
    fs4::available_space(folder(target))
}

fn folder(target: &Path) -> &Path {
    target.parent().unwrap_or(Path::new("."))
}

/// The name of a part of `target`.
fn beside(target: &Path, suffix: &str) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "the path does not end in a file name",
        )
    })?;
    let mut part = OsString::from(".");
    if name.len() <= MAX_NAME_BYTES {
        part.push(name);
    } else {
        part.push("download");
    }
    part.push(OsStr::new("."));
    part.push(suffix);
    part.push(OsStr::new(".part"));
    Ok(target.with_file_name(part))
}

/// Whether `file` is locked by this handle now.
fn is_locked(file: &File) -> bool {
    FileExt::try_lock(file).is_ok()
}

/// Whether the file at `path` is the one that this process has locked, and not one that replaced it
/// before it was locked: a second lock of the same file fails.
fn is_still_at(path: &Path) -> io::Result<bool> {
    let now = open_regular(path)?;
    Ok(now.is_some_and(|now| !is_locked(&now)))
}

fn tag_of(part: &Path) -> PathBuf {
    let mut name = part.as_os_str().to_owned();
    name.push(".etag");
    name.into()
}

/// The entity tag that an earlier run has written.
fn read_tag(path: &Path) -> io::Result<Option<HeaderValue>> {
    let Some(file) = open_regular(path)? else {
        return Ok(None);
    };
    let mut tag = Vec::new();
    file.take(MAX_TAG_BYTES).read_to_end(&mut tag)?;
    let tag = Some(tag).filter(|tag| is_strong(tag));
    Ok(tag.and_then(|tag| HeaderValue::from_bytes(&tag).ok()))
}

/// A regular file, and not what a symbolic link leads to; `None` if there is none.
fn open_regular(path: &Path) -> io::Result<Option<File>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        },
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{path:?} is not a regular file"),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn refuse_folder(target: &Path) -> io::Result<()> {
    match fs::metadata(target) {
        Ok(metadata) if metadata.is_dir() => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory",
        )),
        _ => Ok(()),
    }
}

/// Removes a file that may be gone.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// So that the new name is on the disk too. Elsewhere than on Unix a folder cannot be synchronised.
fn sync_folder(target: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder(target))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_replaced_before_it_was_locked_is_not_the_one_at_its_name() {
        let folder = std::env::temp_dir().join(format!("bonafide-part-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let (kept, other) = (folder.join("kept"), folder.join("other"));
        for path in [&kept, &other] {
            fs::write(path, "ab").expect("a file");
        }
        let earlier = open_regular(&kept).expect("readable").expect("there");
        assert!(is_locked(&earlier));
        assert!(is_still_at(&kept).expect("readable"));
        fs::rename(&other, &kept).expect("another file");
        assert!(!is_still_at(&kept).expect("readable"));
        fs::remove_dir_all(&folder).expect("it is there");
        assert!(!is_still_at(&kept).expect("readable"));
    }
}
