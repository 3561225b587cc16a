//! What a peer presented and what was checked, as text.

use std::collections::HashSet;
use std::time::Duration;

use der::asn1::AnyRef;
use der::{Decode, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::UnixTime;
use serde::Serialize;

use crate::config::clock::Rfc3339Time;
use crate::text::one_line;
use crate::verdict::receipt::records::{CheckRecord, Outcome};
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;
use crate::x509::certificate::{Certificate, Oid, PublicKey, name_text, names as names_of, oid};
use crate::x509::presented_name::PresentedName;

/// Maximum number of a certificate's names that are listed; further names are counted.
const NAMES: usize = 8;
/// Maximum number of characters of a peer's text; a longer text is cut.
const LENGTH: usize = 200;

/// Maximum number of certificates that are listed; further ones are counted.
const CERTIFICATES: usize = 64;
/// 2026-01-01T00:00:00Z. This library is newer than that, so a system clock that shows an earlier
/// time is wrong.
const MADE: UnixTime = UnixTime::since_unix_epoch(Duration::from_secs(1_767_225_600));

/// The clock that supplied the time of the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClockView {
    /// Its name.
    pub name: String,
    /// What it showed, in RFC 3339.
    pub time: String,
    /// Whether it is the operating system's clock and shows a time before 2026, when this library
    /// was made.
    pub is_wrong: bool,
}

impl ClockView {
    pub(super) fn of(receipt: &Receipt) -> Self {
        Self {
            name: cut(&one_line(receipt.clock())),
            time: Rfc3339Time(receipt.time()).to_string(),
            is_wrong: receipt.clock() == "system" && receipt.time() < MADE,
        }
    }
}

/// One certificate as the peer sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CertificateView {
    /// Its position in the order sent; 0 is the leaf.
    pub position: usize,
    /// Its subject.
    pub subject: String,
    /// The issuer that it names.
    pub issuer: String,
    /// From when it is valid, in RFC 3339.
    pub not_before: Option<String>,
    /// Until when it is valid, in RFC 3339.
    pub not_after: Option<String>,
    /// Its kind of key, for example `RSA 2048` or `ECDSA P-256`.
    pub key: String,
    /// Its subject alternative names, at most eight.
    pub names: Vec<String>,
    /// How many more names it has.
    pub more_names: usize,
    /// The position of the first other certificate sent whose subject is this certificate's issuer.
    pub issued_by: Option<usize>,
    /// Whether the subject of an anchor of the zone is this certificate's issuer.
    pub issuer_is_anchor: bool,
    /// Whether it is on the path that was proved.
    pub on_path: bool,
    /// What is wrong with it, if the refusal is about it.
    pub fault: Option<String>,
}

/// Anchors of one origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OriginView {
    /// Their origin.
    pub origin: String,
    /// Number of anchors.
    pub count: usize,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckView {
    /// Its name.
    pub name: String,
    /// Its outcome, and the detail that it adds.
    pub outcome: String,
    /// Whether it refused.
    pub refused: bool,
}

impl CheckView {
    pub(super) fn of(record: &CheckRecord) -> Self {
        let outcome = match record.detail() {
            Some(detail) => format!("{} ({detail})", record.outcome()),
            None => record.outcome().to_string(),
        };
        Self {
            name: cut(record.name()),
            outcome: cut(&outcome),
            refused: matches!(record.outcome(), Outcome::Refused(_)),
        }
    }
}

pub(super) fn anchors(receipt: &Receipt) -> Vec<OriginView> {
    let counts = receipt.anchors().iter();
    counts
        .map(|(origin, count)| OriginView {
            origin: one_line(&origin.to_string()),
            count,
        })
        .collect()
}

/// The certificates that are listed, and the number of further ones.
pub(super) fn presented(refusal: &Refusal) -> (Vec<CertificateView>, usize) {
    let Some(exhibit) = refusal.exhibit() else {
        return (Vec::new(), 0);
    };
    let listed = &exhibit.chain[..exhibit.chain.len().min(CERTIFICATES)];
    let more = exhibit.chain.len() - listed.len() + exhibit.left_out;
    let path = refusal.receipt().path();
    let on_path = |der: &[u8]| {
        path.is_some_and(|path| path.certificates().iter().any(|one| one.as_ref() == der))
    };
    let read: Vec<Option<Certificate<'_>>> = listed
        .iter()
        .map(|der| Certificate::from_der(der).ok())
        .collect();
    let anchors: HashSet<&[u8]> = exhibit
        .anchors
        .iter()
        .flat_map(|anchors| anchors.anchors())
        .filter_map(|anchor| Some(names_of(anchor.certificate())?.1))
        .collect();
    let at_fault = position_of_fault(refusal, &exhibit.chain);
    let views = listed.iter().zip(&read).enumerate();
    let views = views
        .map(|(position, (der, certificate))| {
            let fault =
                (at_fault == Some(position)).then(|| cut(&one_line(&refusal.reason().to_string())));
            let Some(certificate) = certificate else {
                return CertificateView::unreadable(position, on_path(der), fault);
            };
            let issued_by = read.iter().enumerate().position(|(other, candidate)| {
                other != position
                    && candidate
                        .as_ref()
                        .is_some_and(|candidate| candidate.subject() == certificate.issuer())
            });
            let (names, more_names) = names(certificate);
            CertificateView {
                position,
                subject: cut(&name_text(certificate.subject())),
                issuer: cut(&name_text(certificate.issuer())),
                not_before: Some(Rfc3339Time(certificate.not_before()).to_string()),
                not_after: Some(Rfc3339Time(certificate.not_after()).to_string()),
                key: kind_of(&certificate.public_key()),
                names,
                more_names,
                issued_by: issued_by.filter(|_| !certificate.is_self_issued()),
                issuer_is_anchor: anchors.contains(certificate.issuer()),
                on_path: on_path(der),
                fault,
            }
        })
        .collect();
    (views, more)
}

