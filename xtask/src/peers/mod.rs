//! The real servers and clients that tests run against, and the tests that need each.
//!
//! The list stands in `.ci/peers`. A test needs a peer when its code, or a function of the same
//! file that it calls, names it. Where a peer is missing its tests are left out by name; under the
//! variable `CI` that is a failure.

mod install;
mod list;
mod naming;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{env, fmt, fs, io};

use crate::invocation::search_path;
use crate::source::{SourceError, Tree};
use crate::workspace::Workspace;
pub(crate) use install::InstallError;
use list::{Listed, Origin};

const LIST: &str = ".ci/peers";

/// Why the peers are not known, or not all there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeersError {
    /// The list, or the versions of a virtual environment, are missing or unreadable.
    #[error("cannot read {path}")]
    Read {
        /// The file, in the repository.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A line of the list is not a peer.
    #[error("{LIST}:{0}: expected a name, a program, and `apt:PACKAGE` or `pip:VERSIONS`")]
    Line(usize),
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Programs are missing where every one is demanded.
    #[error("missing under CI: {0} (`cargo xtask peers --install` installs what {LIST} lists)")]
    Missing(String),
}

/// One peer of the list.
#[derive(Debug)]
struct Peer {
    listed: Listed,
    found: Option<PathBuf>,
    tests: BTreeSet<String>,
}

/// Every peer of the list.
#[derive(Debug)]
pub(crate) struct Peers(Vec<Peer>);

impl Peers {
    /// Looks for each peer in the search path or its virtual environment, and for the tests in the
    /// sources.
    ///
    /// # Errors
    /// [`PeersError`] where the list or a source cannot be read.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self, PeersError> {
        let tree = Tree::read(workspace.root(), &workspace.generated())?;
        let peers = list::parse(&read(workspace, LIST)?)?
            .into_iter()
            .map(|listed| {
                Ok(Peer {
                    found: find(workspace, &listed)?,
                    tests: tree
                        .rust
                        .iter()
                        .filter(|file| !file.path.starts_with("xtask/"))
                        .flat_map(|file| naming::tests_naming(file, &listed.name))
                        .collect(),
                    listed,
                })
            })
            .collect::<Result<_, PeersError>>()?;
        Ok(Self(peers))
    }

    /// Prints where each peer is, and the tests that do not run without those that are nowhere.
    pub(crate) fn print(&self) {
        print!("{self}");
    }

    /// Installs what is missing.
    ///
    /// # Errors
    /// [`InstallError`] where a peer is still missing afterwards. The others are installed.
    pub(crate) fn install(&self, workspace: &Workspace) -> Result<(), InstallError> {
        let missing: Vec<&Listed> = self.missing().map(|peer| &peer.listed).collect();
        install::run(workspace, &missing)
    }

    /// Refuses a missing peer where the variable `CI` is set.
    ///
    /// # Errors
    /// [`PeersError::Missing`] with the names.
    pub(crate) fn demand(&self) -> Result<(), PeersError> {
        let missing: Vec<&str> = self
            .missing()
            .map(|peer| peer.listed.name.as_str())
            .collect();
        if missing.is_empty() || env::var_os("CI").is_none() {
            return Ok(());
        }
        Err(PeersError::Missing(missing.join(", ")))
    }

    /// The arguments for the test harness that leave out what cannot run.
    pub(crate) fn skip_args(&self) -> Vec<String> {
        let names: BTreeSet<&String> = self.missing().flat_map(|peer| &peer.tests).collect();
        names
            .into_iter()
            .flat_map(|name| ["--skip".to_owned(), name.clone()])
            .collect()
    }

    fn missing(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter().filter(|peer| peer.found.is_none())
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for peer in &self.0 {
            let name = &peer.listed.name;
            match (&peer.found, peer.tests.len()) {
                (Some(path), 0) => {
                    writeln!(f, "{name:<10} {} (a step of the gate)", path.display())?;
                }
                (Some(path), count) => {
                    writeln!(f, "{name:<10} {} ({count} tests)", path.display())?;
                }
                (None, 0) => writeln!(
                    f,
                    "{name:<10} not found ({}); no test needs it, a step of the gate does",
                    peer.listed.origin
                )?,
                (None, _) => {
                    writeln!(
                        f,
                        "{name:<10} not found ({}); left out:",
                        peer.listed.origin
                    )?;
                    for test in &peer.tests {
                        writeln!(f, "{:>10} {test}", "-")?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn read(workspace: &Workspace, path: &str) -> Result<String, PeersError> {
    fs::read_to_string(workspace.path(path)).map_err(|source| PeersError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Where a peer is. A virtual environment with other versions than those of its file is not there.
fn find(workspace: &Workspace, listed: &Listed) -> Result<Option<PathBuf>, PeersError> {
    match &listed.origin {
        Origin::Apt(_) => Ok(locate(&listed.program)),
        Origin::Pip(versions) => {
            let folder = install::environment(workspace, listed);
            let is_current = install::has_versions(&folder, &read(workspace, versions)?);
            let program = folder.join("bin").join(&listed.program);
            Ok((is_current && program.is_file()).then_some(program))
        }
    }
}

/// Where a program of the search path is.
pub(crate) fn locate(program: &str) -> Option<PathBuf> {
    search_path()
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str, found: bool, tests: &[&str]) -> Peer {
        Peer {
            listed: Listed {
                name: name.to_owned(),
                program: name.to_owned(),
                origin: Origin::Apt(format!("{name}-bin")),
            },
            found: found.then(|| PathBuf::from("/bin").join(name)),
            tests: tests.iter().map(|test| (*test).to_owned()).collect(),
        }
    }

    #[test]
    fn tests_of_a_missing_peer_alone_are_left_out() {
        let peers = Peers(vec![
            peer("curl", true, &["curl_answers"]),
            peer("nginx", false, &["nginx_answers"]),
        ]);
        assert_eq!(peers.skip_args(), ["--skip", "nginx_answers"]);
    }

    #[test]
    fn each_peer_is_printed_with_its_place_or_with_what_is_left_out() {
        let peers = Peers(vec![
            peer("curl", true, &["a", "b"]),
            peer("pyca", true, &[]),
            peer("nginx", false, &["c", "d"]),
            peer("valgrind", false, &[]),
        ]);
        assert_eq!(
            peers.to_string(),
            "curl       /bin/curl (2 tests)\n\
             pyca       /bin/pyca (a step of the gate)\n\
             nginx      not found (Debian package nginx-bin); left out:\n         \
             - c\n         \
             - d\n\
             valgrind   not found (Debian package valgrind-bin); no test needs it, a step of the \
             gate does\n"
        );
    }
}
