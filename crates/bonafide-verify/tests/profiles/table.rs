//! One row a way of breaking a rule, or of breaking none.

use bonafide_verify::{Code, Profile};

use super::chain::{Change, HOST, PathRole};
use super::der::*;
use PathRole::{Anchor, Intermediate, Leaf};
use Profile::{Browser, Rfc5280, WebPki, WebPkiIssuance};

pub(crate) const ALL: &[Profile] = &[Browser, WebPki, WebPkiIssuance, Rfc5280];
pub(crate) const STRICT: &[Profile] = &[WebPki, WebPkiIssuance, Rfc5280];
pub(crate) const WEB: &[Profile] = &[WebPki, WebPkiIssuance];
pub(crate) const ISSUANCE: &[Profile] = &[WebPkiIssuance];
const RFC: &[Profile] = &[Rfc5280];
const RFC_AND_ISSUANCE: &[Profile] = &[WebPkiIssuance, Rfc5280];

/// What is changed, where, how, the code, and who refuses.
pub(crate) type Row = (&'static str, PathRole, Change, Code, &'static [Profile]);

#[rustfmt::skip]
const FIELDS: &[Row] = &[
    ("serial number 0", Leaf, |d| { d.serial_number(&[0]); }, Code::SerialNumber, STRICT),
    ("negative serial number", Leaf, |d| { d.serial_number(&[0x80]); }, Code::SerialNumber, STRICT),
    ("serial number of 21 octets", Intermediate, |d| { d.serial_number(&[1; 21]); }, Code::SerialNumber, STRICT),
    ("serial number 0 of an anchor", Anchor, |d| { d.serial_number(&[0]); }, Code::SerialNumber, RFC),
    ("serial number of the anchor", Intermediate, |d| { d.serial_number(&[0x11]); }, Code::DuplicateSerial, STRICT),
    ("GeneralizedTime before 2050", Leaf, |d| { d.validity(&sequence(&[tlv(0x18, b"20260515000000Z"), tlv(0x17, b"260801000000Z")])); }, Code::TimeEncoding, STRICT),
    ("GeneralizedTime of an anchor", Anchor, |d| { d.validity(&sequence(&[tlv(0x18, b"20250515000000Z"), tlv(0x17, b"360801000000Z")])); }, Code::TimeEncoding, RFC),
    ("expired anchor", Anchor, |d| { d.validity(&utc("250101000000Z", "260501000000Z")); }, Code::ExpiredAnchor, ALL),
    ("anchor of the future", Anchor, |d| { d.validity(&utc("260701000000Z", "300101000000Z")); }, Code::ExpiredAnchor, ALL),
    ("valid for 201 days", Leaf, |d| { d.validity(&utc("260515000000Z", "261202000000Z")); }, Code::ValidityPeriod, ISSUANCE),
];

#[rustfmt::skip]
const KEYS: &[Row] = &[
    ("P-192", Leaf, |d| { d.public_key(&curve_key(&oid("1.2.840.10045.3.1.1"))); }, Code::UnsupportedKey, ALL),
    ("DSA", Leaf, |d| { d.public_key(&sequence(&[oids(&["1.2.840.10040.4.1"]), vec![0x03, 0x02, 0, 1]])); }, Code::UnsupportedKey, ALL),
    ("Ed25519", Leaf, |d| { d.public_key(&ed25519_key()); }, Code::UnsupportedKey, WEB),
    ("a curve without a name", Leaf, |d| { d.public_key(&curve_key(&sequence(&[]))); }, Code::UnsupportedKey, STRICT),
    ("RSA of 1024 bits", Leaf, |d| { d.public_key(&rsa_key(1024, 3)); }, Code::WeakKey, ALL),
    ("RSA of 2052 bits", Leaf, |d| { d.public_key(&rsa_key(2052, 3)); }, Code::WeakKey, ALL),
    ("RSA with exponent 1", Leaf, |d| { d.public_key(&rsa_key(2048, 1)); }, Code::RsaExponent, WEB),
    ("RSA with exponent 4", Leaf, |d| { d.public_key(&rsa_key(2048, 4)); }, Code::RsaExponent, WEB),
];

