//! No error, report or event holds a piece of a private key that somebody took for something else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa};
use bonafide_verify::{
    Anchors, BundleKey, BundleSigner, CanonicalHost, Capsule, CertificateSha256, ClientIdentity,
    CustomCa, FileFirstUse, FileVersionStore, FirstUse as _, HostPattern, IdentityHandle,
    Intermediates, LogList, MemoryFirstUse, PinAdvice, PinBundle, PinSet, Policy, Revocation,
    SpkiSha256, VersionStore as _, Zone,
};

/// How many characters of the key's Base64 are a piece of it.
const PIECE: usize = 8;

/// A private key, and how to find a piece of it in a text.
struct Key {
    pem: String,
    pieces: HashSet<String>,
    /// Of the Base64 and of the DER, as `Debug` prints bytes, and in hexadecimal.
    numbers: Vec<String>,
}

impl Key {
    fn of(kind: KeyKind) -> Self {
        let identity = Identity::self_signed(Recipe::for_host("a.test").key(kind));
        let pem = identity.key_pem();
        let body: String = pem.lines().filter(|line| !line.contains("-----")).collect();
        let windows = body.as_bytes().windows(PIECE);
        let pieces = windows
            .clone()
            .map(|piece| String::from_utf8(piece.to_vec()).unwrap());
        let der = identity.key().secret_der().to_vec();
        // Neither the begin, which every key of its kind has, nor the public half.
        let secret = match kind {
            KeyKind::EcdsaP256 => &der[36..68],
            _ => &der[der.len() / 2..],
        };
        let parts = body.as_bytes().chunks_exact(PIECE);
        let numbers = parts.chain(secret.chunks_exact(PIECE)).flat_map(|bytes| {
            let joined = |text: Vec<String>, by| text.join(by);
            let decimal = bytes.iter().map(ToString::to_string).collect();
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            [
                joined(decimal, ", "),
                joined(hex.clone(), ""),
                joined(hex, ":"),
            ]
        });
        Self {
            pieces: pieces.collect(),
            numbers: numbers.collect(),
            pem,
        }
    }

    /// Panics where `text` has a piece of the key.
    fn is_not_in(&self, text: &str, told: &str) {
        let characters: Vec<char> = text.chars().collect();
        for piece in characters.windows(PIECE) {
            let piece: String = piece.iter().collect();
            assert!(!self.pieces.contains(&piece), "{told}: {text}");
        }
        for numbers in &self.numbers {
            assert!(!text.contains(numbers), "{told}: {text}");
        }
    }

