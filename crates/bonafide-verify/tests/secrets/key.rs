//! A private key, what becomes of its file in careless hands, and how to find a piece of it.

use std::collections::HashSet;

use bonafide_testkit::{Identity, KeyKind, Recipe};

/// How many characters of the key's Base64 are a piece of it.
const PIECE: usize = 8;

/// A private key, and how to find a piece of it in a text.
pub(crate) struct Key {
    pem: String,
    pieces: HashSet<String>,
    /// Of the Base64 and of the DER, as `Debug` prints bytes, and in hexadecimal.
    numbers: Vec<String>,
}

impl Key {
    pub(crate) fn of(kind: KeyKind) -> Self {
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
    pub(crate) fn is_not_in(&self, text: &str, told: &str) {
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
    pub(crate) fn damages(&self) -> Vec<(&'static str, String)> {
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
            ("behind a byte order mark", format!("\u{feff}{pem}")),
            ("indented", pem.replace('\n', "\n    ")),
            ("behind other text", format!("key: {pem}")),
            ("as a label", pem.replace("PRIVATE KEY", first)),
            (
                "as the label of a key",
                pem.replace("PRIVATE KEY", &format!("{first} PRIVATE KEY")),
            ),
            (
                "as a trusted certificate",
                pem.replace("PRIVATE KEY", "TRUSTED CERTIFICATE"),
            ),
            (
                "of OpenSSH",
                pem.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
            ),
            (
                "with a header of encryption",
                pem.replace(first, &format!("Proc-Type: 4,ENCRYPTED\n\n{first}")),
            ),
            ("twice without the first END marker", {
                format!("{begin}\n{body}\n{pem}")
            }),
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
