//! Changing one field of a finished certificate and signing it again: certificates that
//! are right but for one thing, whatever that thing is.

use der::asn1::{Any, BitString, ObjectIdentifier, OctetString};
use der::{Decode as _, Tag, TagNumber, Tagged as _};
use rcgen::SigningKey as _;
use rustls_pki_types::CertificateDer;

use super::key::TestKey;

/// The fields of a certificate that is to be signed again, RFC 5280 section 4.1. Each
/// method changes one; what it is given goes into the certificate as it is.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let server = ca.issue(Recipe::for_host("localhost"));
/// // A key usage that allows nothing.
/// let odd = ca.reissue(server.leaf(), |draft| {
///     draft.extension("2.5.29.15", true, &[0x03, 0x01, 0x00]);
/// });
/// assert_ne!(&odd, server.leaf());
/// ```
#[derive(Clone, Debug)]
pub struct Draft {
    /// `serialNumber` to `subjectPublicKeyInfo`.
    fields: Vec<Any>,
    version: Option<u8>,
    extensions: Vec<Vec<u8>>,
}

const SERIAL: usize = 0;
const ISSUER: usize = 2;
const VALIDITY: usize = 3;
const SUBJECT: usize = 4;
const PUBLIC_KEY: usize = 5;

impl Draft {
    /// `version`, 2 for X.509 version 3; nothing leaves the field out, which is version 1.
    pub fn version(&mut self, version: Option<u8>) -> &mut Self {
        self.version = version;
        self
    }

    /// The octets of `serialNumber`, big endian, with its sign.
    pub fn serial_number(&mut self, octets: &[u8]) -> &mut Self {
        self.fields[SERIAL] = any(Tag::Integer, octets);
        self
    }

    /// `issuer` as the DER of a name.
    pub fn issuer(&mut self, name: &[u8]) -> &mut Self {
        self.replace(ISSUER, name)
    }

    /// `validity` as DER.
    pub fn validity(&mut self, validity: &[u8]) -> &mut Self {
        self.replace(VALIDITY, validity)
    }

    /// `subject` as the DER of a name.
    pub fn subject(&mut self, name: &[u8]) -> &mut Self {
        self.replace(SUBJECT, name)
    }

    /// `subjectPublicKeyInfo` as DER. The private key stays what it was.
    pub fn public_key(&mut self, spki: &[u8]) -> &mut Self {
        self.replace(PUBLIC_KEY, spki)
    }

