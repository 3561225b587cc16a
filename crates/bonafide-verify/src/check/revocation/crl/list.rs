//! One list: parsed and indexed once, and its signature verified once for each key.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::{CertificateRevocationListDer, UnixTime};
use sha2::{Digest as _, Sha256};

use super::Label;
use super::entries::Entries;
use super::scope::{Coverage, Scope};
use super::view::ListView;
use crate::check::revocation::question::{Question, RevocationStatus};
use crate::files::load_report::CrlProblem;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::revocation::RevocationSource;
use crate::x509::certificate::{
    AuthorityKeyId, Extensions as CertificateExtensions, Known, Oid, base16, body, context,
    extension, name_text, oid, peek, time,
};
use crate::x509::signature::{SignatureFault, Signed};

/// `id-ce-cRLNumber` (RFC 5280, 5.2.3).
const NUMBER: Oid<'static> = oid!("2.5.29.20");
/// `id-ce-deltaCRLIndicator` (RFC 5280, 5.2.4).
const DELTA_INDICATOR: Oid<'static> = oid!("2.5.29.27");
/// `id-ce-issuingDistributionPoint` (RFC 5280, 5.2.5).
const ISSUING_DISTRIBUTION_POINT: Oid<'static> = oid!("2.5.29.28");
/// `id-ce-authorityKeyIdentifier` (RFC 5280, 5.2.1). Only the signature proves it.
const AUTHORITY_KEY: Oid<'static> = oid!("2.5.29.35");

/// Maximum number of keys for which a list caches the result of its signature. One name has one
/// key, or two while the CA replaces its key.
const MAX_KEYS: usize = 8;

/// One certificate revocation list.
#[derive(Debug)]
pub(super) struct List {
    der: CertificateRevocationListDer<'static>,
    signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    issuer: Range<usize>,
    label: Label,
    number: Arc<str>,
    sha256: [u8; 32],
    this_update: UnixTime,
    next_update: Option<UnixTime>,
    entries: Entries,
    scope: Scope,
    /// The identifier of the key that signed it, if the list states it (RFC 5280, 5.2.1).
    signer: Option<Box<[u8]>>,
    /// SubjectPublicKeyInfos, and whether the key of each signed the list.
    verified: Mutex<Vec<(Box<[u8]>, bool)>>,
}

/// The extensions of a list that this verifier supports.
#[derive(Default)]
struct Extensions {
    number: Option<Arc<str>>,
    scope: Scope,
    signer: Option<Box<[u8]>>,
}

impl List {
    /// Parses the whole list and indexes its entries.
    pub(super) fn parse(
        label: &str,
        der: CertificateRevocationListDer<'static>,
    ) -> Result<Self, CrlProblem> {
        let place = |part: &[u8]| {
            let start = part.as_ptr().addr() - der.as_ptr().addr();
            start..start + part.len()
        };
        let mut outer = SliceReader::new(&der)?;
        let list = AnyRef::decode(&mut outer)?;
        outer.finish()?;
        let mut list = body(list, Tag::Sequence)?;
        let signed = Signed::read(&mut list)?;
        list.finish()?;

        let mut fields = body(AnyRef::from_der(signed.message)?, Tag::Sequence)?;
        let version = peek(&fields) == Some(Tag::Integer);
        if version && AnyRef::decode(&mut fields)?.value() != [1] {
            return Err(CrlProblem::Version);
        }
        if AnyRef::decode(&mut fields)?.value() != signed.algorithm {
            return Err(CrlProblem::AlgorithmMismatch);
        }
        let issuer = fields.tlv_bytes()?;
        let this_update = time(AnyRef::decode(&mut fields)?)?;
        let next_update = match peek(&fields) {
            Some(Tag::UtcTime | Tag::GeneralizedTime) => Some(time(AnyRef::decode(&mut fields)?)?),
            _ => None,
        };
        let entries = if peek(&fields) == Some(Tag::Sequence) {
            Entries::parse(&der, AnyRef::decode(&mut fields)?.value())?
        } else {
            Entries::default()
        };
        let mut extensions = Extensions::default();
        if peek(&fields) == Some(context(0)) {
            let wrapper = AnyRef::decode(&mut fields)?;
            extensions = Extensions::parse(AnyRef::from_der(wrapper.value())?)?;
        }
        fields.finish()?;
        Ok(Self {
            signed: place(signed.message),
            algorithm: place(signed.algorithm),
            signature: place(signed.signature),
            issuer: place(issuer),
            label: Arc::from(label),
            number: extensions.number.ok_or(CrlProblem::NoNumber)?,
            sha256: Sha256::digest(&der).into(),
            this_update,
            next_update,
            entries,
            scope: extensions.scope,
            signer: extensions.signer,
            verified: Mutex::default(),
            der,
        })
    }

