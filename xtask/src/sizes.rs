//! What a client adds to a program: crates in the tree, and bytes of the binary.
//!
//! Each row is a package of its own, written below the target folder, that sends one `GET` and
//! prints the text. It has the versions of this workspace's `Cargo.lock`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::invocation::{Invocation, InvocationError};
use crate::workspace::Workspace;

/// Why the table could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SizesError {
    /// A program could not be written, or its binary not be found.
    #[error("cannot use {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Cargo failed.
    #[error(transparent)]
    Cargo(#[from] InvocationError),
}

/// How a program asks for a page.
#[derive(Clone, Copy, Debug)]
enum Source {
    Bonafide,
    BonafideBlocking,
    Reqwest,
    Ureq,
}

impl Source {
    const fn code(self) -> &'static str {
        match self {
            Self::Bonafide => ASYNC_BONAFIDE,
            Self::BonafideBlocking => {
                "fn main() -> Result<(), bonafide::Error> {\n    \
                 let url = std::env::args().nth(1).unwrap_or_default();\n    \
                 println!(\"{}\", bonafide::blocking::get(url)?.text()?);\n    Ok(())\n}\n"
            }
            Self::Reqwest => ASYNC_REQWEST,
            Self::Ureq => {
                "fn main() -> Result<(), ureq::Error> {\n    \
                 let url = std::env::args().nth(1).unwrap_or_default();\n    \
                 println!(\"{}\", ureq::get(url).call()?.body_mut().read_to_string()?);\n    \
                 Ok(())\n}\n"
            }
        }
    }

    const fn needs_tokio(self) -> bool {
        matches!(self, Self::Bonafide | Self::Reqwest)
    }
}

const ASYNC_BONAFIDE: &str = "fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async { bonafide::get(url).await?.text().await })?;
    println!(\"{text}\");
    Ok(())
}
";

const ASYNC_REQWEST: &str = "fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async { reqwest::get(url).await?.text().await })?;
    println!(\"{text}\");
    Ok(())
}
";

/// One row of the table.
#[derive(Debug)]
struct Program {
    name: &'static str,
    features: &'static [&'static str],
    has_defaults: bool,
    source: Source,
}

const PROGRAMS: [Program; 9] = [
    Program {
        name: "bonafide-ring",
        features: &["ring"],
        has_defaults: false,
        source: Source::Bonafide,
    },
    Program {
        name: "bonafide-blocking",
        features: &["ring", "blocking"],
        has_defaults: false,
        source: Source::BonafideBlocking,
    },
    Program {
        name: "ureq-rustls",
        features: &["rustls"],
        has_defaults: false,
        source: Source::Ureq,
    },
    Program {
        name: "ureq-default",
        features: &[],
        has_defaults: true,
        source: Source::Ureq,
    },
    Program {
        name: "bonafide-aws",
        features: &["aws-lc-rs"],
        has_defaults: false,
        source: Source::Bonafide,
    },
    Program {
        name: "bonafide-default",
        features: &[],
        has_defaults: true,
        source: Source::Bonafide,
    },
    Program {
        name: "bonafide-many",
        features: &[
            "auth", "br", "cookies", "deflate", "gzip", "hsts", "retry", "zstd",
        ],
        has_defaults: true,
        source: Source::Bonafide,
    },
    Program {
        name: "reqwest-rustls",
        features: &["rustls"],
        has_defaults: false,
        source: Source::Reqwest,
    },
    Program {
        name: "reqwest-default",
        features: &["gzip", "json", "stream"],
        has_defaults: true,
        source: Source::Reqwest,
    },
];

