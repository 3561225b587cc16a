//! Files that people write and programs keep: PEM of every kind, pins, bundles of pins, known keys.

use bonafide_testkit::{CrlRecipe, KeyKind, Recipe, TestCa};

use super::{SeedError, Seeds};

/// A pin, for files that name one.
const PIN: &str = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Every label that is read, and every way in which a section was lost.
pub(super) fn pem(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let ca = TestCa::new();
    let (one, two) = (ca.pem(), TestCa::new().pem());
    let labelled = |label: &str| one.replace("CERTIFICATE", label);
    let key = ca.issue(Recipe::for_host("alice").client());
    let rsa = ca.issue(Recipe::for_host("alice").key(KeyKind::Rsa2048));
    let header = "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nM";
    for (name, text) in [
        ("mark", format!("\u{feff}{one}\u{feff}{two}")),
        ("x509", labelled("X509 CERTIFICATE")),
        ("trusted", labelled("TRUSTED CERTIFICATE")),
        ("joined", format!("{}{two}", one.trim_end())),
        ("indented", one.replace('\n', "\n  ")),
        ("behind", format!("ca: {one}{two}")),
        ("comment", format!("# {one}{two}")),
        ("unknown", labelled("CERTFICATE") + &two),
        (
            "no-end",
            format!("-----BEGIN CERTIFICATE-----\nAAAA\n{one}"),
        ),
        ("one-line", one.replace('\n', "\\n")),
        ("request", labelled("NEW CERTIFICATE REQUEST")),
        ("public", labelled("PUBLIC KEY")),
        ("pkcs7", labelled("PKCS7")),
        ("crl", ca.crl_pem(CrlRecipe::new())),
        ("pkcs8", key.chain_pem() + &key.key_pem()),
        ("sec1", key.key_pem_sec1()),
        ("pkcs1", rsa.key_pem_pkcs1()),
        (
            "encrypted",
            key.key_pem_sec1().replacen("-----\nM", header, 1),
        ),
        ("openssh", labelled("OPENSSH PRIVATE KEY")),
        ("html", "<!DOCTYPE html><html></html>".to_owned()),
    ] {
        seeds.raw(name, text.as_bytes())?;
    }
    let utf16: Vec<u8> = one.encode_utf16().flat_map(u16::to_le_bytes).collect();
    seeds.raw("utf16", &utf16)?;
    seeds.raw("der", ca.certificate())
}

/// Files of pins.
pub(super) fn pins(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    seeds.raw("toml", pin_file("").as_bytes())?;
    let json = format!(
        r#"{{"version": 1, "count": 1, "hosts": [{{"host": "**.a.test", "mode": "report-only",
        "backup": "waived", "expires": "2027-06-30T02:00:00+02:00", "on-expiry": "refuse",
        "pins": [{{"role": "ca", "pin": "{PIN}"}}]}}]}}"#
    );
    seeds.raw("json", json.as_bytes())
}

/// Envelopes, and what is signed in them.
pub(super) fn bundles(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let header = "[bundle]\nname = \"fuzz\"\nversion = 3\nexpires = \"2036-01-01T00:00:00Z\"\n";
    let payload = format!("# bonafide pin bundle 1\n{}", pin_file(header));
    seeds.raw("payload", payload.as_bytes())?;
    let envelope = format!(
        r#"{{"bonafide-pin-bundle": 1, "payload": "AAAA", "signatures": [{{"key": "ed25519/{}=",
        "signature": "{}=="}}]}}"#,
        "A".repeat(43),
        "A".repeat(86),
    );
    seeds.raw("envelope", envelope.as_bytes())
}

/// Stores of known keys.
pub(super) fn known_keys(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let line = |host: &str| format!("{host} {PIN} 2026-11-24T13:41:56Z\n");
    for (name, lines) in [
        ("none", String::new()),
        ("two", line("a.test") + &line("b.test")),
        ("addresses", line("192.0.2.7") + &line("2001:db8::7")),
        ("twice", line("a.test") + &line("a.test")),
    ] {
        let store = format!("bonafide first use, version 1\n{lines}end\n");
        seeds.raw(name, store.as_bytes())?;
    }
    seeds.raw("cut", b"bonafide first use, version 1\na.test sha256/")
}

/// A file of pins in TOML with these tables between its version and its hosts.
fn pin_file(tables: &str) -> String {
    format!(
        "version = 1\ncount = 1\n{tables}\n[[hosts]]\nhost = \"api.a.test\"\nbackup = \"required\"\n\
         expires = \"never\"\npins = [\n{{ role = \"leaf\", pin = \"{PIN}\" }},\n\
         {{ role = \"any\", pin = \"{}\" }},\n]\n",
        "03".repeat(32),
    )
}