/// Keys and serial numbers that cannot be read, which every profile but `PathOnly` refuses by
/// reading them.
#[rustfmt::skip]
pub(crate) const UNREADABLE: &[(&str, Change)] = &[
    ("an empty serial number", |d| { d.serial_number(&[]); }),
    ("a padded serial number", |d| { d.serial_number(&[0, 0x42]); }),
    ("a negative key number", |d| { d.public_key(&rsa_spki(&[tlv(0x02, &[0x80; 256]), tlv(0x02, &[1, 0, 1])])); }),
    ("a negative exponent", |d| { d.public_key(&rsa_spki(&[tlv(0x02, &MODULUS), tlv(0x02, &[0x81])])); }),
    ("a third number in a key", |d| { d.public_key(&rsa_spki(&[tlv(0x02, &MODULUS), tlv(0x02, &[1, 0, 1]), tlv(0x02, &[1])])); }),
    ("an element after a key", |d| { d.public_key(&sequence(&[sequence(&[oid("1.2.840.113549.1.1.1"), tlv(0x05, &[])]), tlv(0x03, &[&[0][..], &sequence(&[tlv(0x02, &MODULUS), tlv(0x02, &[1, 0, 1])])].concat()), tlv(0x05, &[])])); }),
    ("padding bits in a key", |d| { d.public_key(&sequence(&[sequence(&[oid("1.3.101.112")]), tlv(0x03, &[&[1][..], &[2; 32]].concat())])); }),
];

