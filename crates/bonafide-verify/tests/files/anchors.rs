//! One table: what a file of anchors holds, and the line of the report on it.

use bonafide_testkit::{CrlRecipe, KeyKind, Recipe};
use bonafide_verify::files::AnchorReport;
use bonafide_verify::revocation::{Crls, Revocation};
use bonafide_verify::{Anchors, ConfigError, CustomCa, Intermediates, Policy};

use crate::made::{Made, element, pkcs7, pkcs12, section};

/// What the report says of a source with this content.
fn line(content: &[u8]) -> String {
    let report: AnchorReport = match Anchors::only(CustomCa::pem("F", content)).load() {
        Ok(set) => set.report().clone(),
        Err(ConfigError::NoAnchors { report }) => report,
        Err(_) => AnchorReport::default(),
    };
    let line = report.to_string();
    line.strip_prefix("memory (F): ")
        .unwrap()
        .replace("F: ", "")
}

/// The content, its name, and the line.
type Row = (&'static str, Vec<u8>, &'static str);

fn rows(made: &Made) -> Vec<Row> {
    let (one, two) = (made.one.pem(), made.two.pem());
    let (mut joined, indented) = (one.clone(), one.replace('\n', "\n  "));
    joined.truncate(joined.trim_end().len());
    joined.push_str(&two);
    let der = made.one.certificate().as_ref().to_vec();
    let utf16: Vec<u8> = one.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let body: String = one.lines().filter(|line| !line.contains("---")).collect();
    let request = section("CERTIFICATE REQUEST");
    let encrypted = section("RSA PRIVATE KEY").replace(
        "\nAAAA",
        "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA",
    );
    let with = |before: &str| format!("{before}{one}").into_bytes();
    let text = |text: &str| text.to_owned().into_bytes();
    let beside = "1 loaded, PEM section 1 is a private key, which is not expected here";
    vec![
        ("as it is", with(""), "1 loaded"),
        ("a byte order mark", with("\u{feff}"), "1 loaded"),
        (
            "two files with byte order marks, joined",
            with(&format!("\u{feff}{two}\u{feff}")),
            "2 loaded",
        ),
        (
            "X509 CERTIFICATE",
            made.labelled("X509 CERTIFICATE").into(),
            "1 loaded",
        ),
        (
            "TRUSTED CERTIFICATE",
            made.labelled("TRUSTED CERTIFICATE").into(),
            "1 loaded",
        ),
        ("END and BEGIN on one line", text(&joined), "2 loaded"),
        ("indented", text(&indented), "1 loaded"),
        (
            "CR for line ends",
            text(&one.replace('\n', "\r")),
            "1 loaded",
        ),
        (
            "a text that begins as DER does",
            with("0 s:CN=one\n"),
            "1 loaded",
        ),
        (
            "taken out by a comment",
            with("# -----BEGIN CERTIFICATE-----\n"),
            "1 loaded",
        ),
        (
            "behind other text",
            with("ca: -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "1 loaded, malformed PEM: section 1 does not begin with a BEGIN marker on its own line: the line breaks may have been lost",
        ),
        (
            "a BEGIN marker that lost a dash",
            text(&format!("{}{two}", one.strip_prefix('-').unwrap())),
            "1 loaded, malformed PEM: section 1 does not begin with a BEGIN marker on its own line: the line breaks may have been lost",
        ),
        (
            "no END marker before the next",
            with("-----BEGIN CERTIFICATE-----\nAAAA\n"),
            "1 loaded, malformed PEM: section 1 has no END marker on its own line",
        ),
        (
            "an END marker of another kind",
            with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "1 loaded, malformed PEM: section 1 has no END marker on its own line",
        ),
        ("a key beside it", with(&made.key()), beside),
        (
            "an encrypted key beside it",
            with(&encrypted),
            "1 loaded, PEM section 1 is an encrypted private key, which is not expected here",
        ),
        (
            "a key alone",
            text(&made.key()),
            "0 loaded, PEM section 1 is a private key, which is not expected here, contains no certificate",
        ),
        (
            "a request",
            text(&request),
            "0 loaded, PEM section 1 is a certificate request, which is not expected here, \
             contains no certificate",
        ),
        (
            "an unknown label",
            with(&section("CERTFICATE")),
            "1 loaded, PEM section 1 is an object with an unknown label, which is not expected here",
        ),
        (
            "PKCS #7 in PEM",
            section("PKCS7").into(),
            "0 loaded, PEM section 1 is PKCS #7 (extract certificates with `openssl pkcs7 -print_certs`), which is not expected here",
        ),
        (
            "PKCS #7",
            pkcs7(),
            "0 loaded, the content is PKCS #7 (extract certificates with `openssl pkcs7 -print_certs`), \
             which is not expected here",
        ),
        (
            "PKCS #12",
            pkcs12(),
            "0 loaded, the content is PKCS #12 (convert it to PEM with `openssl pkcs12 -nodes`), \
             which is not expected here",
        ),
        (
            "OpenSSH",
            section("OPENSSH PRIVATE KEY").into(),
            "0 loaded, PEM section 1 is an OpenSSH key, which is not expected here, contains no certificate",
        ),
        (
            "OpenSSH's public key",
            text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI a@b\n"),
            "0 loaded, the content is an OpenSSH key, which is not expected here",
        ),
        (
            "HTML",
            text("\r\n<!DOCTYPE html>\n<title>404</title>"),
            "0 loaded, the content is an HTML page, which is not expected here",
        ),
        (
            "UTF-16",
            utf16.clone(),
            "0 loaded, the content is text in UTF-16 (PEM is ASCII), which is not expected here",
        ),
        (
            "UTF-16 with its mark",
            [vec![0xff, 0xfe], utf16].concat(),
            "0 loaded, the content is text in UTF-16 (PEM is ASCII), which is not expected here",
        ),
        (
            "Base64 alone",
            text(&body),
            "0 loaded, the content is Base64 without PEM markers, which is not expected here",
        ),
        ("DER", der.clone(), "1 loaded"),
        (
            "DER and three octets",
            [&der[..], b"\0\0\n"].concat(),
            "0 loaded, 3 unexpected bytes follow the DER of object 1",
        ),
        (
            "a key in DER",
            made.client.key().secret_der().to_vec(),
            "0 loaded, the content is a private key, which is not expected here",
        ),
        ("nothing", Vec::new(), "0 loaded, contains no certificate"),
        (
            "text",
            text("see the wiki"),
            "0 loaded, contains no certificate",
        ),
    ]
}

#[test]
fn the_report_says_what_was_found_in_the_place_of_a_certificate() {
    let made = Made::new();
    for (name, content, expected) in rows(&made) {
        assert_eq!(line(&content), expected, "{name}");
    }
}

#[test]
fn the_keys_of_every_format_are_told_from_certificates_by_their_first_fields() {
    let made = Made::new();
    let rsa = made
        .one
        .issue(Recipe::for_host("a.test").key(KeyKind::Rsa2048));
    let keys = [
        made.key(),
        made.client.key_pem_sec1(),
        rsa.key_pem(),
        rsa.key_pem_pkcs1(),
    ];
    for key in keys {
        let label = key.lines().next().unwrap().to_owned();
        let relabelled: Vec<&str> = key.lines().filter(|line| !line.contains("---")).collect();
        let relabelled = format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            relabelled.join("\n")
        );
        let expected = "0 loaded, PEM section 1 is a private key, which is not expected here, \
                        contains no certificate";
        assert_eq!(line(relabelled.as_bytes()), expected, "{label}");
    }
    let list = made
        .one
        .crl_pem(CrlRecipe::new())
        .replace("X509 CRL", "CERTIFICATE");
    let expected = "0 loaded, PEM section 1 is a revocation list, which is not expected here, contains no certificate";
    assert_eq!(line(list.as_bytes()), expected);
}

