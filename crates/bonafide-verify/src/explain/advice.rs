//! What each code means in one line, and what usually helps. Never to verify less.

use crate::code::Code;

/// The code in one line, for where there is no peer to name.
pub(super) fn summary(code: Code) -> &'static str {
    match code {
        Code::Expired => "a certificate of the path has expired",
        Code::NotYetValid => "a certificate of the path is not valid yet",
        Code::InvalidValidity => "a validity period ends before it begins",
        Code::ExpiredAnchor => "the path ends in an anchor outside its own validity",
        Code::UnknownIssuer => "no path leads to an anchor of the zone",
        Code::SelfSigned => "the server's certificate is its own issuer",
        Code::Distrusted => "the key is on a list of distrusted keys",
        Code::NameMismatch => "the certificate is not for the host that was asked for",
        Code::NoSubjectAltName => "the certificate has no subject alternative name",
        Code::NameConstraint => "a name is outside an issuer's name constraints",
        Code::PathLength => "the path is longer than an issuer allows",
        Code::CaAsLeaf => "a CA certificate was presented as the server's own",
        Code::LeafAsCa => "a certificate that is not a CA's has issued another",
        Code::WrongPurpose => "a certificate is not for server authentication",
        Code::EmptyPurpose => "an extended key usage names no purpose",
        Code::BadSignature => "a signature does not verify under the issuer's key",
        Code::WeakSignature => "a signature uses MD5 or SHA-1",
        Code::UnsupportedSignature => "a signature uses an algorithm that is not supported",
        Code::WeakKey => "a key is too short or of odd size",
        Code::UnsupportedKey => "a key is of a kind that is not allowed",
        Code::UnknownCriticalExtension => "a critical extension is not understood",
        Code::UnsupportedVersion => "a certificate is not X.509 version 3",
        Code::Malformed => "a certificate is malformed",
        Code::NoCertificate => "the server presented no certificate",
        Code::TooComplex => "finding a path takes more work than is allowed",
        Code::ChainTooLarge => "more was presented than the policy allows",
        Code::TooManyIntermediates => "the path has more intermediates than the policy allows",
        Code::PinMismatch => "no key of the path is pinned for the host",
        Code::PinsExpired => "the pins of the host have expired",
        Code::TooFewScts => "the certificate is not in enough public logs",
        Code::SctMalformed => "a list of certificate timestamps cannot be read",
        Code::LogListStale => "the list of public logs is too old",
        Code::CheckRefused => "a check of the program refused",
        Code::HostNotInPolicy => "the policy is closed and has no zone for the host",
        Code::NoAnchors => "the zone has no anchors",
        Code::BadHandshakeSignature => "the peer does not hold the key of its certificate",
        Code::ProtocolVersion => "server and client have no TLS version in common",
        Code::NoCommonParameters => {
            "server and client have no cipher suite, group or scheme in common"
        }
        Code::ClientCertificate => "the server wants another client certificate",
        Code::HandshakeClosed => "the peer ended the handshake without an answer",
        Code::HandshakeFailed => "the handshake failed",
        Code::PlainHttp => "a plain http URL was asked for",
        Code::RedirectToHttp => "a redirect led from https to http",
    }
}

/// What usually helps, the server's side first.
pub(super) fn advice(code: Code) -> &'static str {
    match code {
        Code::Expired => "renew the certificate on the server, and see why its renewal failed",
        Code::NotYetValid => {
            "compare the clocks of client and server; if both are right, the certificate was installed too early"
        }
        Code::InvalidValidity | Code::Malformed | Code::UnsupportedVersion | Code::EmptyPurpose => {
            "have the certificate issued again by a tool that follows RFC 5280"
        }
        Code::ExpiredAnchor => {
            "replace the root in the anchors by its successor, and the chain on the server by one that leads there"
        }
        Code::UnknownIssuer => {
            "let the server send all of its intermediates; if they are all there, their root is missing from the zone's anchors, where only \
             somebody who knows that root may add it"
        }
        Code::SelfSigned => {
            "have the server's certificate issued by an authority, a private one will do, and put that authority into the zone's anchors"
        }
        Code::Distrusted => "have a certificate issued for a new key by another authority",
        Code::NameMismatch | Code::NoSubjectAltName => {
            "have a certificate issued that lists the host as a subject alternative name, or ask for a name that it lists"
        }
        Code::NameConstraint => {
            "have the certificate issued by an authority that may issue for this name"
        }
        Code::PathLength | Code::LeafAsCa => {
            "have the certificate issued by an authority that may issue; this one was made by whoever holds one that may not"
        }
        Code::CaAsLeaf => {
            "install the server's own certificate first in the chain, the authority's after it"
        }
        Code::WrongPurpose => "have a certificate issued for server authentication",
        Code::BadSignature => {
            "compare the chain on the server with what the authority has issued: one of them is of another key, or was changed"
        }
        Code::WeakSignature | Code::UnsupportedSignature => {
            "have the certificate issued again with SHA-256 or better"
        }
        Code::WeakKey | Code::UnsupportedKey => {
            "have a certificate issued for an ECDSA key on P-256, or an RSA key of 2048 bits or more"
        }
        Code::UnknownCriticalExtension => {
            "have the certificate issued without that extension, or with it not critical"
        }
        Code::NoCertificate => "configure a certificate on the server",
        Code::TooComplex | Code::ChainTooLarge => {
            "let the server send its certificate and its intermediates, and nothing else"
        }
        Code::TooManyIntermediates => {
            "compare the path with the hierarchy that you expect; raise the limit of the zone only if it has grown"
        }
        Code::PinMismatch => {
            "compare the keys of the path with the pins: if the server's keys were changed on purpose, update the pins from a source other than this \
             connection; else somebody is in between"
        }
        Code::PinsExpired => {
            "update the pins from their source; they were configured to refuse once they expire"
        }
        Code::TooFewScts => {
            "have the certificate issued again by a public authority, which logs it; if browsers believe it, give the check a current log list"
        }
        Code::SctMalformed => {
            "have the certificate issued again; a list that the server sends beside it has to be made again"
        }
        Code::LogListStale => "give the check a current log list, and fetch it every few weeks",
        Code::CheckRefused => "ask whoever wrote the check; its message says what it found",
        Code::HostNotInPolicy => "add a zone for the host, if the program is meant to talk to it",
        Code::NoAnchors => {
            "install the system's CA certificates, or name anchors in the policy; the report says what was tried"
        }
        Code::BadHandshakeSignature => {
            "see which process answers: it presents a certificate whose key it does not have"
        }
        Code::ProtocolVersion => "enable TLS 1.2 or 1.3 on the server",
        Code::NoCommonParameters => {
            "enable an ECDHE cipher suite with AES-GCM or ChaCha20-Poly1305 on the server, and a group such as X25519 or P-256"
        }
        Code::ClientCertificate => {
            "give the zone the client certificate that the server expects, issued by an authority that it believes and not expired"
        }
        Code::HandshakeClosed => {
            "see the server's log; a firewall, or a port that does not speak TLS, ends connections like this too"
        }
        Code::HandshakeFailed => {
            "see the server's log for the alert that it sent or the message that it got"
        }
        Code::PlainHttp => "ask for the https URL",
        Code::RedirectToHttp => "have the server redirect to its https address",
    }
}
