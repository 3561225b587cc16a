//! The cause that the certificates themselves show, where the code alone does not name it, and its
//! remedy. No signature supports it: it is text for a person and decides nothing.

use std::net::IpAddr;

use der::Tagged as _;
use rustls_pki_types::CertificateDer;

use super::view::cut;
use crate::anchors::Anchor;
use crate::code::Code;
use crate::text::one_line;
use crate::verdict::refusal::reason::{RSASSA_PSS, Reason};
use crate::verdict::refusal::report::{Exhibit, Refusal};
use crate::x509::certificate::{
    AuthorityKeyId, Certificate, Extensions, Known, attributes, name_text, names,
};

/// The cause with its remedy, if one is found.
pub(super) fn find(refusal: &Refusal) -> Option<String> {
    if let Some(text) = without_chain(refusal) {
        return Some(text);
    }
    let exhibit = refusal.exhibit()?;
    leaf_is_anchor(refusal, exhibit)
        .or_else(|| anchor_with_another_key(refusal, exhibit))
        .or_else(|| name_in_another_encoding(refusal, exhibit))
        .or_else(|| self_issued_counts(refusal, exhibit))
        .or_else(|| unread_anchors(refusal, exhibit))
}

/// The causes that the reason alone shows.
fn without_chain(refusal: &Refusal) -> Option<String> {
    match refusal.reason() {
        Reason::NameMismatch {
            expected,
            presented,
        } => {
            let wanted: IpAddr = expected.parse().ok()?;
            presented
                .iter()
                .find(|name| name.address_as_dns() == Some(wanted))?;
            Some(format!(
                "have a certificate issued that lists {expected} as an IP address (`IP:{expected}` \
                 for openssl): this certificate lists it as a DNS name, and clients do not match \
                 an IP address with DNS names (RFC 9525, 6.5)"
            ))
        }
        Reason::UnsupportedSignature { algorithm } if algorithm == RSASSA_PSS => Some(
            "have the certificate issued again with ECDSA, or with RSA and PKCS #1 1.5 padding; \
             RSASSA-PSS is supported only with SHA-256, SHA-384 or SHA-512, the same hash in MGF1, \
             a salt as long as the hash, and an issuer's key of the kind rsaEncryption"
                .to_owned(),
        ),
        Reason::UncomparedConstraint { kind } => {
            // Every certificate has a subject.
            let refused = match *kind {
                "directoryName" => "every certificate below that CA",
                _ => "a certificate with such a name below that CA",
            };
            Some(format!(
                "have the CA certificate issued again without constraints on a {kind}: this \
                 verifier compares constraints on DNS names and IP addresses only, and refuses \
                 {refused} (RFC 5280, 4.2.1.10)"
            ))
        }
        _ => None,
    }
}

/// The server's own certificate is among the anchors.
fn leaf_is_anchor(refusal: &Refusal, exhibit: &Exhibit) -> Option<String> {
    let is_about_the_path = matches!(
        refusal.code(),
        Code::UnknownIssuer
            | Code::SelfSigned
            | Code::CaAsLeaf
            | Code::LeafAsCa
            | Code::BadSignature
            | Code::NoCertSign
    );
    let leaf = exhibit.chain.first()?;
    let anchor = anchors(exhibit).find(|anchor| anchor.certificate() == leaf)?;
    is_about_the_path.then(|| {
        format!(
            "the server's own certificate is among the anchors ({}), but an anchor only vouches \
             for certificates that it issued: to trust exactly this certificate, use \
             `Zone::for_host(…).exactly(…)`; to trust its issuer, add the issuer's certificate to \
             the anchors",
            one_line(&anchor.origin().to_string())
        )
    })
}

/// A source of anchors has none, because it could not be read.
fn unread_anchors(refusal: &Refusal, exhibit: &Exhibit) -> Option<String> {
    if !matches!(refusal.code(), Code::UnknownIssuer | Code::SelfSigned) {
        return None;
    }
    let sources = exhibit.anchors.iter().flat_map(|set| &set.report().sources);
    let (source, problem) = sources
        .filter_map(|source| Some((source, source.unread()?)))
        .next()?;
    Some(format!(
        "no anchor could be read from {} ({}): mend that source if it is meant to have the issuer, \
         and build the policy again",
        one_line(&source.source),
        one_line(&problem.to_string())
    ))
}

