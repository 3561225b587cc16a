//! Programs of other projects, and the environment that they run in.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use tokio::process::Command;

/// A program that is there.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    name: &'static str,
    file: PathBuf,
}

impl Program {
    /// Looks for the program in the search path, and in the folders that only root has in it.
    ///
    /// `None`, with a word on stderr, where it is missing.
    ///
    /// # Panics
    /// If it is missing and the variable `CI` is set.
    pub(crate) fn find(name: &'static str) -> Option<Self> {
        let program = Self::locate(name);
        if program.is_none() {
            skip(&format!("{name} not found"));
        }
        program
    }

    /// Looks for a program of the virtual environment of this peer, which `cargo xtask peers
    /// --install` makes.
    ///
    /// `None`, with a word on stderr, where it is missing.
    ///
    /// # Panics
    /// If it is missing and the variable `CI` is set.
    pub(crate) fn find_in_environment(peer: &'static str, program: &str) -> Option<Self> {
        let environments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers");
        let file = environments.join(peer).join("bin").join(program);
        if !file.is_file() {
            skip(&format!("{peer} not found"));
            return None;
        }
        Some(Self { name: peer, file })
    }

    /// Looks in the same places as [`find`](Self::find), and says nothing.
    pub(crate) fn locate(name: &'static str) -> Option<Self> {
        let file = folders()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())?;
        Some(Self { name, file })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// A call of the program in `folder`, that ends with its handle.
    ///
    /// It sees nothing of the environment but the search path: no variable of this machine
    /// (`SSL_CERT_FILE`, `CURL_CA_BUNDLE`, `https_proxy`, …), no file of the user's home and no
    /// system-wide configuration of OpenSSL decides about a test.
    pub(crate) fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.file);
        command
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", folder)
            .env("LC_ALL", "C")
            .env("OPENSSL_CONF", OsStr::new("/dev/null"))
            .current_dir(folder)
            .kill_on_drop(true);
        command
    }
}

/// Says that a test does not run, and why.
///
/// # Panics
/// If the variable `CI` is set.
pub(crate) fn skip(why: &str) {
    assert!(env::var_os("CI").is_none(), "{why}, and CI is set");
    eprintln!("skipped: {why}");
}

fn search_path() -> std::ffi::OsString {
    env::var_os("PATH").unwrap_or_default()
}

fn folders() -> impl Iterator<Item = PathBuf> {
    env::split_paths(&search_path())
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .collect::<Vec<_>>()
        .into_iter()
}
