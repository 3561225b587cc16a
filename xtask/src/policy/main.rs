//! Compares the default policy with the file that the project keeps of it: `cargo xtask policy`.
//!
//! The anchors of the system's store, which are the machine's, and the features, which are the
//! build's, are left out.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bonafide_verify::Policy;
use clap::{Args, Parser};
use serde_json::{Value, json};
use similar::TextDiff;

/// Writes the effective default policy, or says how it differs from a file. The exit code is 0 when
/// it does not.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask policy")]
struct Arguments {
    #[command(flatten)]
    task: Task,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Task {
    /// Compares with this file.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Writes this file.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    match perform(&Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<ExitCode, Box<dyn Error>> {
    let now = default_policy()?;
    if let Some(file) = &task.write {
        fs::write(file, &now).map_err(|error| at(file, &error))?;
    }
    let Some(file) = &task.check else {
        return Ok(ExitCode::SUCCESS);
    };
    let kept = fs::read_to_string(file).map_err(|error| at(file, &error))?;
    if kept == now {
        return Ok(ExitCode::SUCCESS);
    }
    let file = file.display().to_string();
    let diff = TextDiff::from_lines(&kept, &now);
    print!(
        "{}",
        diff.unified_diff().header(&file, "the default policy")
    );
    eprintln!("if the change is meant: cargo xtask policy --write {file}");
    Ok(ExitCode::FAILURE)
}

/// The effective default policy, without what is different from machine to machine and from build
/// to build.
fn default_policy() -> Result<String, Box<dyn Error>> {
    let mut document = serde_json::to_value(Policy::builder().build()?.effective())?;
    if let Some(fields) = document.as_object_mut() {
        fields.remove("build");
    }
    let zones = document.get_mut("zones").and_then(Value::as_array_mut);
    for zone in zones.into_iter().flatten() {
        zone["anchors"] = json!("of the system's store");
    }
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn at(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_is_written_is_found_the_same_and_a_changed_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.json");
        let run = |check, write| perform(&Task { check, write }).unwrap();
        assert_eq!(run(None, Some(file.clone())), ExitCode::SUCCESS);
        assert_eq!(run(Some(file.clone()), None), ExitCode::SUCCESS);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("X25519MLKEM768"), "{text}");
        fs::write(&file, text.replace("X25519MLKEM768", "X25519")).unwrap();
        assert_eq!(run(Some(file), None), ExitCode::FAILURE);
    }
}
