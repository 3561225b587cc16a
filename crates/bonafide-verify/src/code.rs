//! The stable codes of refusals, listed once.

use std::fmt;

use serde::{Serialize, Serializer};

/// Where the pages of the codes are published; the published crate does not contain them.
macro_rules! pages {
    () => {
        concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/codes/")
    };
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// Why a peer was refused, or why a handshake failed, as a stable identifier.
        ///
        /// A code is never reused and its text never changes; a release may add codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nCauses and remedies: [", $text, "](", pages!(), $text, ".md)")]
                $name,
            )+
        }

        impl Code {
            /// Every code, in the order of their groups: time, issuer, name, constraints,
            /// keys and signatures, form, profiles, policy, handshake.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as it is printed, for example `BF-EXPIRED`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What the code means, with its clause: the text of its documentation.
            pub(crate) const fn documentation(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+),)+
                }
            }
        }
    };
}

codes! {
    /// A certificate of the path is past its `notAfter` (RFC 5280, 4.1.2.5).
    Expired = "BF-EXPIRED",
    /// A certificate of the path is before its `notBefore` (RFC 5280, 4.1.2.5).
    NotYetValid = "BF-NOT-YET-VALID",
    /// A certificate's `notBefore` is after its `notAfter`.
    InvalidValidity = "BF-INVALID-VALIDITY",
    /// The path ends in an anchor that is outside its own validity period.
    ExpiredAnchor = "BF-EXPIRED-ANCHOR",
    /// No path leads from the presented chain to an anchor of the zone.
    UnknownIssuer = "BF-UNKNOWN-ISSUER",
    /// The leaf is its own issuer and is not an anchor.
    SelfSigned = "BF-SELF-SIGNED",
    /// The certificate's key is on rustls-webpki's list of distrusted keys.
    Distrusted = "BF-DISTRUSTED",
    /// The leaf is not valid for the requested name (RFC 9525).
    NameMismatch = "BF-NAME-MISMATCH",
    /// The leaf has no subject alternative name (CA/B BR 7.1.2.7.12).
    NoSubjectAltName = "BF-NO-SAN",
    /// A name is outside the name constraints of an issuer (RFC 5280, 4.2.1.10).
    NameConstraint = "BF-NAME-CONSTRAINT",
    /// The path is longer than an issuer's `pathLenConstraint` allows (RFC 5280, 4.2.1.9).
    PathLength = "BF-PATH-LENGTH",
    /// The server presented a CA certificate as its own certificate (RFC 5280, 4.2.1.9).
    CaAsLeaf = "BF-CA-AS-LEAF",
    /// A certificate that is not a CA certificate has issued another one (RFC 5280, 4.2.1.9).
    LeafAsCa = "BF-LEAF-AS-CA",
    /// The extended key usage does not allow server authentication (RFC 5280, 4.2.1.12).
    WrongPurpose = "BF-WRONG-PURPOSE",
    /// The extended key usage extension is present and empty (RFC 5280, 4.2.1.12).
    EmptyPurpose = "BF-EMPTY-PURPOSE",
    /// A signature of the path does not verify under its issuer's key.
    BadSignature = "BF-BAD-SIGNATURE",
    /// A signature of the path uses MD5 or SHA-1 (CA/B BR 7.1.3.2).
    WeakSignature = "BF-WEAK-SIGNATURE",
    /// A signature of the path uses an algorithm that the crypto provider does not verify.
    UnsupportedSignature = "BF-UNSUPPORTED-SIGNATURE",
    /// A key of the path is too short, or its size is not a multiple of 8 bits (CA/B BR 6.1.5).
    WeakKey = "BF-WEAK-KEY",
    /// A key of the path is of a kind that is not allowed, DSA or P-192 for example (CA/B BR
    /// 6.1.5).
    UnsupportedKey = "BF-UNSUPPORTED-KEY",
    /// A certificate has a critical extension that is not understood (RFC 5280, 4.2).
    UnknownCriticalExtension = "BF-UNKNOWN-CRITICAL-EXTENSION",
    /// A certificate is not an X.509 version 3 certificate (RFC 5280, 4.1.2.1).
    UnsupportedVersion = "BF-UNSUPPORTED-VERSION",
    /// A certificate is not well-formed DER or has a malformed field.
    Malformed = "BF-MALFORMED",
    /// A serial number is not positive, or has more than 20 octets (RFC 5280, 4.1.2.2).
    SerialNumber = "BF-SERIAL-NUMBER",
    /// Two certificates of the path have the same issuer and serial number (RFC 5280, 4.1.2.2).
    DuplicateSerial = "BF-DUPLICATE-SERIAL",
    /// A certificate has no issuer, or a CA certificate has no subject (RFC 5280, 4.1.2.4 and
    /// 4.1.2.6).
    EmptyName = "BF-EMPTY-NAME",
    /// A time is encoded in the wrong form for its year (RFC 5280, 4.1.2.5).
    TimeEncoding = "BF-TIME-ENCODING",
    /// A signature is by an algorithm that the Baseline Requirements do not list (CA/B BR 7.1.3.2).
    SignatureAlgorithm = "BF-SIGNATURE-ALGORITHM",
    /// The public exponent of an RSA key is even, or less than 3 (CA/B BR 6.1.6).
    RsaExponent = "BF-RSA-EXPONENT",
    /// The content of an extension does not follow its specification (RFC 5280, 4.2).
    MalformedExtension = "BF-MALFORMED-EXTENSION",
    /// A certificate has the same extension twice (RFC 5280, 4.2).
    DuplicateExtension = "BF-DUPLICATE-EXTENSION",
    /// An extension that must be critical is not (RFC 5280, 4.2.1).
    NotCritical = "BF-NOT-CRITICAL",
    /// An extension that must not be critical is critical (RFC 5280, 4.2.1 and 4.2.2).
    Critical = "BF-CRITICAL",
    /// A CA certificate has no subject key identifier (RFC 5280, 4.2.1.2).
    NoSubjectKeyId = "BF-NO-SUBJECT-KEY-ID",
    /// A certificate does not identify the key that signed it (RFC 5280, 4.2.1.1).
    NoAuthorityKeyId = "BF-NO-AUTHORITY-KEY-ID",
    /// An authority key identifier names a certificate beside the key (CA/B BR 7.1.2.11.1).
    AuthorityCertIssuer = "BF-AUTHORITY-CERT-ISSUER",
    /// An authority key identifier is not the issuer's subject key identifier (RFC 5280, 4.2.1.2).
    KeyIdMismatch = "BF-KEY-ID-MISMATCH",
    /// A path length constraint is on a certificate that may not issue (RFC 5280, 4.2.1.9).
    MisplacedPathLength = "BF-MISPLACED-PATH-LENGTH",
    /// An issuer's key usage does not allow it to sign certificates (RFC 5280, 4.2.1.3).
    NoCertSign = "BF-NO-CERT-SIGN",
    /// The key usage of a certificate that is not a CA certificate allows it to sign certificates
    /// (RFC 5280, 4.2.1.9).
    CertSignWithoutCa = "BF-CERT-SIGN-WITHOUT-CA",
    /// A key usage extension has no bit set (RFC 5280, 4.2.1.3).
    EmptyKeyUsage = "BF-EMPTY-KEY-USAGE",
    /// The leaf's key usage does not allow the signature of a TLS handshake (RFC 8446, 4.4.2.2).
    NoDigitalSignature = "BF-NO-DIGITAL-SIGNATURE",
    /// The leaf's key usage has a bit that servers must not have (CA/B BR 7.1.2.7.11).
    LeafKeyUsage = "BF-LEAF-KEY-USAGE",
    /// A CA's key usage has a bit that CAs must not have (CA/B BR 7.1.2.10.7).
    CaKeyUsage = "BF-CA-KEY-USAGE",
    /// A CA certificate has no key usage (RFC 5280, 4.2.1.3).
    NoKeyUsage = "BF-NO-KEY-USAGE",
    /// The leaf has no extended key usage (CA/B BR 7.1.2.7.10).
    NoPurpose = "BF-NO-PURPOSE",
    /// An extended key usage has a purpose that is not allowed together with server authentication
    /// (CA/B BR 7.1.2.7.10).
    ForbiddenPurpose = "BF-FORBIDDEN-PURPOSE",
    /// An anchor has an extended key usage (CA/B BR 7.1.2.1.2).
    AnchorPurpose = "BF-ANCHOR-PURPOSE",
    /// An intermediate has no extended key usage (CA/B BR 7.1.2.6.1).
    NoCaPurpose = "BF-NO-CA-PURPOSE",
    /// A subject alternative name does not have the syntax of its kind (RFC 5280, 4.2.1.6).
    MalformedName = "BF-MALFORMED-NAME",
    /// The leaf has a subject alternative name of a kind that servers must not have (CA/B BR
    /// 7.1.2.7.12).
    ForbiddenNameKind = "BF-FORBIDDEN-NAME-KIND",
    /// Only a wildcard over a public suffix covers the host (CA/B BR 3.2.2.6).
    PublicSuffixWildcard = "BF-PUBLIC-SUFFIX-WILDCARD",
    /// The leaf's common name is not one of its subject alternative names (CA/B BR 7.1.4.3).
    CommonName = "BF-COMMON-NAME",
    /// The leaf has an internal name or a reserved address (CA/B BR 4.2.2).
    InternalName = "BF-INTERNAL-NAME",
    /// A certificate that is not a CA certificate has name constraints (RFC 5280, 4.2.1.10).
    LeafNameConstraints = "BF-LEAF-NAME-CONSTRAINTS",
    /// A name constraints extension constrains nothing (RFC 5280, 4.2.1.10).
    EmptyNameConstraints = "BF-EMPTY-NAME-CONSTRAINTS",
    /// A name constraint does not have the syntax of its kind (RFC 5280, 4.2.1.10).
    MalformedConstraint = "BF-MALFORMED-CONSTRAINT",
    /// A certificate names one policy twice (RFC 5280, 4.2.1.4).
    DuplicatePolicy = "BF-DUPLICATE-POLICY",
    /// A policy mapping is from or to `anyPolicy` (RFC 5280, 4.2.1.5).
    AnyPolicyMapped = "BF-ANY-POLICY-MAPPED",
    /// A certificate has no certificate policies, or the leaf none of the reserved ones (CA/B BR
    /// 7.1.2.7.9).
    NoPolicy = "BF-NO-POLICY",
    /// The leaf has no authority information access (CA/B BR 7.1.2.7.7).
    NoAuthorityInfo = "BF-NO-AUTHORITY-INFO",
    /// A certificate does not say where its revocation is published (CA/B BR 7.1.2.11.2).
    NoCrlPointer = "BF-NO-CRL-POINTER",
    /// A pointer to an issuer, a responder or a list is not an `http` URI (CA/B BR 7.1.2.7.7).
    PointerScheme = "BF-POINTER-SCHEME",
    /// The leaf is valid for longer than the Baseline Requirements allow (CA/B BR 6.3.2).
    ValidityPeriod = "BF-VALIDITY-PERIOD",
    /// A CA's subject lacks its country, organization or common name (CA/B BR 7.1.2.10.2).
    CaSubject = "BF-CA-SUBJECT",
    /// The server presented no certificate.
    NoCertificate = "BF-NO-CERTIFICATE",
    /// The search for a path exceeded its limit of work.
    TooComplex = "BF-TOO-COMPLEX",
    /// The server presented more than the policy's [`Limits`](crate::Limits) allow.
    ChainTooLarge = "BF-CHAIN-TOO-LARGE",
    /// The path has more intermediates than the policy's [`Limits`](crate::Limits) allow.
    TooManyIntermediates = "BF-TOO-MANY-INTERMEDIATES",
    /// No key of the verified path is among the pins of the host.
    PinMismatch = "BF-PIN-MISMATCH",
    /// The pins of the host have expired and are configured to refuse after expiry.
    PinsExpired = "BF-PINS-EXPIRED",
    /// The host presented another key than at its first contact.
    KeyChanged = "BF-KEY-CHANGED",
    /// The zone accepts exactly the keys or certificates that it names, and the peer presented
    /// another one.
    NotTheKey = "BF-NOT-THE-KEY",
    /// No key is recorded for the host yet, and only a full handshake records one.
    KeyUnknown = "BF-KEY-UNKNOWN",
    /// The store of the keys that hosts presented at first contact cannot be read or written.
    KeyStore = "BF-KEY-STORE",
    /// The certificate is not in enough logs of Certificate Transparency (RFC 6962; policies of
    /// Chrome and Apple).
    TooFewScts = "BF-TOO-FEW-SCTS",
    /// A list of signed certificate timestamps cannot be read (RFC 6962, 3.3).
    SctMalformed = "BF-SCT-MALFORMED",
    /// The log list is older than the check allows, and the check is configured to refuse then.
    LogListStale = "BF-LOG-LIST-STALE",
    /// A certificate of the path is revoked (RFC 5280, 6.3; RFC 6960, 2.2).
    Revoked = "BF-REVOKED",
    /// The responder does not know the certificate (RFC 6960, 2.2).
    RevocationUnknown = "BF-REVOCATION-UNKNOWN",
    /// The revocation status of a certificate is out of date, or not valid yet (RFC 5280, 5.1.2.5;
    /// RFC 6960, 4.2.2.1).
    RevocationStale = "BF-REVOCATION-STALE",
    /// No source says whether a certificate of the path is revoked (RFC 5280, 6.3.3).
    RevocationMissing = "BF-REVOCATION-MISSING",
    /// The leaf requires a stapled OCSP response and the server sent none (RFC 7633, 4.2.3.1).
    StapleMissing = "BF-STAPLE-MISSING",
    /// The OCSP response that the server stapled is not acceptable (RFC 6960, 3.2).
    StapleInvalid = "BF-STAPLE-INVALID",
    /// A check other than the built-in ones refused.
    CheckRefused = "BF-CHECK-REFUSED",
    /// The policy is closed and has no zone for the host.
    HostNotInPolicy = "BF-HOST-NOT-IN-POLICY",
    /// The zone has no anchors: the system store could not be read or is empty.
    NoAnchors = "BF-NO-ANCHORS",
    /// The handshake's signature was not made with the leaf's key: the peer does not hold that key.
    BadHandshakeSignature = "BF-BAD-HANDSHAKE-SIGNATURE",
    /// Server and client have no TLS version in common; TLS 1.0 and 1.1 are not offered (RFC 8996).
    ProtocolVersion = "BF-PROTOCOL-VERSION",
    /// Server and client have no cipher suite, group or signature scheme in common.
    NoCommonParameters = "BF-NO-COMMON-PARAMETERS",
    /// The server requires a client certificate, and the client sent none that the server accepts.
    ClientCertificate = "BF-CLIENT-CERTIFICATE",
    /// The client could not present its own certificate: the signer, or the callback that chooses
    /// the certificate, failed (RFC 8446, 4.4.3).
    ClientIdentity = "BF-CLIENT-IDENTITY",
    /// The peer ended the handshake without an answer.
    HandshakeClosed = "BF-HANDSHAKE-CLOSED",
    /// The connection was reset during the handshake.
    HandshakeReset = "BF-HANDSHAKE-RESET",
    /// The peer's answer is not TLS but, for example, plain HTTP (RFC 8446, 5.1).
    NotTls = "BF-NOT-TLS",
    /// The peer sent an alert, or a message that TLS does not allow here.
    HandshakeFailed = "BF-HANDSHAKE-FAILED",
    /// The program requested a plain `http://` URL, which the client is not configured to allow.
    PlainHttp = "BF-PLAIN-HTTP",
    /// A redirect led from `https` to `http`.
    RedirectToHttp = "BF-REDIRECT-TO-HTTP",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_printed_differently() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(texts.iter().all(|text| text.starts_with("BF-")));
    }
}
