//! The real servers and clients that tests run against, and the tests that need each.
//!
//! The list stands in `.ci/peers`. A test needs a peer when its code, or a function of the same
//! file that it calls, names it. Where a peer is missing its tests are left out by name; under the
//! variable `CI` that is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{env, fs, io};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::invocation::search_path;
use crate::source::{RustFile, SourceError, Tree};
use crate::workspace::Workspace;

const LIST: &str = ".ci/peers";

/// Why the peers are not known, or not all there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeersError {
    /// The list is missing or unreadable.
    #[error("cannot read {LIST}")]
    List(#[from] io::Error),
    /// The sources could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Programs are missing where every one is demanded.
    #[error("missing under CI: {0} (`.ci/run` installs what {LIST} lists)")]
    Missing(String),
}

/// One program of the list.
#[derive(Debug)]
struct Peer {
    program: String,
    package: String,
    found: Option<PathBuf>,
    tests: BTreeSet<String>,
}

/// Every program of the list.
#[derive(Debug)]
pub(crate) struct Peers(Vec<Peer>);

impl Peers {
    /// Looks for each program in the search path, and for the tests in the sources.
    ///
    /// # Errors
    /// [`PeersError`] where the list or a source cannot be read.
    pub(crate) fn find(workspace: &Workspace) -> Result<Self, PeersError> {
        let list = fs::read_to_string(workspace.path(LIST))?;
        let tree = Tree::read(workspace.root(), &workspace.generated())?;
        let peers = parse(&list)
            .map(|(program, package)| Peer {
                program: program.to_owned(),
                package: package.to_owned(),
                found: locate(program),
                tests: tree
                    .rust
                    .iter()
                    .filter(|file| !file.path.starts_with("xtask/"))
                    .flat_map(|file| tests_naming(file, program))
                    .collect(),
            })
            .collect();
        Ok(Self(peers))
    }

    /// Prints where each program is, and the tests that do not run without those that are nowhere.
    pub(crate) fn print(&self) {
        for peer in &self.0 {
            match &peer.found {
                Some(path) => println!(
                    "{:<10} {} ({} tests)",
                    peer.program,
                    path.display(),
                    peer.tests.len()
                ),
                None if peer.tests.is_empty() => println!(
                    "{:<10} not found (Debian package {}); no test needs it, a step of the gate does",
                    peer.program, peer.package
                ),
                None => {
                    println!(
                        "{:<10} not found (Debian package {}); left out:",
                        peer.program, peer.package
                    );
                    for test in &peer.tests {
                        println!("{:>10} {test}", "-");
                    }
                }
            }
        }
    }

    /// Refuses a missing program where the variable `CI` is set.
    ///
    /// # Errors
    /// [`PeersError::Missing`] with the names.
    pub(crate) fn demand(&self) -> Result<(), PeersError> {
        let missing: Vec<&str> = self.missing().map(|peer| peer.program.as_str()).collect();
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

fn parse(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            words.next().zip(words.next())
        })
}

/// Where a program is.
pub(crate) fn locate(program: &str) -> Option<PathBuf> {
    search_path()
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The tests of the file that name the program themselves or through a function beside them.
fn tests_naming(file: &RustFile, program: &str) -> Vec<String> {
    let mut functions = Functions::default();
    functions.visit_file(&file.syntax);
    let mut naming: BTreeSet<&str> = functions
        .words
        .iter()
        .filter(|(name, words)| {
            words.iter().any(|word| word.contains(program)) || name.contains(program)
        })
        .map(|(name, _)| name.as_str())
        .collect();
    loop {
        let before = naming.len();
        for (name, words) in &functions.words {
            if words.iter().any(|word| naming.contains(word.as_str())) {
                naming.insert(name);
            }
        }
        if naming.len() == before {
            break;
        }
    }
    functions
        .tests
        .iter()
        .filter(|test| naming.contains(test.as_str()))
        .cloned()
        .collect()
}

/// The words of every function's body, and which functions are tests.
#[derive(Default)]
struct Functions {
    words: BTreeMap<String, BTreeSet<String>>,
    tests: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let name = function.sig.ident.to_string();
        let is_test = |attr: &syn::Attribute| {
            attr.path()
                .segments
                .last()
                .is_some_and(|s| s.ident == "test")
        };
        if function.attrs.iter().any(is_test) {
            self.tests.insert(name.clone());
        }
        let mut words = BTreeSet::new();
        for statement in &function.block.stmts {
            collect(quote_tokens(statement), &mut words);
        }
        self.words.entry(name).or_default().extend(words);
        visit::visit_item_fn(self, function);
    }
}

fn quote_tokens(statement: &syn::Stmt) -> TokenStream {
    quote::ToTokens::to_token_stream(statement)
}

fn collect(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => collect(group.stream(), words),
            TokenTree::Ident(ident) => {
                words.insert(ident.to_string().to_lowercase());
            }
            TokenTree::Literal(literal) => {
                words.insert(literal.to_string().to_lowercase());
            }
            TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(program: &str) -> Vec<String> {
        let text = r#"
            fn start() { Command::new("nginx") }
            fn site() -> Nginx { start() }
            #[test] fn two_sites() { site().get() }
            #[tokio::test] async fn by_type() { Nginx::start() }
            #[test] fn an_oracle() { run("openssl x509") }
            #[test] fn alone() { one() }
        "#;
        let file = RustFile::parse("tests/tests/a.rs", text.to_owned()).unwrap();
        tests_naming(&file, program)
    }

    #[test]
    fn a_test_needs_the_peers_that_it_reaches_within_its_file() {
        assert_eq!(naming("nginx"), ["by_type", "two_sites"]);
        assert_eq!(naming("openssl"), ["an_oracle"]);
        assert_eq!(naming("curl"), Vec::<String>::new());
    }

    #[test]
    fn the_list_has_a_program_and_a_package_a_line() {
        let list: Vec<_> = parse("# about\n\nnginx  nginx-light\n").collect();
        assert_eq!(list, [("nginx", "nginx-light")]);
    }

    #[test]
    fn tests_of_a_missing_peer_alone_are_left_out() {
        let peer = |program: &str, found: bool| Peer {
            program: program.to_owned(),
            package: program.to_owned(),
            found: found.then(|| PathBuf::from("bin")),
            tests: BTreeSet::from([format!("{program}_answers")]),
        };
        let peers = Peers(vec![peer("curl", true), peer("nginx", false)]);
        assert_eq!(peers.skip_args(), ["--skip", "nginx_answers"]);
    }
}
