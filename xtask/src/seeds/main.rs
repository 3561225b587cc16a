//! Writes the inputs that fuzzing begins with, from the testkit's recipes: a step of
//! `cargo xtask fuzz`.

#[expect(
    unreachable_pub,
    dead_code,
    reason = "the fuzz targets use it from another crate, and more of it"
)]
#[path = "../../../fuzz/src/case.rs"]
mod case;
mod files;
mod http;
mod peers;
mod revocation;
mod streams;
mod transparency;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Parser;

use case::{Case, Part};

/// Writes the inputs that fuzzing begins with: a folder for each target.
#[derive(Debug, Parser)]
#[command(name = "seeds")]
struct Arguments {
    /// The folder to write to.
    folder: PathBuf,
}

/// Why an input was not written.
#[derive(Debug, thiserror::Error)]
enum SeedError {
    #[error("cannot write {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{target} {name} does not read back as it was written")]
    Unreadable { target: &'static str, name: String },
}

/// The inputs of one target.
struct Seeds<'a> {
    folder: &'a Path,
    target: &'static str,
}

impl Seeds<'_> {
    fn raw(&self, name: &str, input: &[u8]) -> Result<(), SeedError> {
        let folder = self.folder.join(self.target);
        let path = folder.join(name);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(&path, input))
            .map_err(|source| SeedError::Write { path, source })
    }

    /// Writes a case with its signatures verified, and with every signature believed.
    fn case(&self, name: &str, case: &Case<'_>) -> Result<(), SeedError> {
        for (how, verifies_signatures) in [("verified", true), ("believed", false)] {
            let case = Case {
                verifies_signatures,
                ..case.clone()
            };
            let name = format!("{name}-{how}");
            match case.write() {
                Some(input) if Case::read(&input) == case => self.raw(&name, &input)?,
                _ => {
                    let target = self.target;
                    return Err(SeedError::Unreadable { target, name });
                }
            }
        }
        Ok(())
    }
}

/// A peer that presents `chain` to a client which believes `anchors`, now.
fn peer<'a>(
    host: &'a str,
    anchors: impl IntoIterator<Item = &'a [u8]>,
    chain: impl IntoIterator<Item = &'a [u8]>,
) -> Case<'a> {
    let anchors = anchors.into_iter().map(|der| (Part::Anchor, der));
    let chain = chain.into_iter().map(|der| (Part::Presented, der));
    let now = bonafide_testkit::Moment::now().as_unix_seconds();
    Case {
        time: u64::try_from(now).unwrap_or(0),
        host: host.as_bytes(),
        parts: anchors.chain(chain).collect(),
        ..Case::default()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { folder } = Arguments::parse();
    let target = |target| Seeds {
        folder: &folder,
        target,
    };
    peers::chains(&target("chain"))?;
    peers::names(&target("name"))?;
    peers::bundles(&target("bundle"))?;
    files::pem(&target("pem"))?;
    files::pins(&target("pin_file"))?;
    files::bundles(&target("pin_bundle"))?;
    files::known_keys(&target("first_use"))?;
    revocation::lists(&target("crl"))?;
    revocation::responses(&target("ocsp"))?;
    transparency::timestamps(&target("sct"))?;
    http::cookies(&target("cookies"))?;
    http::challenges(&target("challenges"))?;
    http::bodies(&target("decoders"))?;
    streams::events(&target("server_sent_events"))?;
    Ok(())
}