#[rustfmt::skip]
const CONTENTS: &[Row] = &[
    ("a SET in a distribution point", Leaf, |d| { d.extension(CRL_POINTS, false, &sequence(&[sequence(&[tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://a"))), tlv(0x31, &[])])])); }, Code::MalformedExtension, STRICT),
    ("an unknown tag in a distribution point", Leaf, |d| { d.extension(CRL_POINTS, false, &sequence(&[sequence(&[tlv(0xa0, &tlv(0xa0, &tlv(0x86, b"http://a"))), tlv(0x85, &[1])])])); }, Code::MalformedExtension, STRICT),
    ("a distribution point with no name in its names", Leaf, |d| { d.extension(CRL_POINTS, false, &sequence(&[sequence(&[tlv(0xa0, &tlv(0xa0, &[]))])])); }, Code::MalformedExtension, STRICT),
    ("an empty policy", Leaf, |d| { d.extension(POLICIES, false, &sequence(&[sequence(&[tlv(0x06, &[])])])); }, Code::MalformedExtension, STRICT),
    ("a policy that is cut off", Leaf, |d| { d.extension(POLICIES, false, &sequence(&[sequence(&[tlv(0x06, &[0x2a, 0x83])])])); }, Code::MalformedExtension, STRICT),
    ("a qualifier without content", Leaf, |d| { d.extension(POLICIES, false, &sequence(&[sequence(&[oid(DOMAIN_VALIDATED), sequence(&[oids(&["1.3.6.1.5.5.7.2.1"])])])])); }, Code::MalformedExtension, STRICT),
    ("a purpose that is cut off", Intermediate, |d| { d.extension(PURPOSES, false, &sequence(&[oid(SERVER_AUTH), tlv(0x06, &[0x2a, 0x83])])); }, Code::MalformedExtension, STRICT),
    ("rubbish in an otherName", Anchor, |d| { d.extension("2.5.29.18", false, &sequence(&[tlv(0xa0, &[0xff, 0x01])])); }, Code::MalformedExtension, STRICT),
    ("a padded number in an otherName", Anchor, |d| { d.extension("2.5.29.18", false, &sequence(&[tlv(0xa0, &[oid("1.2.3"), tlv(0xa0, &tlv(0x02, &[0, 1]))].concat())])); }, Code::MalformedExtension, STRICT),
    ("an otherName without its value", Anchor, |d| { d.extension("2.5.29.18", false, &sequence(&[tlv(0xa0, &oid("1.2.3"))])); }, Code::MalformedExtension, STRICT),
    ("a URI outside ASCII in information access", Leaf, |d| { d.extension(AUTHORITY_INFO, false, &sequence(&[sequence(&[oid("1.3.6.1.5.5.7.48.1"), tlv(0x86, b"http://\xc3\xa4")])])); }, Code::MalformedExtension, STRICT),
    ("a critical FALSE that is written out", Leaf, |d| { d.encoded_extension(&sequence(&[oid("1.2.3.4"), tlv(0x01, &[0]), tlv(0x04, &[5, 0])])); }, Code::MalformedExtension, STRICT),
    ("a cA of FALSE that is written out", Leaf, |d| { d.extension(BASIC_CONSTRAINTS, true, &sequence(&[tlv(0x01, &[0])])); }, Code::MalformedExtension, STRICT),
    ("no directory attribute", Leaf, |d| { d.extension("2.5.29.9", false, &sequence(&[])); }, Code::MalformedExtension, STRICT),
    ("a directory attribute without values", Leaf, |d| { d.extension("2.5.29.9", false, &sequence(&[sequence(&[oid("2.5.4.3"), tlv(0x31, &[])])])); }, Code::MalformedExtension, STRICT),
    ("an empty list of timestamps", Leaf, |d| { d.extension("1.3.6.1.4.1.11129.2.4.2", false, &tlv(0x04, &[0, 0])); }, Code::MalformedExtension, STRICT),
    ("text as a TLS feature", Leaf, |d| { d.extension("1.3.6.1.5.5.7.1.24", false, &sequence(&[tlv(0x0c, b"5")])); }, Code::MalformedExtension, STRICT),
    ("a key usage that ends in a zero", Leaf, |d| { d.extension(KEY_USAGE, true, &[0x03, 0x02, 0x00, 0x80]); }, Code::MalformedExtension, STRICT),
    ("a subject of one empty set", Leaf, |d| { d.subject(&sequence(&[tlv(0x31, &[])])).critical(SAN, true); }, Code::Malformed, STRICT),
    ("a subject that is no row of sets", Leaf, |d| { d.subject(&sequence(&[tlv(0x0c, b"a")])); }, Code::Malformed, STRICT),
];

#[rustfmt::skip]
const EXTENSIONS: &[Row] = &[
    ("NULL as information access", Leaf, |d| { d.extension(AUTHORITY_INFO, false, &[0x05, 0x00]); }, Code::MalformedExtension, STRICT),
    ("no access description", Leaf, |d| { d.extension(AUTHORITY_INFO, false, &sequence(&[])); }, Code::MalformedExtension, STRICT),
    ("no policy mapping", Intermediate, |d| { d.extension(POLICY_MAPPINGS, false, &sequence(&[])); }, Code::MalformedExtension, STRICT),
    ("a distribution point of reasons alone", Leaf, |d| { d.extension(CRL_POINTS, false, &sequence(&[sequence(&[tlv(0x81, &[0, 0x40])])])); }, Code::MalformedExtension, STRICT),
    ("an unknown extension twice", Leaf, |d| { d.another_extension("1.2.3.4", &[]).another_extension("1.2.3.4", &[]); }, Code::DuplicateExtension, STRICT),
    ("a known extension twice", Anchor, |d| { d.another_extension(SUBJECT_KEY_ID, &tlv(0x04, &[1])); }, Code::DuplicateExtension, STRICT),
    ("an unknown critical extension of an anchor", Anchor, |d| { d.extension("1.2.3.4", true, &[]); }, Code::UnknownCriticalExtension, STRICT),
    ("critical policy constraints of an anchor", Anchor, |d| { d.extension(POLICY_CONSTRAINTS, true, &sequence(&[tlv(0x80, &[0])])); }, Code::UnknownCriticalExtension, STRICT),
    ("basic constraints of an anchor, not critical", Anchor, |d| { d.critical(BASIC_CONSTRAINTS, false); }, Code::NotCritical, STRICT),
    ("basic constraints of an intermediate, not critical", Intermediate, |d| { d.critical(BASIC_CONSTRAINTS, false); }, Code::NotCritical, STRICT),
    ("basic constraints of a leaf, not critical", Leaf, |d| { d.critical(BASIC_CONSTRAINTS, false); }, Code::NotCritical, WEB),
    ("name constraints, not critical", Intermediate, |d| { d.extension(NAME_CONSTRAINTS, false, &permitted(&[dns("example.com")])); }, Code::NotCritical, RFC),
    ("policy constraints, not critical", Intermediate, |d| { d.extension(POLICY_CONSTRAINTS, false, &sequence(&[tlv(0x80, &[0])])); }, Code::NotCritical, RFC),
    ("inhibitAnyPolicy, not critical", Intermediate, |d| { d.extension(INHIBIT_ANY_POLICY, false, &tlv(0x02, &[0])); }, Code::NotCritical, RFC),
    ("the SAN of an empty subject, not critical", Leaf, |d| { d.subject(&sequence(&[])); }, Code::NotCritical, STRICT),
    ("key usage, not critical", Leaf, |d| { d.critical(KEY_USAGE, false); }, Code::NotCritical, ISSUANCE),
    ("a critical subject key identifier", Anchor, |d| { d.critical(SUBJECT_KEY_ID, true); }, Code::Critical, STRICT),
    ("a critical extended key usage", Leaf, |d| { d.critical(PURPOSES, true); }, Code::Critical, WEB),
    ("a critical SAN beside a subject", Leaf, |d| { d.critical(SAN, true); }, Code::Critical, WEB),
];

#[rustfmt::skip]
const KEY_IDS: &[Row] = &[
    ("no subject key identifier of an intermediate", Intermediate, |d| { d.without_extension(SUBJECT_KEY_ID); }, Code::NoSubjectKeyId, STRICT),
    ("no subject key identifier of an anchor", Anchor, |d| { d.without_extension(SUBJECT_KEY_ID); }, Code::NoSubjectKeyId, RFC),
    ("no authority key identifier of a leaf", Leaf, |d| { d.without_extension(AUTHORITY_KEY_ID); }, Code::NoAuthorityKeyId, STRICT),
    ("no authority key identifier of an intermediate", Intermediate, |d| { d.without_extension(AUTHORITY_KEY_ID); }, Code::NoAuthorityKeyId, STRICT),
    ("an empty authority key identifier of an anchor", Anchor, |d| { d.extension(AUTHORITY_KEY_ID, false, &sequence(&[])); }, Code::NoAuthorityKeyId, STRICT),
    ("another key than the issuer's", Leaf, |d| { d.extension(AUTHORITY_KEY_ID, false, &sequence(&[tlv(0x80, &[9; 20])])); }, Code::KeyIdMismatch, STRICT),
    ("another key than the anchor's own", Anchor, |d| { d.extension(AUTHORITY_KEY_ID, false, &sequence(&[tlv(0x80, &[9; 20])])); }, Code::KeyIdMismatch, STRICT),
];

#[rustfmt::skip]
const CAS: &[Row] = &[
    ("an anchor that allows no intermediate", Anchor, |d| { d.extension(BASIC_CONSTRAINTS, true, &sequence(&[tlv(0x01, &[0xff]), tlv(0x02, &[0])])); }, Code::PathLength, STRICT),
    ("an anchor that may not sign certificates", Anchor, |d| { d.extension(KEY_USAGE, true, &key_usage(&[CRL_SIGN])); }, Code::NoCertSign, ALL),
    ("an intermediate that may not sign certificates", Intermediate, |d| { d.extension(KEY_USAGE, true, &key_usage(&[CRL_SIGN])); }, Code::NoCertSign, ALL),
    ("a leaf that may sign certificates", Leaf, |d| { d.extension(KEY_USAGE, true, &key_usage(&[DIGITAL_SIGNATURE, KEY_CERT_SIGN])); }, Code::CertSignWithoutCa, STRICT),
    ("a key usage that allows nothing", Leaf, |d| { d.extension(KEY_USAGE, true, &key_usage(&[])); }, Code::EmptyKeyUsage, STRICT),
    ("a key usage without signatures", Leaf, |d| { d.extension(KEY_USAGE, true, &key_usage(&[KEY_AGREEMENT])); }, Code::NoDigitalSignature, STRICT),
    ("a leaf with nonRepudiation", Leaf, |d| { d.extension(KEY_USAGE, true, &key_usage(&[DIGITAL_SIGNATURE, NON_REPUDIATION])); }, Code::LeafKeyUsage, WEB),
    ("an ECDSA leaf with keyEncipherment", Leaf, |d| { d.extension(KEY_USAGE, true, &key_usage(&[DIGITAL_SIGNATURE, KEY_ENCIPHERMENT])); }, Code::LeafKeyUsage, WEB),
    ("a CA with keyEncipherment", Anchor, |d| { d.extension(KEY_USAGE, true, &key_usage(&[KEY_ENCIPHERMENT, KEY_CERT_SIGN, CRL_SIGN])); }, Code::CaKeyUsage, WEB),
    ("a CA without key usage", Anchor, |d| { d.without_extension(KEY_USAGE); }, Code::NoKeyUsage, RFC_AND_ISSUANCE),
];

#[rustfmt::skip]
const PURPOSE: &[Row] = &[
    ("an anchor for nothing", Anchor, |d| { d.extension(PURPOSES, false, &sequence(&[])); }, Code::EmptyPurpose, ALL),
    ("an anchor for clients", Anchor, |d| { d.extension(PURPOSES, false, &oids(&[CLIENT_AUTH])); }, Code::WrongPurpose, ALL),
    ("an anchor for servers", Anchor, |d| { d.extension(PURPOSES, false, &oids(&[SERVER_AUTH])); }, Code::AnchorPurpose, WEB),
    ("a leaf without purpose", Leaf, |d| { d.without_extension(PURPOSES); }, Code::NoPurpose, WEB),
    ("a leaf for code", Leaf, |d| { d.extension(PURPOSES, false, &oids(&[SERVER_AUTH, CODE_SIGNING])); }, Code::ForbiddenPurpose, WEB),
    ("a leaf for any purpose", Leaf, |d| { d.extension(PURPOSES, false, &oids(&[SERVER_AUTH, ANY_PURPOSE])); }, Code::ForbiddenPurpose, WEB),
    ("an intermediate for code", Intermediate, |d| { d.extension(PURPOSES, false, &oids(&[SERVER_AUTH, CODE_SIGNING])); }, Code::ForbiddenPurpose, WEB),
    ("an intermediate without purpose", Intermediate, |d| { d.without_extension(PURPOSES); }, Code::NoCaPurpose, ISSUANCE),
];

#[rustfmt::skip]
const NAMES: &[Row] = &[
    ("an underscore", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), dns("a_b.example.com")])); }, Code::MalformedName, STRICT),
    ("an address as host name", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), dns("8.8.8.8")])); }, Code::MalformedName, STRICT),
    ("a wildcard in the middle", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), dns("a.*.example.com")])); }, Code::MalformedName, STRICT),
    ("half a mailbox", Intermediate, |d| { d.extension(SAN, false, &sequence(&[tlv(0x81, b"a@")])); }, Code::MalformedName, STRICT),
    ("a relative URI", Intermediate, |d| { d.extension(SAN, false, &sequence(&[uri("/path")])); }, Code::MalformedName, STRICT),
    ("a mailbox of a server", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), tlv(0x81, b"a@example.com")])); }, Code::ForbiddenNameKind, WEB),
    ("the common name of another host", Leaf, |d| { d.subject(&common_name("example.org")); }, Code::CommonName, WEB),
    ("a common name in other letters", Leaf, |d| { d.subject(&common_name("WWW.example.com")); }, Code::CommonName, WEB),
    ("two common names", Leaf, |d| { d.subject(&name(&[("2.5.4.3", HOST), ("2.5.4.3", HOST)])); }, Code::CommonName, WEB),
    ("an address in other digits", Leaf, |d| { d.subject(&common_name("8.8.8.08")).extension(SAN, false, &sequence(&[dns(HOST), ip(&[8, 8, 8, 8])])); }, Code::CommonName, WEB),
    ("the domain under a wildcard as common name", Leaf, |d| { d.subject(&common_name("example.com")).extension(SAN, false, &sequence(&[dns("*.example.com")])); }, Code::CommonName, ISSUANCE),
    ("an internal name", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), dns("mail.corp-intern")])); }, Code::InternalName, ISSUANCE),
    ("a private address", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), ip(&[10, 0, 0, 1])])); }, Code::InternalName, ISSUANCE),
];