    /// What becomes of a key file in careless hands.
    fn damages(&self) -> Vec<(&'static str, String)> {
        let pem = &self.pem;
        let lines: Vec<&str> = pem.lines().collect();
        let body = lines[1..lines.len() - 1].join("\n");
        let (begin, end) = (lines[0], lines[lines.len() - 1]);
        let in_one_line = lines.join(r"\n");
        let spaced = lines.join(" ");
        let pin_file = |host: &str, expires: &str, role: &str, pin: &str| {
            format!(
                "version = 1\ncount = 1\n[[hosts]]\nhost = '{host}'\nbackup = 'waived'\nexpires = '{expires}'\n\
                 pins = [{{ role = '{role}', pin = '{pin}' }}]\n"
            )
        };
        let pin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let first = lines[1];
        let store = |line: &str| format!("bonafide first use, version 1\n{line}\nend\n");
        vec![
            ("as it is", pem.clone()),
            ("line ends as two characters", in_one_line.clone()),
            (
                "line ends as two characters, and one at the end",
                format!("{in_one_line}\n"),
            ),
            ("spaces for line ends", spaced.clone()),
            ("spaces for line ends, behind a certificate's marker", {
                format!("-----BEGIN CERTIFICATE----- {body} -----END CERTIFICATE-----")
            }),
            ("no line ends", lines.concat()),
            ("CR alone", lines.join("\r")),
            (
                "an END marker that was cut off",
                format!("{begin}\n{body}\n-----END PRIV"),
            ),
            ("no END marker", format!("{begin}\n{body}\n")),
            (
                "an END marker on the last line",
                format!("{begin}\n{body}{end}\n"),
            ),
            (
                "a marker with four dashes",
                format!("{}\n{body}\n{end}\n", &begin[1..]),
            ),
            (
                "a BEGIN marker cut off behind",
                format!("{}{body}\n{end}\n", &begin[..begin.len() - 1]),
            ),
            ("illegal Base64", pem.replace(first, &format!("!{first}"))),
            (
                "Base64 in two halves",
                pem.replace(first, &format!("{first}==")),
            ),
            ("no markers", body.clone()),
            ("no markers, in one line", body.replace('\n', "")),
            ("of another kind", pem.replace("PRIVATE KEY", "CERTIFICATE")),
            (
                "as a list of revoked certificates",
                pem.replace("PRIVATE KEY", "X509 CRL"),
            ),
            ("as a public key", pem.replace("PRIVATE KEY", "PUBLIC KEY")),
            (
                "as a request",
                pem.replace("PRIVATE KEY", "CERTIFICATE REQUEST"),
            ),
            (
                "as the host of a pin file",
                pin_file(&spaced, "never", "leaf", pin),
            ),
            (
                "as a time of a pin file",
                pin_file("a.test", &in_one_line, "leaf", pin),
            ),
            (
                "as a role of a pin file",
                pin_file("a.test", "never", first, pin),
            ),
            ("as a pin", pin_file("a.test", "never", "leaf", first)),
            (
                "as a field of a pin file",
                format!("version = 1\ncount = 0\n\"{spaced}\" = 1\n"),
            ),
            (
                "twice as a field of a pin file",
                format!("\"{first}\" = 1\n\"{first}\" = 1\n"),
            ),
            (
                "as the text of a pin file",
                format!("version = \"\"\"\n{pem}\"\"\"\n"),
            ),
            ("as a text without end", format!("version = \"{spaced}\n")),
            ("as a JSON text", format!("\"{in_one_line}\"")),
            ("as a JSON field", format!("{{\"{in_one_line}\": 1}}")),
            (
                "as the version in JSON",
                format!("{{\"version\": \"{in_one_line}\"}}"),
            ),
            ("as a bundle", {
                format!(
                    "{{\"bonafide-pin-bundle\": 1, \"payload\": \"{first}!\", \"signatures\": []}}"
                )
            }),
            ("as the key of a bundle", {
                format!(
                    "{{\"bonafide-pin-bundle\": 1, \"payload\": \"\", \"signatures\": [{{\"key\": \"{first}\", \"signature\": \"\"}}]}}"
                )
            }),
            (
                "as the version of a bundle",
                format!("{{\"bonafide-pin-bundle\": \"{first}\"}}"),
            ),
            (
                "as a capsule's version",
                format!("{{\"version\": \"{first}\"}}"),
            ),
            (
                "as a log list",
                format!("{{\"log_list_timestamp\": [\"{first}\"]}}"),
            ),
            (
                "as the version of a store",
                format!("bonafide first use, version {first}\n"),
            ),
            ("as a line of a store", store(&spaced)),
            ("as the host of a store", store(&format!("{first} b c"))),
            ("as the key of a store", store(&format!("a.test {first} c"))),
            (
                "as the time of a store",
                store(&format!("a.test {pin} {first}")),
            ),
        ]
    }
}

/// Everything that an error tells: `Display` and `Debug`, and those of all that it rests on.
fn told(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut told = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        told.extend([
            format!("{error}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ]);
        next = error.source();
    }
    told
}

/// What a reader tells: its error, or what it has read and may show.
fn outcome<T: Debug, E: Error + 'static>(result: Result<T, E>) -> Vec<String> {
    match result {
        Ok(read) => vec![format!("{read:?}")],
        Err(error) => told(&error),
    }
}

/// A reader of bytes, a file or a text, by its name.
type Reader = (&'static str, fn(&Given<'_>) -> Vec<String>);

