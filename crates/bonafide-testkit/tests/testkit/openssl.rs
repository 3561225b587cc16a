//! The `openssl` command as an oracle.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(crate) struct OpenSsl(TempDir);

impl OpenSsl {
    /// None, with a word on stderr, where there is no `openssl`; in CI that is a failure.
    pub(crate) fn find() -> Option<Self> {
        let there = Command::new("openssl")
            .arg("version")
            .output()
            .is_ok_and(|o| o.status.success());
        if there {
            return Some(Self(TempDir::new().expect("a temporary directory")));
        }
        assert!(
            std::env::var_os("CI").is_none(),
            "openssl not found, and CI is set"
        );
        eprintln!("skipped: openssl not found");
        None
    }

    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("the temporary directory is writable");
        path
    }

    /// Runs a command with an input; gives what it printed, on both streams, and
    /// whether it succeeded.
    pub(crate) fn run(&self, arguments: &str, input: &[u8]) -> (bool, Vec<u8>) {
        let mut child = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("openssl starts");
        // A command that does not read its input closes it early.
        drop(child.stdin.take().expect("stdin is piped").write_all(input));
        let output = child.wait_with_output().expect("openssl ends");
        (
            output.status.success(),
            [output.stdout, output.stderr].concat(),
        )
    }

    /// As [`run`](Self::run) for a command that must succeed, as text.
    pub(crate) fn text(&self, arguments: &str, input: &str) -> String {
        let (success, output) = self.run(arguments, input.as_bytes());
        let output = String::from_utf8(output).expect("openssl prints text");
        assert!(success, "openssl {arguments}: {output}");
        output
    }
}
