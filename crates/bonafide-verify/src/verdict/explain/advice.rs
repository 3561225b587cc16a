//! What each code means in one line, and what usually helps. No advice is to verify less.

use crate::code::Code;

/// What the code means, with its clause, for a failure without a peer to name. The text is the
/// first sentence of the code's documentation, as plain text.
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
    // The text follows the code and a colon.
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
        Code::Expired => "renew the certificate on the server, and find out why the renewal failed",
        Code::NotYetValid => {
            "compare the clocks of client and server; if both are right, the server started to use \
             the certificate too early"
        }
        Code::InvalidValidity | Code::Malformed | Code::UnsupportedVersion | Code::EmptyPurpose => {
            "have the certificate issued again by a tool that follows RFC 5280"
        }
        Code::ExpiredAnchor => {
            "replace the expired root in the anchors with its successor, and configure the server \
             with a chain that ends at the successor"
        }
        Code::UnknownIssuer => {
            "configure the server to send all its intermediates; if it already does, the zone's \
             anchors lack their root: add that root only if you know it and trust it"
        }
        Code::SelfSigned => {
            "have the server's certificate issued by a CA (a private CA is enough), and add that \
             CA's certificate to the zone's anchors"
        }
        Code::Distrusted => "have another CA issue a certificate for a new key",
        Code::NameMismatch | Code::NoSubjectAltName => {
            "have a certificate issued that lists the host as a subject alternative name, or \
             request a name that the certificate lists"
        }
        Code::NameConstraint => "have the certificate issued by a CA that may issue for this name",
        Code::PathLength | Code::LeafAsCa => {
            "have the certificate issued by a CA that may issue it; the holder of a certificate \
             that may not do so signed this one"
        }
        Code::CaAsLeaf => {
            "configure the server to send its own certificate first, and the CA certificates after \
             it"
        }
        Code::WrongPurpose => "have a certificate issued for server authentication",
        Code::BadSignature => {
            "compare the chain on the server with the certificates that the CA issued: one \
             certificate has another key, or was modified"
        }
        Code::WeakSignature | Code::UnsupportedSignature => {
            "have the certificate issued again with SHA-256 or better"
        }
        Code::WeakKey | Code::UnsupportedKey => {
            "have a certificate issued for an ECDSA key on P-256, or an RSA key of 2048 bits or \
             more"
        }
        Code::UnknownCriticalExtension => {
            "have the certificate issued without that extension, or with the extension marked as \
             not critical"
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
            "have the certificate at fault issued again by a tool that follows RFC 5280; if it \
             comes from a private CA that cannot do so, use the profile `Browser`, which is meant \
             for private CAs"
        }
        Code::KeyIdMismatch => {
            "configure the server to send the intermediate that signed its certificate: it sends \
             another one with the same name and another key"
        }
        Code::NoCertSign | Code::CertSignWithoutCa => {
            "have the certificate issued by a CA, and find out who issued certificates with a key \
             that may not sign them"
        }
        Code::NoDigitalSignature | Code::LeafKeyUsage => {
            "have a certificate issued whose key usage is digitalSignature"
        }
        Code::NoPurpose | Code::ForbiddenPurpose => {
            "have a certificate issued only for server authentication"
        }
        Code::PublicSuffixWildcard => {
            "have a certificate issued that lists the host itself; if the hosting provider cannot \
             do so, use the profile `Browser` for the zone"
        }
        Code::CommonName => {
            "have a certificate issued whose common name is one of its subject alternative names, \
             or that has no common name"
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
            "have the certificate issued by a public CA; if it comes from a private CA, use the \
             profile `Browser` for the zone"
        }
        Code::NoCertificate => "configure a certificate on the server",
        Code::TooComplex | Code::ChainTooLarge => {
            "configure the server to send its certificate and its intermediates, and nothing else"
        }
        Code::TooManyIntermediates => {
            "compare the path with the hierarchy that you expect; raise the zone's limit only if \
             that hierarchy has become deeper"
        }
        Code::PinMismatch => {
            "compare the keys of the path with the pins: if the server's operator replaced the \
             keys, update the pins from a source other than this connection; if not, an attacker \
             may be intercepting the connection"
        }
        Code::PinsExpired => {
            "update the pins from their source; the pin set is configured to refuse after its pins \
             expire"
        }
        Code::KeyChanged => {
            "ask the device's operator whether its key was replaced on purpose, and compare the \
             key on the device itself with the presented key; remove or replace the old key in the \
             store only if they match; if they differ, an attacker may be intercepting the \
             connection"
        }
        Code::NotTheKey => {
            "find out which server answers; if its operator replaced the key or certificate, name \
             the new one in the zone, obtained from a source other than this connection; if not, \
             an attacker may be intercepting the connection"
        }
        Code::KeyUnknown => {
            "connect to the host once over a network that you trust: a full handshake records its \
             key"
        }
        Code::KeyStore => {
            "find out what happened to the store: restore it from a backup, or verify every host's \
             key again; start a new store only if you can trust the first contact with each host \
             again"
        }
        Code::TooFewScts => {
            "have the certificate issued again by a public CA, which logs it; if browsers accept \
             the certificate, give the check a current log list"
        }
        Code::SctMalformed => {
            "have the certificate issued again; if the list came in the handshake, configure the \
             server with a new one"
        }
        Code::LogListStale => "give the check a current log list, and fetch it every few weeks",
        Code::Revoked => {
            "have a certificate issued for a new key; if an intermediate is revoked, configure a \
             chain with another intermediate"
        }
        Code::RevocationUnknown => {
            "wait until the issuer's responder knows the certificate, then have the server fetch \
             the response again"
        }
        Code::RevocationStale => {
            "load the issuer's current revocation list, or have the server fetch its OCSP response \
             again; compare the clocks of client and server too"
        }
        Code::RevocationMissing => {
            "give the check the revocation list of every issuer on the path, or configure the \
             server to staple OCSP responses"
        }
        Code::StapleMissing => {
            "configure the server to staple OCSP responses, and check that it can reach the \
             responder"
        }
        Code::StapleInvalid => {
            "have the server fetch its OCSP response again, for the certificate that it uses now"
        }
        Code::CheckRefused => "ask the author of the check; its message says what it found",
        Code::HostNotInPolicy => {
            "add a zone for the host, if the program is meant to connect to it"
        }
        Code::NoAnchors => {
            "install the system's CA certificates, or name anchors in the policy; the report says \
             what was tried"
        }
        Code::BadHandshakeSignature => {
            "find out which process answers: it presents a certificate without holding its private \
             key"
        }
        Code::ProtocolVersion => "enable TLS 1.2 or 1.3 on the server",
        Code::NoCommonParameters => {
            "enable an ECDHE cipher suite with AES-GCM or ChaCha20-Poly1305 on the server, and a \
             group such as X25519 or P-256"
        }
        Code::ClientCertificate => {
            "give the zone the client certificate that the server expects: not expired, and issued \
             by a CA that the server trusts"
        }
        Code::ClientIdentity => {
            "read the source of this error: the HSM, the KMS or the callback that provides the \
             client certificate failed"
        }
        Code::HandshakeClosed => {
            "read the server's log; a firewall, or a port that does not use TLS, also closes \
             connections like this"
        }
        Code::HandshakeReset => {
            "read the server's log; if it does not show the handshake, a device on the network \
             path resets the connection because of the server name or the size of the ClientHello"
        }
        Code::NotTls => {
            "connect to the port on which the server uses TLS, or enable TLS on this port; if the \
             protocol begins in plain text, negotiate TLS in it first (STARTTLS)"
        }
        Code::HandshakeFailed => {
            "read the server's log for the alert that it sent or the message that it received"
        }
        Code::PlainHttp => "request the https URL",
        Code::RedirectToHttp => "configure the server to redirect to its https URL",
        #[allow(
            unreachable_patterns,
            reason = "a code may be added without an advice of its own"
        )]
        _ => "read the code's page: it says how to find the cause and how to fix it",
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