#[rustfmt::skip]
const CONSTRAINTS: &[Row] = &[
    ("name constraints of a leaf", Leaf, |d| { d.extension(NAME_CONSTRAINTS, true, &permitted(&[dns("example.com")])); }, Code::LeafNameConstraints, STRICT),
    ("name constraints without a list", Intermediate, |d| { d.extension(NAME_CONSTRAINTS, true, &sequence(&[])); }, Code::EmptyNameConstraints, STRICT),
    ("name constraints of an empty list", Anchor, |d| { d.extension(NAME_CONSTRAINTS, true, &permitted(&[])); }, Code::EmptyNameConstraints, STRICT),
    ("a constraint with a leading period", Intermediate, |d| { d.extension(NAME_CONSTRAINTS, true, &permitted(&[dns(".example.com")])); }, Code::MalformedConstraint, STRICT),
    ("a mailbox constraint that is none", Intermediate, |d| { d.extension(NAME_CONSTRAINTS, true, &permitted(&[tlv(0x81, b"@"), dns("example.com")])); }, Code::MalformedConstraint, STRICT),
];

#[rustfmt::skip]
const POLICY: &[Row] = &[
    ("one policy twice", Leaf, |d| { d.extension(POLICIES, false, &policies(&[DOMAIN_VALIDATED, DOMAIN_VALIDATED])); }, Code::DuplicatePolicy, STRICT),
    ("a mapping to anyPolicy", Intermediate, |d| { d.extension(POLICY_MAPPINGS, false, &sequence(&[oids(&[DOMAIN_VALIDATED, ANY_POLICY])])); }, Code::AnyPolicyMapped, STRICT),
    ("a leaf without policies", Leaf, |d| { d.without_extension(POLICIES); }, Code::NoPolicy, ISSUANCE),
    ("a leaf with a policy of its own", Leaf, |d| { d.extension(POLICIES, false, &policies(&["1.2.3.4"])); }, Code::NoPolicy, ISSUANCE),
    ("an intermediate without policies", Intermediate, |d| { d.without_extension(POLICIES); }, Code::NoPolicy, ISSUANCE),
    ("no authority information", Leaf, |d| { d.without_extension(AUTHORITY_INFO); }, Code::NoAuthorityInfo, ISSUANCE),
    ("no CRL of an intermediate", Intermediate, |d| { d.without_extension(CRL_POINTS); }, Code::NoCrlPointer, ISSUANCE),
    ("a CRL by LDAP", Leaf, |d| { d.extension(CRL_POINTS, false, &crl_points("ldap://ldap.example.com/crl")); }, Code::PointerScheme, ISSUANCE),
    ("a responder by HTTPS", Leaf, |d| { d.extension(AUTHORITY_INFO, false, &authority_info("https://ocsp.example.com")); }, Code::PointerScheme, ISSUANCE),
];