/// What readers are given: the bytes, and files that hold them.
struct Given<'a> {
    text: &'a str,
    folder: &'a Path,
    /// Whose files are in order.
    ca: &'a TestCa,
}

impl Given<'_> {
    fn file(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, self.text).unwrap();
        path
    }

    fn good(&self) -> (String, String) {
        let identity = self.ca.issue(Recipe::for_host("a.test").client());
        (
            identity.chain_pem().to_owned(),
            identity.key_pem().to_owned(),
        )
    }
}

fn anchors(anchors: Anchors) -> Vec<String> {
    let mut texts = match anchors.load() {
        Ok(set) => vec![format!("{} {:?}", set.report(), set.report())],
        Err(error) => told(&error),
    };
    texts.push(format!("{anchors:?}"));
    texts.extend(outcome(Policy::builder().anchors(anchors).build()));
    texts
}

const READERS: &[Reader] = &[
    ("chain of an identity", |given| {
        outcome(ClientIdentity::from_pem(given.text, given.good().1))
    }),
    ("key of an identity", |given| {
        outcome(ClientIdentity::from_pem(given.good().0, given.text))
    }),
    ("files of an identity", |given| {
        let file = given.file("identity.pem");
        outcome(ClientIdentity::from_pem_files(&file, &file))
    }),
    ("file of an identity that is replaced", |given| {
        let (chain, key) = given.good();
        let handle = IdentityHandle::new(ClientIdentity::from_pem(&chain, key).unwrap());
        let good = given.folder.join("good.pem");
        fs::write(&good, chain).unwrap();
        outcome(handle.reload_from_pem_files(good, given.file("key.pem")))
    }),
    ("anchors in memory", |given| {
        anchors(Anchors::only(CustomCa::pem("corp", given.text)))
    }),
    ("anchors in a file", |given| {
        anchors(Anchors::only(CustomCa::file(given.file("ca.pem"))))
    }),
    ("anchors in a directory, beside good ones", |given| {
        given.file("ca.pem");
        let directory = CustomCa::directory(given.folder);
        anchors(Anchors::only(directory).plus(given.ca.certificate().clone()))
    }),
    ("anchors with their label in the wrong place", |given| {
        anchors(Anchors::only(CustomCa::pem(given.text, "corp")))
    }),
    ("intermediates", |given| {
        let intermediates = Intermediates::file(given.file("intermediates.pem"));
        let anchors = Anchors::only(given.ca.certificate().clone());
        outcome(
            Policy::builder()
                .anchors(anchors)
                .intermediates(intermediates)
                .build(),
        )
    }),
    ("revocation lists", |given| {
        let lists = bonafide_verify::Crls::file(given.file("lists.pem"));
        outcome(Revocation::builder().crls(lists).build())
    }),
    #[cfg(feature = "crlite")]
    ("filters", |given| {
        let filters = bonafide_verify::Crlite::file(given.file("a.filter"));
        outcome(Revocation::builder().crlite(filters).build())
    }),
    ("log list", |given| outcome(LogList::from_json(given.text))),
    ("log list in a file", |given| {
        outcome(LogList::from_file(given.file("logs.json")))
    }),
    ("pins in TOML", |given| {
        outcome(PinSet::from_toml(given.text))
    }),
    ("pins in JSON", |given| {
        outcome(PinSet::from_json(given.text))
    }),
    ("pins in a file", |given| {
        outcome(PinSet::from_file(given.file("pins.toml")))
    }),
    ("pins in a file of JSON", |given| {
        outcome(PinSet::from_file(given.file("pins.json")))
    }),
    ("bundle", |given| outcome(PinBundle::from_json(given.text))),
    ("bundle in a file", |given| {
        outcome(PinBundle::from_file(given.file("bundle.json")))
    }),
    ("key of a bundle", |given| {
        outcome(BundleKey::from_pem(given.text))
    }),
    ("key of a bundle as text", |given| {
        outcome(given.text.parse::<BundleKey>())
    }),
    ("signer of a bundle", |given| {
        outcome(BundleSigner::from_pem(given.text).map(|signer| format!("{signer:?}")))
    }),
    ("advice", |given| outcome(PinAdvice::of_pem(given.text))),
    ("pin", |given| outcome(given.text.parse::<SpkiSha256>())),
    ("fingerprint", |given| {
        outcome(given.text.parse::<CertificateSha256>())
    }),
    ("host pattern", |given| {
        outcome(given.text.parse::<HostPattern>())
    }),
    ("host", |given| outcome(CanonicalHost::parse(given.text))),
    ("host of a configuration", |given| {
        let anchors = Anchors::only(given.ca.certificate().clone());
        let policy = Policy::builder().anchors(anchors).build().unwrap();
        outcome(policy.client_config_for(given.text).map(drop))
    }),
    ("fence", |given| {
        let fenced = CustomCa::from(given.ca.certificate().clone()).only_for([given.text]);
        outcome(Policy::builder().anchors(Anchors::only(fenced)).build())
    }),
    ("pattern of a zone", |given| {
        let anchors = Anchors::only(given.ca.certificate().clone());
        let zone = Zone::for_host(given.text);
        outcome(Policy::builder().anchors(anchors).zone(zone).build())
    }),
    ("known keys", |given| {
        outcome(FileFirstUse::open(given.file("known")))
    }),
    ("host of known keys", |given| {
        let key = SpkiSha256([1; 32]);
        outcome(MemoryFirstUse::default().forget(given.text, key))
    }),
    ("versions of bundles", |given| {
        outcome(FileVersionStore::new(given.file("versions.json")).load("a"))
    }),
    ("capsule", |given| outcome(Capsule::from_json(given.text))),
    // The content of a file where its path should be.
    ("identity whose paths are contents", |given| {
        outcome(ClientIdentity::from_pem_files(given.text, given.text))
    }),
    ("anchors whose path is content", |given| {
        anchors(Anchors::only(CustomCa::file(given.text)))
    }),
    ("lists whose path is content", |given| {
        outcome(
            Revocation::builder()
                .crls(bonafide_verify::Crls::file(given.text))
                .build(),
        )
    }),
    ("log list whose path is content", |given| {
        outcome(LogList::from_file(given.text))
    }),
    ("pins whose path is content", |given| {
        outcome(PinSet::from_file(given.text))
    }),
    ("bundle whose path is content", |given| {
        outcome(PinBundle::from_file(given.text))
    }),
    ("known keys whose path is content", |given| {
        outcome(FileFirstUse::open(given.text))
    }),
];

