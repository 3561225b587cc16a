//! Makes something from files, and repeats that if they change meanwhile.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use super::contents::Contents;
use super::error::ReloadError;
use super::stamps::Stamps;

/// Maximum number of attempts, if the files change or other files are read.
const MAX_ROUNDS: usize = 4;

/// What was made, and from what.
pub(super) struct Settled<M> {
    pub(super) made: M,
    pub(super) files: Vec<PathBuf>,
    /// The contents of the files before and after; `None` if they differed in every attempt.
    pub(super) contents: Option<Contents>,
}

/// Makes something until the list of files, their contents and their stamps are the same before and
/// after.
///
/// `files` are the files that will probably be read. `about_to_read` is called with the expected
/// files before each attempt.
pub(super) fn settle<M>(
    make: impl Fn() -> Result<(M, Vec<PathBuf>), ReloadError>,
    mut files: Vec<PathBuf>,
    mut about_to_read: impl FnMut(&[PathBuf]),
) -> Result<Settled<M>, ReloadError> {
    let mut rounds = 1;
    loop {
        about_to_read(&files);
        let written = Stamps::of(&files);
        let before = Contents::of(&files);
        let (made, named) = catch_unwind(AssertUnwindSafe(&make)).unwrap_or_else(|payload| {
            let message = message(&*payload);
            Err(ReloadError::Panicked { message })
        })?;
        let is_settled =
            named == files && Contents::of(&files) == before && Stamps::of(&files) == written;
        if is_settled || rounds == MAX_ROUNDS {
            return Ok(Settled {
                made,
                files: named,
                contents: is_settled.then_some(before),
            });
        }
        files = named;
        rounds += 1;
    }
}

/// The message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use std::cell::Cell;
    use std::fs;

    use super::*;

    #[test]
    fn files_that_are_known_only_afterwards_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, "1").unwrap();
        let calls = Cell::new(0);
        let make = || {
            calls.set(calls.get() + 1);
            Ok((fs::read_to_string(&file).unwrap(), vec![file.clone()]))
        };
        let mut expected = Vec::new();
        let settled = settle(make, Vec::new(), |files| expected.push(files.to_vec())).unwrap();
        assert_eq!((settled.made.as_str(), calls.get()), ("1", 2));
        assert_eq!(
            settled.contents,
            Some(Contents::of(std::slice::from_ref(&file)))
        );
        assert_eq!(expected, [vec![], vec![file]]);
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, "half").unwrap();
        let make = || {
            let read = fs::read_to_string(&file).unwrap();
            if read == "half" {
                fs::write(&file, "whole").unwrap();
            }
            Ok((read, vec![file.clone()]))
        };
        let settled = settle(make, vec![file.clone()], |_| {}).unwrap();
        assert_eq!(settled.made, "whole");
        assert_eq!(settled.contents, Some(Contents::of(&[file])));
    }

    #[test]
    fn a_file_that_held_something_else_in_between_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, "whole").unwrap();
        for named in [file.clone(), folder.path().to_owned()] {
            let calls = Cell::new(0);
            let make = || {
                calls.set(calls.get() + 1);
                if calls.get() == 1 {
                    fs::write(&file, "half").unwrap();
                }
                let read = fs::read_to_string(&file).unwrap();
                if calls.get() == 1 {
                    fs::write(&file, "whole").unwrap();
                }
                Ok((read, vec![named.clone()]))
            };
            let settled = settle(make, vec![named.clone()], |_| {}).unwrap();
            assert_eq!((settled.made.as_str(), calls.get()), ("whole", 2));
        }
    }

    #[test]
    fn a_file_that_never_rests_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let calls = Cell::new(0);
        let make = || {
            calls.set(calls.get() + 1);
            fs::write(&file, calls.get().to_string()).unwrap();
            Ok(((), vec![file.clone()]))
        };
        let settled = settle(make, vec![file.clone()], |_| {}).unwrap();
        assert_eq!((settled.contents, calls.get()), (None, MAX_ROUNDS));
    }

    #[test]
    fn a_panic_is_an_error_with_its_message() {
        let make = || -> Result<((), Vec<PathBuf>), ReloadError> { panic!("no {}", "luck") };
        match settle(make, Vec::new(), |_| {}) {
            Err(ReloadError::Panicked { message }) => assert_eq!(message, "no luck"),
            other => panic!("{:?}", other.err()),
        }
    }
}