/// Every row.
pub(crate) const TABLES: [&[Row]; 10] = [
    CONTENTS,
    FIELDS,
    KEYS,
    EXTENSIONS,
    KEY_IDS,
    CAS,
    PURPOSE,
    NAMES,
    CONSTRAINTS,
    POLICY,
];

/// What no profile has anything against.
#[rustfmt::skip]
pub(crate) const HARMLESS: &[(&str, PathRole, Change)] = &[
    ("an unknown extension", Leaf, |d| { d.extension("1.2.3.4", false, &[]); }),
    ("two unknown extensions", Leaf, |d| { d.extension("1.2.3.4", false, &[]).extension("1.2.3.5", false, &[]); }),
    ("a leaf without basic constraints", Leaf, |d| { d.without_extension(BASIC_CONSTRAINTS); }),
    ("a leaf without key usage", Leaf, |d| { d.without_extension(KEY_USAGE); }),
    ("a leaf without subject", Leaf, |d| { d.subject(&sequence(&[])).critical(SAN, true); }),
    ("purposes with large arcs", Leaf, |d| { d.extension(PURPOSES, false, &sequence(&[oid(SERVER_AUTH), tlv(0x06, &[0x88, 0x37, 1]), tlv(0x06, &UUID_ARC)])); }),
    ("an extension below 2.999", Leaf, |d| { d.encoded_extension(&sequence(&[tlv(0x06, &[0x88, 0x37, 1]), tlv(0x04, &[5, 0])])); }),
    ("an extension below 2.40", Anchor, |d| { d.encoded_extension(&sequence(&[tlv(0x06, &[0x78, 1]), tlv(0x04, &[5, 0])])); }),
    ("an extension of a UUID", Intermediate, |d| { d.encoded_extension(&sequence(&[tlv(0x06, &UUID_ARC), tlv(0x04, &[5, 0])])); }),
    ("an extension with an arc above 32 bits", Leaf, |d| { d.encoded_extension(&sequence(&[tlv(0x06, &[0x2a, 0x9f, 0xff, 0xff, 0xff, 0x7f]), tlv(0x04, &[5, 0])])); }),
    ("an extension whose identifier has 60 octets", Leaf, |d| { d.encoded_extension(&sequence(&[tlv(0x06, &[1; 60]), tlv(0x04, &[5, 0])])); }),
    ("policies with large arcs", Leaf, |d| { d.extension(POLICIES, false, &sequence(&[sequence(&[oid(DOMAIN_VALIDATED)]), sequence(&[tlv(0x06, &UUID_ARC)])])); }),
    ("a leaf for servers and clients", Leaf, |d| { d.extension(PURPOSES, false, &oids(&[SERVER_AUTH, CLIENT_AUTH])); }),
    ("a leaf with an address", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), ip(&[8, 8, 8, 8])])); }),
    ("a leaf with a wildcard", Leaf, |d| { d.extension(SAN, false, &sequence(&[dns(HOST), dns("*.example.com")])); }),
    ("a responder and no CRL", Leaf, |d| { d.without_extension(CRL_POINTS); }),
    ("valid for 200 days", Leaf, |d| { d.validity(&utc("260515000000Z", "261130235959Z")); }),
    ("398 days where the limit was that", Leaf, |d| { d.validity(&utc("260301000000Z", "270402235959Z")); }),
    ("a serial number of 20 octets", Leaf, |d| { d.serial_number(&[0x7f; 20]); }),
    ("an intermediate that allows no other", Intermediate, |d| { d.extension(BASIC_CONSTRAINTS, true, &sequence(&[tlv(0x01, &[0xff]), tlv(0x02, &[0])])); }),
    ("constraints that the host is within", Intermediate, |d| { d.extension(NAME_CONSTRAINTS, true, &permitted(&[dns("example.com")])); }),
    ("an intermediate with an alternative name", Intermediate, |d| { d.extension(SAN, false, &sequence(&[tlv(0x81, b"ca@example.com")])); }),
    ("an anchor that allows one intermediate", Anchor, |d| { d.extension(BASIC_CONSTRAINTS, true, &sequence(&[tlv(0x01, &[0xff]), tlv(0x02, &[1])])); }),
    ("an anchor without authority key identifier", Anchor, |d| { d.without_extension(AUTHORITY_KEY_ID); }),
    ("RSA of 4096 bits", Leaf, |d| { d.public_key(&rsa_key(4096, 3)); }),
    ("P-521", Leaf, |d| { d.public_key(&curve_key(&oid("1.3.132.0.35"))); }),
];

/// The content of the identifier of a UUID below 2.25.
const UUID_ARC: [u8; 20] = [
    0x69, 0x83, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0x7f,
];

/// The content of a positive number of 2048 bits.
const MODULUS: [u8; 257] = {
    let mut modulus = [0xc1; 257];
    modulus[0] = 0;
    modulus
};

/// An RSA key of these numbers.
fn rsa_spki(numbers: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.113549.1.1.1"), tlv(0x05, &[])]);
    let key = [&[0][..], &sequence(numbers)].concat();
    sequence(&[algorithm, tlv(0x03, &key)])
}
