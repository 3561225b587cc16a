//! What stands in files by mistake, as far as it can be told apart.

use bonafide_testkit::{Identity, Recipe, TestCa};

/// Certificates and a key to make files of.
pub(crate) struct Made {
    pub(crate) one: TestCa,
    pub(crate) two: TestCa,
    pub(crate) client: Identity,
}

impl Made {
    pub(crate) fn new() -> Self {
        let (one, two) = (TestCa::new(), TestCa::new());
        let client = one
            .intermediate("issuing")
            .issue(Recipe::for_host("client").client());
        Self { one, two, client }
    }

    /// The first authority under another label.
    pub(crate) fn labelled(&self, label: &str) -> String {
        self.one.pem().replace("CERTIFICATE", label)
    }

    pub(crate) fn key(&self) -> String {
        self.client.key_pem()
    }
}

/// An element of DER.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut der = match length {
        [0, short] if short < 0x80 => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    der.extend_from_slice(content);
    der
}

/// `ContentInfo` of PKCS #7, 1.2.840.113549.1.7.2 (RFC 2315, 7).
pub(crate) fn pkcs7() -> Vec<u8> {
    let mut content = element(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 2]);
    content.extend(element(0xa0, &element(0x30, &[0; 200])));
    element(0x30, &content)
}

/// `PFX` of PKCS #12 (RFC 7292, 4).
pub(crate) fn pkcs12() -> Vec<u8> {
    let mut content = element(0x02, &[3]);
    content.extend(pkcs7());
    element(0x30, &content)
}

/// A section of PEM with content that nothing reads.
pub(crate) fn section(label: &str) -> String {
    format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")
}