impl Program {
    fn crate_name(&self) -> &'static str {
        match self.source {
            Source::Bonafide | Source::BonafideBlocking => "bonafide",
            Source::Reqwest => "reqwest",
            Source::Ureq => "ureq",
        }
    }

    /// The row's first cell.
    fn title(&self) -> String {
        let features: Vec<String> = self
            .features
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let defaults = if self.has_defaults {
            "default"
        } else {
            "no default"
        };
        let cells = [vec![defaults.to_owned()], features].concat();
        format!("{}: {}", self.crate_name(), cells.join(", "))
    }

    fn manifest(&self, root: &Path) -> String {
        let from = match self.source {
            Source::Bonafide | Source::BonafideBlocking => {
                format!("path = {:?}", root.join("crates/bonafide"))
            }
            Source::Reqwest => "version = \"0.13.5\"".to_owned(),
            Source::Ureq => "version = \"3.5\"".to_owned(),
        };
        let tokio = if self.source.needs_tokio() {
            "tokio = { version = \"1\", default-features = false, features = [\"net\", \"rt\", \
             \"time\"] }\n"
        } else {
            ""
        };
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{crate_name} = {{ {from}, default-features = {has_defaults}, \
             features = {features:?} }}\n{tokio}\n[profile.release]\nstrip = true\n\n[workspace]\n",
            name = self.name,
            crate_name = self.crate_name(),
            has_defaults = self.has_defaults,
            features = self.features,
        )
    }

    /// Writes the package and returns its folder.
    fn write(&self, root: &Path, sizes: &Path) -> Result<PathBuf, SizesError> {
        let folder = sizes.join(self.name);
        let src = folder.join("src");
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| SizesError::File { path, source }
        };
        fs::create_dir_all(&src).map_err(failed(&src))?;
        let lock = root.join("Cargo.lock");
        fs::copy(&lock, folder.join("Cargo.lock")).map_err(failed(&lock))?;
        let manifest = folder.join("Cargo.toml");
        fs::write(&manifest, self.manifest(root)).map_err(failed(&manifest))?;
        let main = src.join("main.rs");
        fs::write(&main, self.source.code()).map_err(failed(&main))?;
        Ok(folder)
    }
}

/// Prints the table, with sizes if `builds` says so.
///
/// # Errors
/// [`SizesError`] where a program cannot be written, resolved or built.
pub(crate) fn run(workspace: &Workspace, builds: bool) -> Result<(), SizesError> {
    let sizes = workspace.target_directory().join("sizes");
    let mut rows = Vec::new();
    for program in &PROGRAMS {
        let folder = program.write(workspace.root(), &sizes)?;
        let tree = Invocation::cargo("tree -e normal --prefix none --no-dedupe").read(&folder)?;
        let crates = crates_of(&tree);
        let size = if builds {
            Some(size_of(program, &folder, &sizes)?)
        } else {
            None
        };
        rows.push((program.title(), crates, size));
    }
    println!("\n| client and features | crates | KiB |\n|---|---:|---:|");
    for (title, crates, size) in rows {
        let size = size.map_or_else(|| "-".to_owned(), |bytes| (bytes / 1024).to_string());
        println!("| {title} | {crates} | {size} |");
    }
    Ok(())
}

/// How many crates `cargo tree` lists, beside the program.
fn crates_of(tree: &str) -> usize {
    let lines = tree
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(" (*)"));
    let crates: BTreeSet<&str> = lines.filter(|line| !line.is_empty()).collect();
    crates.len()
}

/// The bytes of the program's binary.
fn size_of(program: &Program, folder: &Path, sizes: &Path) -> Result<u64, SizesError> {
    let build = sizes.join("build");
    let shown = build.to_string_lossy();
    Invocation::cargo("build --release")
        .with_variable("CARGO_TARGET_DIR", &shown)
        .run(folder)?;
    let name = format!("{}{}", program.name, env::consts::EXE_SUFFIX);
    let path = build.join("release").join(name);
    match fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(source) => Err(SizesError::File { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_is_counted_once_and_the_program_is_not() {
        let tree = "program v0.0.0 (/p)\na v1.0.0\nb v1.0.0\na v2.0.0\nb v1.0.0 (*)\n\n";
        assert_eq!(crates_of(tree), 3);
    }

    #[test]
    fn a_manifest_is_toml_and_names_the_features() {
        for program in &PROGRAMS {
            let manifest: toml::Table = program.manifest(Path::new("/r")).parse().unwrap();
            let dependency = &manifest["dependencies"][program.crate_name()];
            let features = dependency["features"].as_array().unwrap();
            assert_eq!(features.len(), program.features.len(), "{}", program.name);
        }
    }
}
