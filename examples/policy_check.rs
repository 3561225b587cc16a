//! Keeps what a program trusts in a file, so that no change of it goes unseen: for the CI of a
//! program that uses bonafide.
//!
//! ```text
//! cargo run --example policy_check                      prints the effective policy
//! cargo run --example policy_check -- --write FILE      writes it
//! cargo run --example policy_check -- --check FILE      shows what differs, and fails if anything does
//! ```
//!
//! Commit the file; a change of it then is a change that is reviewed. Copy this program, put your
//! own policy in the place of `policy()`, and build it as your program is built: it shows the
//! features that are compiled in, and who in the build turns on those of danger.

use std::error::Error;
use std::process::ExitCode;

use bonafide::verify::pins::OnExpiredPins;
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Limits, Pins, Policy, Profile, TlsVersion, Zone};
use cargo_metadata::{Metadata, MetadataCommand};
use similar::TextDiff;

/// The policy of the program. Put yours here.
fn policy() -> Result<Policy, Box<dyn Error>> {
    let until = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_893_456_000));
    let pins = Pins::for_host("**.example.com")
        .leaf("sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
        .ca("sha256/r/mIkG3eEpVdm+u/ko/cwxzOMo1bk4TyHIlByibiA5E=")
        .expires(until, OnExpiredPins::Refuse)
        .build()?;
    Ok(Policy::builder()
        .profile(Profile::WebPki)
        .pins(pins)
        .zone(
            Zone::for_host("api.example.com")
                .min_tls_version(TlsVersion::Tls13)
                .limits(Limits::default().max_intermediates(1)),
        )
        .build()?)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match perform(&args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(args: &[&str]) -> Result<ExitCode, Box<dyn Error>> {
    let effective = policy()?.effective().to_string();
    for line in danger_in_the_build() {
        eprintln!("{line}");
    }
    match args {
        [] => print!("{effective}"),
        ["--write", file] => std::fs::write(file, effective)?,
        ["--check", file] => {
            let expected = std::fs::read_to_string(file)?;
            if expected != effective {
                let diff = TextDiff::from_lines(&expected, &effective);
                print!("{}", diff.unified_diff().header(file, "this program"));
                eprintln!(
                    "the policy is not the one in {file}; if that is meant, run with --write {file}"
                );
                return Ok(ExitCode::FAILURE);
            }
            eprintln!("the policy is the one in {file}");
        }
        _ => return Err("usage: policy_check [--write FILE | --check FILE]".into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Who in the build graph turns on a feature of danger, as cargo sees the graph with default
/// features; what is compiled in is in the document itself.
fn danger_in_the_build() -> Vec<String> {
    match MetadataCommand::new()
        .other_options(["--offline".to_owned()])
        .exec()
    {
        Ok(metadata) => asked_for(&metadata),
        Err(error) => vec![format!(
            "the build graph is not at hand, only the features that are compiled in are known: {error}"
        )],
    }
}

fn asked_for(metadata: &Metadata) -> Vec<String> {
    let is_ours = |name: &str| name.starts_with("bonafide");
    let is_danger = |feature: &str| feature.starts_with("danger-");
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let mut lines = Vec::new();
    for node in nodes {
        let package = &metadata[&node.id];
        // By the dependency itself …
        for dependency in package.dependencies.iter().filter(|one| is_ours(&one.name)) {
            for feature in dependency.features.iter().filter(|one| is_danger(one)) {
                lines.push(format!(
                    "{} turns on {}/{feature}",
                    package.name, dependency.name
                ));
            }
        }
        // … or by a feature of its own that is on.
        for on in &node.features {
            let means = package.features.get(on.as_str()).into_iter().flatten();
            for meant in means {
                if let Some((dependency, feature)) = meant.split_once('/')
                    && is_ours(dependency)
                    && is_danger(feature)
                {
                    lines.push(format!(
                        "{}, by its feature {on}, turns on {meant}",
                        package.name
                    ));
                }
            }
        }
    }
    lines.sort();
    lines.dedup();
    lines
}
