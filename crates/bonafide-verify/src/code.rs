//! The stable codes of refusals, listed once.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal),+ $(,)?) => {
        /// Why a peer was not believed, as a stable identifier.
        ///
        /// A code is never reused and its text never changes; a release may add codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of their groups: time, issuer, name, constraints,
            /// keys and signatures, form, policy, handshake.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code as it is printed, for example `BF-EXPIRED`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What the code means, as its documentation has it, with its clause.
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
    /// The leaf is not for the name that was asked for (RFC 9525).
    NameMismatch = "BF-NAME-MISMATCH",
    /// The leaf has no subject alternative name (CA/B BR 7.1.2.7.12).
    NoSubjectAltName = "BF-NO-SAN",
    /// A name is outside the name constraints of an issuer (RFC 5280, 4.2.1.10).
    NameConstraint = "BF-NAME-CONSTRAINT",
    /// The path is longer than an issuer's `pathLenConstraint` allows (RFC 5280, 4.2.1.9).
    PathLength = "BF-PATH-LENGTH",
    /// A CA certificate was presented as a server's own (RFC 5280, 4.2.1.9).
    CaAsLeaf = "BF-CA-AS-LEAF",
    /// A certificate that is not a CA's has issued another (RFC 5280, 4.2.1.9).
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
    /// A key of the path is too short or of odd size (CA/B BR 6.1.5).
    WeakKey = "BF-WEAK-KEY",
    /// A key of the path is of a kind that is not allowed, DSA or P-192 for example (CA/B BR 6.1.5).
    UnsupportedKey = "BF-UNSUPPORTED-KEY",
    /// A certificate has a critical extension that is not understood (RFC 5280, 4.2).
    UnknownCriticalExtension = "BF-UNKNOWN-CRITICAL-EXTENSION",
    /// A certificate is not an X.509 version 3 certificate (RFC 5280, 4.1.2.1).
    UnsupportedVersion = "BF-UNSUPPORTED-VERSION",
    /// A certificate is not well-formed DER or has a malformed field.
    Malformed = "BF-MALFORMED",
    /// The server presented no certificate.
    NoCertificate = "BF-NO-CERTIFICATE",
    /// Building a path took more work than is allowed.
    TooComplex = "BF-TOO-COMPLEX",
    /// The server presented more than the policy's [`Limits`](crate::Limits) allow.
    ChainTooLarge = "BF-CHAIN-TOO-LARGE",
    /// The path has more intermediates than the policy's [`Limits`](crate::Limits) allow.
    TooManyIntermediates = "BF-TOO-MANY-INTERMEDIATES",
    /// No key of the verified path is among the pins of the host.
    PinMismatch = "BF-PIN-MISMATCH",
    /// The pins of the host have expired and were configured to refuse then.
    PinsExpired = "BF-PINS-EXPIRED",
    /// The certificate is not in enough logs of Certificate Transparency (RFC 6962; policies of Chrome and Apple).
    TooFewScts = "BF-TOO-FEW-SCTS",
    /// A list of signed certificate timestamps cannot be read (RFC 6962, 3.3).
    SctMalformed = "BF-SCT-MALFORMED",
    /// The log list is older than is allowed, and the check was configured to refuse then.
    LogListStale = "BF-LOG-LIST-STALE",
    /// A check other than the built-in ones refused.
    CheckRefused = "BF-CHECK-REFUSED",
    /// The policy is closed and has no zone for the host.
    HostNotInPolicy = "BF-HOST-NOT-IN-POLICY",
    /// The zone has no anchors: the system store could not be read or is empty.
    NoAnchors = "BF-NO-ANCHORS",
    /// The handshake's signature is not by the key of the leaf: the peer does not hold it.
    BadHandshakeSignature = "BF-BAD-HANDSHAKE-SIGNATURE",
    /// Server and client have no TLS version in common; TLS 1.0 and 1.1 are not offered (RFC 8996).
    ProtocolVersion = "BF-PROTOCOL-VERSION",
    /// Server and client have no cipher suite, group or signature scheme in common.
    NoCommonParameters = "BF-NO-COMMON-PARAMETERS",
    /// The server demands a client certificate that it was not given or did not accept.
    ClientCertificate = "BF-CLIENT-CERTIFICATE",
    /// The peer ended the handshake without an answer.
    HandshakeClosed = "BF-HANDSHAKE-CLOSED",
    /// The peer sent an alert, or a message that TLS does not allow here.
    HandshakeFailed = "BF-HANDSHAKE-FAILED",
    /// A plain `http://` URL was asked for and the client was not built to allow it.
    PlainHttp = "BF-PLAIN-HTTP",
    /// A redirect led from `https` to `http`.
    RedirectToHttp = "BF-REDIRECT-TO-HTTP",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
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