#[test]
fn the_trust_settings_behind_a_trusted_certificate_are_cut_off() {
    use base64::Engine as _;
    let made = Made::new();
    // `X509_CERT_AUX`: trusted for serverAuth.
    let aux = element(
        0x30,
        &element(0x30, &element(0x06, &[0x2b, 6, 1, 5, 5, 7, 3, 1])),
    );
    let der = [made.one.certificate().as_ref(), &aux].concat();
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let pem = |label| format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n");
    let trusted = Anchors::only(CustomCa::pem("F", pem("TRUSTED CERTIFICATE")));
    let set = trusted.load().unwrap();
    assert_eq!(set.anchors()[0].certificate(), made.one.certificate());
    let plain = format!(
        "0 loaded, {} unexpected bytes follow the DER of object 1",
        aux.len()
    );
    assert_eq!(line(pem("CERTIFICATE").as_bytes()), plain);
}

#[test]
fn a_key_may_stand_beside_intermediates_and_lists_and_what_may_hold_them_may_not() {
    let made = Made::new();
    let issuing = made.one.intermediate("issuing").pem();
    let list = made.one.crl_pem(CrlRecipe::new());
    let intermediates = |text: String| {
        let anchors = Anchors::only(made.one.certificate().clone());
        let intermediates = Intermediates::pem("F", text);
        let policy = Policy::builder()
            .anchors(anchors)
            .intermediates(intermediates);
        policy.build().map(drop).map_err(|error| error.to_string())
    };
    let lists = |text: String| {
        let check = Revocation::builder().crls(Crls::pem("F", text)).build();
        check.map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(intermediates(made.key() + &issuing), Ok(()));
    assert_eq!(lists(made.key() + &list), Ok(()));
    let key = "PEM section 1 is a private key, which is not expected here";
    let unknown = "PEM section 1 is an object with an unknown label, which is not expected here";
    for (text, problem) in [
        (made.key(), key),
        (section("CRL") + &issuing + &list, unknown),
    ] {
        assert_eq!(
            intermediates(text.clone()),
            Err(format!("cannot read intermediates from F: {problem}"))
        );
        assert_eq!(
            lists(text),
            Err(format!("cannot read revocation lists from F: {problem}"))
        );
    }
}