/// The position, in the order sent, of the certificate that the refusal names. If a path was
/// proved, the refusal's own position counts along that path.
fn position_of_fault(
    refusal: &Refusal,
    chain: &[rustls_pki_types::CertificateDer<'_>],
) -> Option<usize> {
    let position = refusal.subject()?.position;
    let Some(path) = refusal.receipt().path() else {
        return Some(position);
    };
    let named = path.certificates().get(position)?;
    chain
        .iter()
        .position(|sent| sent.as_ref() == named.as_ref())
}

impl CertificateView {
    fn unreadable(position: usize, on_path: bool, fault: Option<String>) -> Self {
        Self {
            position,
            subject: "(malformed certificate)".to_owned(),
            issuer: "(unreadable)".to_owned(),
            not_before: None,
            not_after: None,
            key: "unreadable".to_owned(),
            names: Vec::new(),
            more_names: 0,
            issued_by: None,
            issuer_is_anchor: false,
            on_path,
            fault,
        }
    }
}

/// Cuts a line that contains several texts of a peer to a bounded length.
pub(super) fn cut_line(line: &str) -> String {
    match line.char_indices().nth(3 * LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Cuts a peer's text to a bounded length.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn kind_of(key: &PublicKey<'_>) -> String {
    if let Some(bits) = key.rsa_bits {
        return format!("RSA {bits}");
    }
    let named = |id: Oid<'_>| match id.to_string().as_str() {
        "1.2.840.10045.3.1.7" => "ECDSA P-256".to_owned(),
        "1.3.132.0.34" => "ECDSA P-384".to_owned(),
        "1.3.132.0.35" => "ECDSA P-521".to_owned(),
        "1.2.840.10045.3.1.1" => "ECDSA P-192".to_owned(),
        "1.2.840.10040.4.1" => "DSA".to_owned(),
        "1.3.101.112" => "Ed25519".to_owned(),
        "1.3.101.113" => "Ed448".to_owned(),
        other => other.to_owned(),
    };
    named(key.curve.unwrap_or(key.algorithm))
}

/// The DNS names and addresses of the subject alternative name, as far as it can be read.
fn names(certificate: &Certificate<'_>) -> (Vec<String>, usize) {
    const SUBJECT_ALT_NAME: Oid<'static> = oid!("2.5.29.17");
    let extension = certificate
        .extensions()
        .filter_map(Result::ok)
        .find(|extension| extension.id == SUBJECT_ALT_NAME);
    let (mut names, mut more) = (Vec::new(), 0);
    let Some(extension) = extension else {
        return (names, more);
    };
    let Ok(list) = AnyRef::from_der(extension.value) else {
        return (names, more);
    };
    let Ok(mut reader) = SliceReader::new(list.value()) else {
        return (names, more);
    };
    while !reader.is_finished() {
        let Ok(name) = AnyRef::decode(&mut reader) else {
            break;
        };
        let Some(text) = name_of(name) else { continue };
        if names.len() < NAMES {
            names.push(cut(&one_line(&text)));
        } else {
            more += 1;
        }
    }
    (names, more)
}

/// A `dNSName` or an `iPAddress` (RFC 5280, 4.2.1.6).
fn name_of(name: AnyRef<'_>) -> Option<String> {
    let Tag::ContextSpecific { number, .. } = name.tag() else {
        return None;
    };
    match number.0 {
        2 => {
            let name = String::from_utf8_lossy(name.value()).into_owned();
            Some(PresentedName::Dns(name).to_string())
        }
        7 => {
            if let Ok(octets) = <[u8; 4]>::try_from(name.value()) {
                return Some(std::net::Ipv4Addr::from(octets).to_string());
            }
            let octets = <[u8; 16]>::try_from(name.value()).ok()?;
            Some(std::net::Ipv6Addr::from(octets).to_string())
        }
        _ => None,
    }
}