    /// An extension with this content, in the place of one that there is.
    ///
    /// # Panics
    /// If `oid` is not an object identifier in dotted decimals.
    pub fn extension(&mut self, oid: &str, critical: bool, value: &[u8]) -> &mut Self {
        let id = identifier(oid);
        let extension = encode_extension(id, critical, value);
        match self.position(id) {
            Some(position) => self.extensions[position] = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    /// Whether an extension that there is is critical.
    ///
    /// # Panics
    /// If there is none, or `oid` is not an object identifier in dotted decimals.
    pub fn critical(&mut self, oid: &str, critical: bool) -> &mut Self {
        let position = self.position(identifier(oid));
        let position = position.unwrap_or_else(|| panic!("there is no extension {oid}"));
        let fields =
            Vec::<Any>::from_der(&self.extensions[position]).expect("an extension is a sequence");
        let value: OctetString = fields[fields.len() - 1]
            .decode_as()
            .expect("an extension ends in its content");
        self.extension(oid, critical, value.as_bytes())
    }

    /// Leaves an extension out, where there is one.
    ///
    /// # Panics
    /// If `oid` is not an object identifier in dotted decimals.
    pub fn without_extension(&mut self, oid: &str) -> &mut Self {
        if let Some(position) = self.position(identifier(oid)) {
            self.extensions.remove(position);
        }
        self
    }

    /// Adds an extension even if there is one of its kind.
    ///
    /// # Panics
    /// If `oid` is not an object identifier in dotted decimals.
    pub fn another_extension(&mut self, oid: &str, value: &[u8]) -> &mut Self {
        self.extensions
            .push(encode_extension(identifier(oid), false, value));
        self
    }

    /// Adds an extension as its whole DER, whatever it is.
    ///
    /// # Panics
    /// If `der` is not one DER element.
    pub fn encoded_extension(&mut self, der: &[u8]) -> &mut Self {
        self.extensions.push(encode(&decode(der)));
        self
    }

    pub(super) fn of(certificate: &CertificateDer<'_>) -> Self {
        let outer = Vec::<Any>::from_der(certificate).expect("a certificate is a sequence");
        let tbs: Vec<Any> = outer[0]
            .decode_as()
            .expect("a TBSCertificate is a sequence");
        let (tagged, fields): (Vec<Any>, Vec<Any>) = tbs
            .into_iter()
            .partition(|field| matches!(field.tag(), Tag::ContextSpecific { .. }));
        let content = |number: u32| {
            let field = tagged.iter().find(|field| {
                matches!(
                    field.tag(),
                    Tag::ContextSpecific { number: found, .. } if found == TagNumber(number)
                )
            });
            field.map(|field| field.value().to_vec())
        };
        let extensions = content(3).map_or_else(Vec::new, |list| {
            let list = Vec::<Any>::from_der(&list).expect("extensions are a sequence");
            list.iter().map(encode).collect()
        });
        let version = content(0).map(|version| u8::from_der(&version).expect("a version is small"));
        Self {
            fields,
            version,
            extensions,
        }
    }

    pub(super) fn sign(self, issuer: &TestKey) -> CertificateDer<'static> {
        let algorithm = self.fields[1].clone();
        let mut tbs = Vec::new();
        if let Some(version) = self.version {
            tbs.push(context(0, &encode(&version)));
        }
        tbs.extend(self.fields);
        if !self.extensions.is_empty() {
            let list = any(Tag::Sequence, &self.extensions.concat());
            tbs.push(context(3, &encode(&list)));
        }
        let tbs = encode(&tbs);
        let signature = issuer
            .sign(&tbs)
            .expect("a key that was made here can sign");
        let signature = BitString::from_bytes(&signature).expect("a signature is whole bytes");
        let certificate = vec![
            decode(&tbs),
            algorithm,
            Any::encode_from(&signature).expect("a bit string encodes"),
        ];
        CertificateDer::from(encode(&certificate))
    }

    fn replace(&mut self, field: usize, der: &[u8]) -> &mut Self {
        self.fields[field] = decode(der);
        self
    }

    fn position(&self, id: ObjectIdentifier) -> Option<usize> {
        self.extensions.iter().position(|extension| {
            let fields = Vec::<Any>::from_der(extension).expect("an extension is a sequence");
            fields[0].decode_as::<ObjectIdentifier>() == Ok(id)
        })
    }
}

fn identifier(oid: &str) -> ObjectIdentifier {
    ObjectIdentifier::new(oid).unwrap_or_else(|_| panic!("{oid:?} is not an object identifier"))
}

fn encode_extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut fields = vec![Any::encode_from(&id).expect("an OID encodes")];
    if critical {
        fields.push(Any::encode_from(&true).expect("a boolean encodes"));
    }
    fields.push(any(Tag::OctetString, value));
    encode(&fields)
}

fn context(number: u32, content: &[u8]) -> Any {
    let number = TagNumber(number);
    let constructed = true;
    any(
        Tag::ContextSpecific {
            constructed,
            number,
        },
        content,
    )
}

fn any(tag: Tag, content: &[u8]) -> Any {
    Any::new(tag, content).expect("the content of a test certificate is short enough")
}

fn decode(der: &[u8]) -> Any {
    Any::from_der(der).expect("what goes into a certificate is one DER element")
}

fn encode(value: &impl der::Encode) -> Vec<u8> {
    value.to_der().expect("encoded values encode")
}