/// An anchor has an issuer's name, but not the key that signed.
fn anchor_with_another_key(refusal: &Refusal, exhibit: &Exhibit) -> Option<String> {
    if refusal.code() != Code::BadSignature {
        return None;
    }
    let chain: Vec<Certificate<'_>> = read(&exhibit.chain).collect();
    let of_anchors: Vec<(&Anchor, Certificate<'_>)> = anchors(exhibit)
        .filter_map(|anchor| Some((anchor, Certificate::from_der(anchor.certificate()).ok()?)))
        .collect();
    let (anchor, named) = chain.iter().find_map(|certificate| {
        let wanted = key_id_of_issuer(certificate);
        let mut of_that_name = of_anchors
            .iter()
            .filter(|(_, anchor)| anchor.subject() == certificate.issuer());
        let first = of_that_name.clone().next()?;
        let has_another_key =
            |(_, anchor): &&(&Anchor, Certificate<'_>)| match (wanted, own_key_id(anchor)) {
                (Some(wanted), Some(own)) => wanted != own,
                _ => sent_with_another_key(&chain, anchor),
            };
        of_that_name
            .all(|anchor| has_another_key(&anchor))
            .then_some(first)
    })?;
    Some(format!(
        "an anchor has the name \"{}\" and another key than the issuer ({}): the CA was created \
         again under its old name; add its current certificate to the anchors, obtained from the \
         CA's operator and not from this connection",
        cut(&name_text(named.subject())),
        one_line(&anchor.origin().to_string())
    ))
}

/// Whether the server sent a certificate with the anchor's name and another key, and none with the
/// anchor's key.
fn sent_with_another_key(chain: &[Certificate<'_>], anchor: &Certificate<'_>) -> bool {
    let mut sent = chain
        .iter()
        .filter(|sent| sent.subject() == anchor.subject())
        .map(|sent| sent.subject_public_key_info() == anchor.subject_public_key_info())
        .peekable();
    sent.peek().is_some() && !sent.any(|is_same| is_same)
}

/// A certificate has the name of a missing issuer, encoded in other bytes.
fn name_in_another_encoding(refusal: &Refusal, exhibit: &Exhibit) -> Option<String> {
    if refusal.code() != Code::UnknownIssuer {
        return None;
    }
    let last = exhibit.chain.get(refusal.subject()?.position)?;
    let (issuer, _) = names(last)?;
    let wanted = folded(issuer)?;
    let is_same = |der: &CertificateDer<'_>| {
        names(der).is_some_and(|(_, subject)| {
            subject != issuer && folded(subject).as_ref() == Some(&wanted)
        })
    };
    let place = if anchors(exhibit).any(|anchor| is_same(anchor.certificate())) {
        "an anchor"
    } else if exhibit.chain.iter().any(is_same) {
        "a certificate that was sent"
    } else {
        return None;
    };
    Some(format!(
        "{place} has the issuer's name \"{}\" in another encoding: the string type, the case of \
         letters or the white space differs, and names are compared byte by byte; have the \
         certificate issued with the name exactly as the CA certificate has it",
        cut(&name_text(issuer))
    ))
}

/// A self-issued certificate counts where RFC 5280 does not count it.
fn self_issued_counts(refusal: &Refusal, exhibit: &Exhibit) -> Option<String> {
    let is_self_issued = |certificate: Certificate<'_>| certificate.is_self_issued();
    if refusal.code() != Code::PathLength || !read(exhibit.chain.get(1..)?).any(is_self_issued) {
        return None;
    }
    Some(
        "configure the server to send a chain without the self-issued certificate, or have the CA \
         above it issued again with a path length greater by one: this verifier counts every CA \
         certificate on the path, also a self-issued one, which RFC 5280, 6.1.4 (l), does not \
         count"
            .to_owned(),
    )
}

fn anchors(exhibit: &Exhibit) -> impl Iterator<Item = &Anchor> {
    exhibit.anchors.iter().flat_map(|set| set.anchors())
}

fn read<'a>(chain: &'a [CertificateDer<'_>]) -> impl Iterator<Item = Certificate<'a>> {
    chain
        .iter()
        .filter_map(|der| Certificate::from_der(der).ok())
}

/// The identifier of the key that signed, as the certificate states it (RFC 5280, 4.2.1.1).
fn key_id_of_issuer<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
    let value = Extensions::of(certificate)
        .ok()?
        .get(Known::AuthorityKeyId)?
        .value;
    AuthorityKeyId::read(value).ok()?.key_id
}

/// The identifier of the certificate's own key (RFC 5280, 4.2.1.2).
fn own_key_id<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
    use der::Decode as _;
    let value = Extensions::of(certificate)
        .ok()?
        .get(Known::SubjectKeyId)?
        .value;
    let read = <&der::asn1::OctetStringRef>::from_der(value).ok()?;
    Some(read.as_bytes())
}

/// A name without the parts that RFC 5280, 7.1, ignores when it compares names: the string types,
/// the case, and the amount of white space.
fn folded(name: &[u8]) -> Option<Vec<(Vec<u8>, String)>> {
    attributes(name)
        .map(|attribute| {
            let attribute = attribute.ok()?;
            let bytes = attribute.value.value();
            let text = match attribute.value.tag() {
                der::Tag::BmpString => {
                    let units = bytes.chunks_exact(2).map(|pair| match pair {
                        [high, low] => u16::from_be_bytes([*high, *low]),
                        _ => 0,
                    });
                    String::from_utf16_lossy(&units.collect::<Vec<u16>>())
                }
                _ => String::from_utf8_lossy(bytes).into_owned(),
            };
            let words: Vec<&str> = text.split_whitespace().collect();
            Some((attribute.kind.to_vec(), words.join(" ").to_lowercase()))
        })
        .collect()
}
