//! A command that is printed before it runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::string::FromUtf8Error;
use std::{env, fmt, io};

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvocationError {
    /// The program could not be started.
    #[error("cannot start `{command}`")]
    Start {
        /// The whole command line.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ran and failed.
    #[error("`{command}` ended with {status}")]
    Failed {
        /// The whole command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The program ran and did not write UTF-8.
    #[error("`{command}` does not write UTF-8")]
    NotText {
        /// The whole command line.
        command: String,
        /// Where it stops to be UTF-8.
        source: FromUtf8Error,
    },
}

/// A program, its arguments and the variables that it gets on top of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    program: String,
    args: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Invocation {
    /// A cargo command; `line` is split at white space.
    pub(crate) fn cargo(line: &str) -> Self {
        Self {
            program: "cargo".to_owned(),
            args: line.split_whitespace().map(str::to_owned).collect(),
            variables: Vec::new(),
        }
    }

    /// A git command.
    pub(crate) fn git(args: &[&str]) -> Self {
        Self::program("git", args)
    }

    /// Any other program.
    pub(crate) fn program(name: &str, args: &[&str]) -> Self {
        Self {
            program: name.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            variables: Vec::new(),
        }
    }

    /// Adds arguments as they are.
    #[must_use]
    pub(crate) fn with_args(mut self, args: impl IntoIterator<Item = String>) -> Self {
        self.args.extend(args);
        self
    }

    /// Sets a variable for the command.
    #[must_use]
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Prints the command and runs it in `folder`.
    ///
    /// # Errors
    /// [`InvocationError`] where it does not start or does not succeed.
    pub(crate) fn run(&self, folder: &Path) -> Result<(), InvocationError> {
        println!("\n$ {self}");
        let status = self.command(folder).status();
        let status = status.map_err(|source| InvocationError::Start {
            command: self.to_string(),
            source,
        })?;
        if status.success() {
            return Ok(());
        }
        Err(InvocationError::Failed {
            command: self.to_string(),
            status,
        })
    }

    /// Prints the command, runs it in `folder` and gives what it writes.
    ///
    /// # Errors
    /// [`InvocationError`] where it does not start, does not succeed or does not write UTF-8.
    pub(crate) fn read(&self, folder: &Path) -> Result<String, InvocationError> {
        println!("\n$ {self}");
        let started = |source| InvocationError::Start {
            command: self.to_string(),
            source,
        };
        let output = self.command(folder).stderr(Stdio::inherit()).output();
        let output = output.map_err(started)?;
        if !output.status.success() {
            return Err(InvocationError::Failed {
                command: self.to_string(),
                status: output.status,
            });
        }
        String::from_utf8(output.stdout).map_err(|source| InvocationError::NotText {
            command: self.to_string(),
            source,
        })
    }

    /// Runs the command without a word and says whether it succeeded.
    pub(crate) fn succeeds(&self, folder: &Path) -> bool {
        self.command(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn command(&self, folder: &Path) -> Command {
        // Cargo names itself to the programs that it runs, so that the same toolchain is used
        // again.
        let program = match self.program.as_str() {
            "cargo" => env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")),
            other => OsString::from(other),
        };
        let mut command = Command::new(program);
        command.args(&self.args).current_dir(folder);
        if let Ok(path) = env::join_paths(search_path()) {
            command.env("PATH", path);
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={value} ")?;
        }
        f.write_str(&self.program)?;
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        Ok(())
    }
}

/// The folders of `PATH`, then those of servers, which Debian puts into the path of root alone.
/// Commands get this path, so that their tests find what `cargo xtask peers` finds.
pub(crate) fn search_path() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders
        .into_iter()
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_prints_as_it_can_be_typed() {
        let command = Invocation::cargo("test  --workspace --")
            .with_args(["--skip".to_owned(), "a".to_owned()])
            .with_variable("RUSTFLAGS", "-Dwarnings");
        assert_eq!(
            command.to_string(),
            "RUSTFLAGS=-Dwarnings cargo test --workspace -- --skip a"
        );
    }
}
