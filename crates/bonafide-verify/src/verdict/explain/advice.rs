//! What each code means in one line, and what usually helps. Never to verify less.

use crate::code::Code;

/// What the code means, with its clause, for where there is no peer to name: the first sentence of its documentation as plain text.
pub(super) fn summary(code: Code) -> String {
    let mut plain = String::new();
    let mut rest = code.documentation().trim();
    while let Some(at) = rest.find(['`', '[', ']']) {
        plain.push_str(&rest[..at]);
        let is_target = rest[at..].starts_with("](");
        let end = rest[at..].find(')').filter(|_| is_target).unwrap_or(0);
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest.trim_end_matches('.'));
    // It stands after the code and a colon.
    let mut letters = plain.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            plain.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
            plain
        }
        _ => plain,
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
        Code::SerialNumber
        | Code::DuplicateSerial
        | Code::EmptyName
        | Code::TimeEncoding
        | Code::MalformedExtension
        | Code::DuplicateExtension
        | Code::NotCritical
        | Code::Critical
        | Code::NoSubjectKeyId
        | Code::NoAuthorityKeyId
        | Code::MisplacedPathLength
        | Code::EmptyKeyUsage
        | Code::NoKeyUsage
        | Code::MalformedName
        | Code::LeafNameConstraints
        | Code::EmptyNameConstraints
        | Code::MalformedConstraint
        | Code::DuplicatePolicy
        | Code::AnyPolicyMapped => {
            "have the certificate at fault issued again by a tool that follows RFC 5280; where the authority is your own and cannot, the profile \
             `Browser` is what private authorities are judged by"
        }
        Code::KeyIdMismatch => {
            "let the server send the intermediate that signed its certificate: one of the same name with another key is in its place"
        }
        Code::NoCertSign | Code::CertSignWithoutCa => {
            "have the certificate issued by an authority that may issue, and see who has issued with a key that may not"
        }
        Code::NoDigitalSignature | Code::LeafKeyUsage => {
            "have a certificate issued whose key usage is digitalSignature"
        }
        Code::NoPurpose | Code::ForbiddenPurpose => {
            "have a certificate issued for server authentication alone"
        }
        Code::PublicSuffixWildcard => {
            "have a certificate issued that lists the host itself; where the host's provider cannot, give its zone the profile `Browser`"
        }
        Code::CommonName => {
            "have a certificate issued whose common name is one of its alternative names, or that has none"
        }
        Code::SignatureAlgorithm
        | Code::RsaExponent
        | Code::AuthorityCertIssuer
        | Code::CaKeyUsage
        | Code::AnchorPurpose
        | Code::NoCaPurpose
        | Code::ForbiddenNameKind
        | Code::InternalName
        | Code::NoPolicy
        | Code::NoAuthorityInfo
        | Code::NoCrlPointer
        | Code::PointerScheme
        | Code::ValidityPeriod
        | Code::CaSubject => {
            "have the certificate issued by a public authority; where the authority is your own, the profile `Browser` is what it is to be judged by"
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
        Code::KeyChanged => {
            "ask whoever runs the device whether its key was changed on purpose, and compare the key on the device itself with the one that was shown; \
             only then forget or replace the old key in the store; else somebody is in between"
        }
        Code::NotTheKey => {
            "see which server answers; if its key or certificate was changed on purpose, name the new one in the zone, learned over another way \
             than this connection; else somebody is in between"
        }
        Code::KeyUnknown => {
            "connect to the host once, over a network that you trust: a full handshake makes its key known"
        }
        Code::KeyStore => {
            "see what happened to the store: restore it from a copy, or look at every host's key again; begin a new one only if the first contacts \
             can be trusted again"
        }
        Code::TooFewScts => {
            "have the certificate issued again by a public authority, which logs it; if browsers believe it, give the check a current log list"
        }
        Code::SctMalformed => {
            "have the certificate issued again; a list that the server sends beside it has to be made again"
        }
        Code::LogListStale => "give the check a current log list, and fetch it every few weeks",
        Code::Revoked => {
            "have a certificate issued for a new key; where an intermediate is revoked, install a chain over another one"
        }
        Code::RevocationUnknown => {
            "wait until the issuer's responder knows the certificate, and let the server fetch the response again"
        }
        Code::RevocationStale => {
            "load the issuer's current revocation list, or let the server fetch its OCSP response again; compare the clocks too"
        }
        Code::RevocationMissing => {
            "give the check the revocation list of every issuer on the path, or let the server staple OCSP responses"
        }
        Code::StapleMissing => {
            "let the server staple OCSP responses, and see that it reaches the responder"
        }
        Code::StapleInvalid => {
            "let the server fetch its OCSP response again, for the certificate that it uses now"
        }
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
        Code::ClientIdentity => {
            "see the error beneath: the HSM, the KMS or the callback that the client certificate comes from did not do its part"
        }
        Code::HandshakeClosed => {
            "see the server's log; a firewall, or a port that does not speak TLS, ends connections like this too"
        }
        Code::HandshakeReset => {
            "see the server's log; where nothing of the handshake is in it, something on the way resets the connection, because of the name or of \
             the size of the ClientHello"
        }
        Code::NotTls => {
            "ask for the port on which the server speaks TLS, or enable TLS on this one; for a protocol that begins in plain text, ask for TLS in it first"
        }
        Code::HandshakeFailed => {
            "see the server's log for the alert that it sent or the message that it got"
        }
        Code::PlainHttp => "ask for the https URL",
        Code::RedirectToHttp => "have the server redirect to its https address",
        #[allow(
            unreachable_patterns,
            reason = "a code may be added without an advice of its own"
        )]
        _ => "read the page of the code: it says how to find the cause, and how to mend it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_plain_text() {
        assert_eq!(
            summary(Code::ChainTooLarge),
            "the server presented more than the policy's Limits allow"
        );
        for code in Code::ALL {
            let summary = summary(*code);
            assert!(!summary.contains(['`', '[', ']']), "{summary}");
            assert!(!summary.contains("::"), "{summary}");
        }
    }
}
