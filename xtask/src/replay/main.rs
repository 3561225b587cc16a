//! Judges a capsule again: `cargo xtask replay`.

mod error;
mod judge;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bonafide_verify::capsule::Capsule;
use bonafide_verify::pki_types::CertificateDer;
use bonafide_verify::{Anchors, CustomCa, Profile};
use clap::Parser;

use error::ReplayError;
use judge::Verdict;

/// More than this is not read of a file; a capsule is smaller.
const MAX_READ_BYTES: u64 = 2 * 1024 * 1024;

/// Judges the peer of a capsule again, offline, and says whether the code is the same. The exit
/// code is 0 when it is.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask replay")]
struct Arguments {
    /// The capsule, as `Refusal::capsule` writes it.
    file: PathBuf,
    /// A PEM file with anchors of the capsule among its certificates; may be given more than once.
    #[arg(long, value_name = "PEM")]
    anchors: Vec<PathBuf>,
    /// Looks for the anchors in the system's store too.
    #[arg(long)]
    system: bool,
    /// The profile to judge by [default: the one that the capsule names].
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    /// Judges even if not all of the anchors are at hand; a path that is missed then may be the
    /// fault of that.
    #[arg(long)]
    partial: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match replay(&arguments, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::FAILURE
        }
    }
}

fn replay(arguments: &Arguments, out: &mut impl Write) -> Result<(), ReplayError> {
    let capsule = read(&arguments.file)?;
    let profile = match (arguments.profile, capsule.profile()) {
        (Some(profile), _) => profile,
        (None, None) => Profile::default(),
        (None, Some(name)) => profile(name).map_err(|_| ReplayError::NoProfile(name.to_owned()))?,
    };
    let picked = capsule.pick_anchors(certificates(arguments)?);
    let wanted = capsule.anchors().len();
    if picked.found.is_empty() || !(picked.missing.is_empty() || arguments.partial) {
        return Err(ReplayError::MissingAnchors {
            missing: picked.missing,
            wanted,
        });
    }
    writeln!(out, "was      {}", capsule.refusal())?;
    writeln!(out, "profile  {}", profile.as_str())?;
    writeln!(out, "anchors  {} of {wanted}", picked.found.len())?;
    let verdict = judge::judge(&capsule, picked.found, profile)?;
    writeln!(out, "now      {verdict}")?;
    if let Verdict::Refused(refusal) = &verdict {
        let explanation = refusal.explain();
        if io::stdout().is_terminal() {
            writeln!(out, "\n{}", explanation.for_terminal(&io::stdout()))?;
        } else {
            writeln!(out, "\n{explanation}")?;
        }
    }
    if verdict.code() == capsule.code() {
        return Ok(());
    }
    Err(ReplayError::Differs {
        was: capsule.code().to_owned(),
        now: verdict.code().to_owned(),
        checks: capsule.checks().map(ToOwned::to_owned).collect(),
    })
}

fn read(path: &Path) -> Result<Capsule, ReplayError> {
    let mut json = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_READ_BYTES).read_to_end(&mut json))
        .map_err(|source| ReplayError::Read {
            path: path.to_owned(),
            source,
        })?;
    Capsule::from_json(json).map_err(|source| ReplayError::Capsule {
        path: path.to_owned(),
        source,
    })
}

/// Everything that could be an anchor.
fn certificates(arguments: &Arguments) -> Result<Vec<CertificateDer<'static>>, ReplayError> {
    let files = arguments.anchors.iter().map(|path| {
        let anchors = Anchors::only(CustomCa::file(path));
        (path.display().to_string(), anchors)
    });
    let system = arguments
        .system
        .then(|| ("the system's store".to_owned(), Anchors::system()));
    let mut certificates = Vec::new();
    for (place, anchors) in files.chain(system) {
        let set = anchors.load().map_err(|source| ReplayError::Anchors {
            place,
            source: Box::new(source),
        })?;
        let anchors = set.anchors().iter();
        certificates.extend(anchors.map(|anchor| anchor.certificate().clone()));
    }
    Ok(certificates)
}

fn profile(name: &str) -> Result<Profile, String> {
    let known = Profile::ALL.iter().copied();
    known
        .clone()
        .find(|profile| profile.as_str() == name)
        .ok_or_else(|| {
            let names: Vec<_> = known.map(Profile::as_str).collect();
            format!("no such profile; there are {}", names.join(", "))
        })
}
