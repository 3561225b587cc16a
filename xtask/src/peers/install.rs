//! `cargo xtask peers --install`: Debian packages with apt, packages of Python into virtual
//! environments of the project.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::list::{Listed, Origin};
use super::locate;
use crate::invocation::{Invocation, InvocationError};
use crate::workspace::Workspace;

/// Where the virtual environments are, in the repository. Git ignores the folder.
const ENVIRONMENTS: &str = "target/peers";
/// A copy of the file of versions, in a virtual environment that has them all.
const VERSIONS: &str = "versions.txt";
/// What makes virtual environments with pip in them. Debian has it in a package of its own.
const ENSUREPIP: &str = "import ensurepip, venv";
const ENSUREPIP_PACKAGE: &str = "python3-venv";

/// Why a peer is still missing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// This is not Debian nor one of its relatives.
    #[error("apt-get not found: install what has these Debian packages' programs: {0}")]
    NoApt(String),
    /// A command failed.
    #[error(transparent)]
    Command(#[from] InvocationError),
    /// A virtual environment could not be marked as complete.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Some failed; the reasons were printed.
    #[error("cannot install {0}")]
    Failed(String),
}

/// Installs as many of these peers as can be.
pub(super) fn run(workspace: &Workspace, missing: &[&Listed]) -> Result<(), InstallError> {
    let has_ensurepip = python(&["-c", ENSUREPIP]).succeeds(workspace.root());
    let packages = packages(missing, has_ensurepip);
    let mut failed = Vec::new();
    if let Err(error) = install_packages(workspace, &packages) {
        eprintln!("error: {error}");
        failed.extend(packages);
    }
    for peer in missing {
        if let Origin::Pip(versions) = &peer.origin
            && let Err(error) = make_environment(workspace, peer, versions)
        {
            eprintln!("error: {error}");
            failed.push(&peer.name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(InstallError::Failed(failed.join(", ")))
}

/// The folder of a peer's virtual environment.
pub(super) fn environment(workspace: &Workspace, peer: &Listed) -> PathBuf {
    workspace.path(ENVIRONMENTS).join(&peer.name)
}

/// Whether a virtual environment was completed with these versions.
pub(super) fn has_versions(environment: &Path, versions: &str) -> bool {
    fs::read_to_string(environment.join(VERSIONS)).is_ok_and(|installed| installed == versions)
}

/// The Debian packages of these peers, and what their virtual environments are made with.
fn packages<'a>(missing: &[&'a Listed], has_ensurepip: bool) -> Vec<&'a str> {
    let mut packages = Vec::new();
    let mut needs_ensurepip = false;
    for peer in missing {
        match &peer.origin {
            Origin::Apt(package) => packages.push(package.as_str()),
            Origin::Pip(_) => needs_ensurepip = true,
        }
    }
    if needs_ensurepip && !has_ensurepip {
        packages.push(ENSUREPIP_PACKAGE);
    }
    packages
}

fn install_packages(workspace: &Workspace, packages: &[&str]) -> Result<(), InstallError> {
    if packages.is_empty() {
        return Ok(());
    }
    if locate("apt-get").is_none() {
        return Err(InstallError::NoApt(packages.join(", ")));
    }
    let user = Invocation::program("id", &["-u"]).read(workspace.root())?;
    for command in apt_commands(packages, user.trim() == "0") {
        command.run(workspace.root())?;
    }
    Ok(())
}

/// `RUNLEVEL=1` keeps the packages from starting their services: tests start their own.
fn apt_commands(packages: &[&str], is_root: bool) -> [Invocation; 2] {
    let settings = ["env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive"];
    let update = ["apt-get", "update", "--quiet"];
    let install = [
        "apt-get",
        "install",
        "--yes",
        "--quiet",
        "--no-install-recommends",
    ];
    [
        [&settings[..], &update].concat(),
        [&settings[..], &install, packages].concat(),
    ]
    .map(|words| {
        if is_root {
            Invocation::program(words[0], &words[1..])
        } else {
            Invocation::program("sudo", &words)
        }
    })
}

/// Makes a virtual environment again from nothing, and marks it as complete at the end: one that an
/// interrupted run has left half made is not used.
fn make_environment(
    workspace: &Workspace,
    peer: &Listed,
    versions: &str,
) -> Result<(), InstallError> {
    let folder = environment(workspace, peer);
    for command in environment_commands(&folder, versions) {
        command.run(workspace.root())?;
    }
    let path = folder.join(VERSIONS);
    fs::copy(workspace.path(versions), &path)
        .map_err(|source| InstallError::Write { path, source })?;
    Ok(())
}

/// Wheels alone: no code of a package runs while it is installed.
fn environment_commands(folder: &Path, versions: &str) -> [Invocation; 2] {
    let folder = folder.display().to_string();
    let python_there = format!("{folder}/bin/python");
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--requirement",
        versions,
    ];
    [
        python(&["-m", "venv", "--clear", &folder]),
        Invocation::program(&python_there, &pip),
    ]
}

fn python(args: &[&str]) -> Invocation {
    Invocation::program("python3", args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str, origin: Origin) -> Listed {
        Listed {
            name: name.to_owned(),
            program: name.to_owned(),
            origin,
        }
    }

    #[test]
    fn packages_are_those_of_the_peers_and_what_makes_virtual_environments() {
        let apache = peer("apache", Origin::Apt("apache2".to_owned()));
        let httpbin = peer("httpbin", Origin::Pip(".ci/httpbin.txt".to_owned()));
        let both = [&apache, &httpbin];
        assert_eq!(packages(&both, true), ["apache2"]);
        assert_eq!(packages(&both, false), ["apache2", "python3-venv"]);
        assert_eq!(packages(&[&apache], false), ["apache2"]);
        assert_eq!(packages(&[], false), Vec::<&str>::new());
    }

    #[test]
    fn apt_is_called_with_sudo_by_a_user_that_is_not_root() {
        let [update, install] = apt_commands(&["apache2", "caddy"], true);
        assert_eq!(
            [update.to_string(), install.to_string()],
            [
                "env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get update --quiet",
                "env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet \
                 --no-install-recommends apache2 caddy",
            ]
        );
        let [_, install] = apt_commands(&["caddy"], false);
        let install = install.to_string();
        assert!(install.starts_with("sudo env RUNLEVEL=1 "), "{install}");
    }

    #[test]
    fn a_virtual_environment_gets_the_versions_of_its_file_and_no_other_package() {
        let commands = environment_commands(Path::new("/repo/target/peers/pyca"), ".ci/pyca.txt");
        assert_eq!(
            commands.map(|command| command.to_string()),
            [
                "python3 -m venv --clear /repo/target/peers/pyca",
                "/repo/target/peers/pyca/bin/python -m pip install --quiet \
                 --disable-pip-version-check --no-deps --only-binary=:all: \
                 --requirement .ci/pyca.txt",
            ]
        );
    }

    #[test]
    fn a_virtual_environment_is_there_once_it_has_the_versions_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_versions(folder.path(), "a==1\n"));
        fs::write(folder.path().join(VERSIONS), "a==1\n").unwrap();
        assert!(has_versions(folder.path(), "a==1\n"));
        assert!(!has_versions(folder.path(), "a==2\n"));
    }
}