#[test]
fn no_reader_tells_a_piece_of_a_private_key() {
    let ca = TestCa::new();
    for kind in [KeyKind::EcdsaP256, KeyKind::Rsa2048] {
        let key = Key::of(kind);
        for (damage, text) in key.damages() {
            for (reader, read) in READERS {
                let folder = tempfile::tempdir().unwrap();
                let given = Given {
                    text: &text,
                    folder: folder.path(),
                    ca: &ca,
                };
                for told in read(&given) {
                    key.is_not_in(&told, &format!("{reader}, given a key {damage}"));
                }
            }
        }
    }
}

#[test]
fn no_anchor_report_tells_what_a_variable_holds_in_the_place_of_a_path() {
    let key = Key::of(KeyKind::EcdsaP256);
    for (damage, text) in key.damages() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "tell_of_anchors_in_a_variable",
            ])
            .env("A_CA", &text)
            .output()
            .unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(told.contains("A_CA: 0 loaded"), "{told}");
        key.is_not_in(&told, damage);
    }
}

#[test]
#[ignore = "run by the test on variables, in a process of its own"]
fn tell_of_anchors_in_a_variable() {
    let good = Anchors::only(TestCa::new().certificate().clone());
    for told in anchors(good.plus_from_env("A_CA")) {
        println!("{told}");
    }
}