    pub(super) fn view(&self) -> ListView {
        ListView {
            issuer: name_text(self.issuer()),
            number: self.number.to_string(),
            this_update: self.this_update,
            next_update: self.next_update,
            sha256: base16(&self.sha256),
            label: Arc::clone(&self.label),
        }
    }

    /// The whole encoding of the issuer's name.
    pub(super) fn issuer(&self) -> &[u8] {
        self.part(&self.issuer)
    }

    /// What the list says of a certificate of its issuer.
    pub(super) fn ask(&self, question: &Question<'_>) -> RevocationStatus {
        let coverage = self.scope.coverage(question);
        if let Coverage::None(why) = coverage {
            return self.silent(why);
        }
        if !question.issuer_may_sign_lists() {
            return self.silent("was issued by a CA whose key usage has no cRLSign");
        }
        match self.verify(question) {
            Ok(true) => {}
            Ok(false) if self.is_by_another_key(question) => {
                return self.silent("is signed by another key under the issuer's name");
            }
            Ok(false) => return self.silent("is not signed by the key of the issuer"),
            Err(()) => return self.silent("has a signature algorithm that is not supported"),
        }
        let source = RevocationSource::List {
            location: Arc::clone(&self.label),
            number: Arc::clone(&self.number),
        };
        // A revocation counts in a list of any age, because a revocation does not end.
        if let Some(entry) = self.entries.find(&self.der, question.certificate.serial()) {
            return RevocationStatus::Against(Reason::Revoked {
                source,
                since: Some(entry.since),
                reason: entry.reason,
            });
        }
        if coverage == Coverage::EntriesAlone {
            return self.silent("covers only some revocation reasons, and does not list it");
        }
        match self.next_update {
            Some(until) if self.this_update <= question.time && question.time < until => {
                RevocationStatus::Good { source, until }
            }
            next_update => RevocationStatus::Against(Reason::RevocationStale {
                source,
                this_update: self.this_update,
                next_update,
            }),
        }
    }

    /// Whether the issuer's key signed the list; an error if the provider does not support the
    /// algorithm. The result is cached for each key.
    fn verify(&self, question: &Question<'_>) -> Result<bool, ()> {
        let key = question.issuer.subject_public_key_info();
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = verified.iter().find(|(known, _)| **known == *key) {
            return Ok(*known);
        }
        let signed = Signed {
            message: self.part(&self.signed),
            algorithm: self.part(&self.algorithm),
            signature: self.part(&self.signature),
        };
        let right = match signed.verify(question.algorithms, key) {
            Ok(()) => true,
            Err(SignatureFault::Bad) => false,
            Err(SignatureFault::Unsupported) => return Err(()),
        };
        if verified.len() < MAX_KEYS {
            verified.push((Box::from(key), right));
        }
        Ok(right)
    }

    /// Whether list and issuer both state a key identifier, and the two differ.
    fn is_by_another_key(&self, question: &Question<'_>) -> bool {
        let read = || {
            let extensions = CertificateExtensions::of(&question.issuer).ok()?;
            let own = AnyRef::from_der(extensions.get(Known::SubjectKeyId)?.value).ok()?;
            Some(own.value() != &**self.signer.as_ref()?)
        };
        read().unwrap_or(false)
    }

    fn silent(&self, why: &str) -> RevocationStatus {
        RevocationStatus::silent(format!("the revocation list from {} {why}", self.label))
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }
}

impl Extensions {
    fn parse(extensions: AnyRef<'_>) -> Result<Self, CrlProblem> {
        let mut found = Self::default();
        let mut seen = std::collections::BTreeSet::new();
        let mut reader = body(extensions, Tag::Sequence)?;
        while !reader.is_finished() {
            let extension = extension(&mut reader)?;
            if !seen.insert(extension.id) {
                return Err(CrlProblem::RepeatedExtension);
            }
            match extension.id {
                NUMBER if extension.critical => return Err(CrlProblem::CriticalNumber),
                NUMBER => {
                    let number = AnyRef::from_der(extension.value)?;
                    number.tag().assert_eq(Tag::Integer)?;
                    found.number = Some(Arc::from(base16(number.value())));
                }
                DELTA_INDICATOR => return Err(CrlProblem::Delta),
                ISSUING_DISTRIBUTION_POINT => found.scope = Scope::parse(extension.value)?,
                AUTHORITY_KEY => {
                    let key = AuthorityKeyId::read(extension.value)?;
                    found.signer = key.key_id.map(Box::from);
                }
                id if extension.critical => {
                    return Err(CrlProblem::CriticalExtension { id: id.to_string() });
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
