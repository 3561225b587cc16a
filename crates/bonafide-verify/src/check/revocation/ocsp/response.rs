//! Reading an OCSP response (RFC 6960, 4.2.1).

use der::asn1::{AnyRef, GeneralizedTime, OctetStringRef};
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::UnixTime;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::check::revocation::question::Question;
use crate::verdict::refusal::revocation::{RevocationReason, StapleFault};
use crate::x509::certificate::{Oid, body, context, elements, extension, oid, peek, primitive};
use crate::x509::signature::Signed;

/// `id-pkix-ocsp-basic` (RFC 6960, 4.2.1).
const BASIC: Oid<'static> = oid!("1.3.6.1.5.5.7.48.1.1");
/// `id-pkix-ocsp-nonce` (RFC 6960, 4.4.1). The client sent no nonce, so it compares none.
const NONCE: Oid<'static> = oid!("1.3.6.1.5.5.7.48.1.2");
const SHA1: Oid<'static> = oid!("1.3.14.3.2.26");
const SHA256: Oid<'static> = oid!("2.16.840.1.101.3.4.2.1");

/// A successful basic response, with its signature not verified yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Response<'a> {
    pub(super) signed: Signed<'a>,
    pub(super) responder: ResponderId<'a>,
    pub(super) produced_at: UnixTime,
    singles: &'a [u8],
    certificates: &'a [u8],
}

/// How a response names its responder.
#[derive(Clone, Copy, Debug)]
pub(super) enum ResponderId<'a> {
    /// By the whole encoding of the name.
    Name(&'a [u8]),
    /// By the SHA-1 of the key.
    Key(&'a [u8]),
}

/// The answer of a response for one certificate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Single<'a> {
    hash: Option<Hash>,
    issuer_name: &'a [u8],
    issuer_key: &'a [u8],
    serial: &'a [u8],
    pub(super) status: Status,
    pub(super) this_update: UnixTime,
    pub(super) next_update: Option<UnixTime>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Status {
    Good,
    Revoked {
        since: UnixTime,
        reason: Option<RevocationReason>,
    },
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Hash {
    Sha1,
    Sha256,
}

impl<'a> Response<'a> {
    pub(super) fn parse(staple: &'a [u8]) -> Result<Self, StapleFault> {
        let mut response = body(AnyRef::from_der(staple)?, Tag::Sequence)?;
        let status = AnyRef::decode(&mut response)?;
        status.tag().assert_eq(Tag::Enumerated)?;
        match status.value() {
            [0] => {}
            [status] => return Err(StapleFault::Unsuccessful { status: *status }),
            _ => return Err(StapleFault::Malformed),
        }
        let bytes = explicit(AnyRef::decode(&mut response)?, 0)?;
        response.finish()?;
        let mut bytes = body(bytes, Tag::Sequence)?;
        let kind = Oid::next(&mut bytes)?;
        let basic: &OctetStringRef = der::Decode::decode(&mut bytes)?;
        bytes.finish()?;
        if kind != BASIC {
            return Err(StapleFault::NotBasic);
        }
        let mut basic = body(AnyRef::from_der(basic.as_bytes())?, Tag::Sequence)?;
        let signed = Signed::read(&mut basic)?;
        let mut certificates: &[u8] = &[];
        if !basic.is_finished() {
            let list = explicit(AnyRef::decode(&mut basic)?, 0)?;
            list.tag().assert_eq(Tag::Sequence)?;
            certificates = list.value();
        }
        basic.finish()?;
        Self::parse_data(signed, certificates)
    }

    fn parse_data(signed: Signed<'a>, certificates: &'a [u8]) -> Result<Self, StapleFault> {
        let mut data = body(AnyRef::from_der(signed.message)?, Tag::Sequence)?;
        if peek(&data) == Some(context(0)) {
            let version = explicit(AnyRef::decode(&mut data)?, 0)?;
            if version.tag() != Tag::Integer || version.value() != [0] {
                return Err(StapleFault::Malformed);
            }
        }
        let responder = AnyRef::decode(&mut data)?;
        let responder = match responder.tag() {
            tag if tag == context(1) => ResponderId::Name(responder.value()),
            tag if tag == context(2) => {
                let key: &OctetStringRef = der::Decode::from_der(responder.value())?;
                ResponderId::Key(key.as_bytes())
            }
            _ => return Err(StapleFault::Malformed),
        };
        let produced_at = generalized_time(AnyRef::decode(&mut data)?)?;
        let singles = AnyRef::decode(&mut data)?;
        singles.tag().assert_eq(Tag::Sequence)?;
        read_extensions(&mut data)?;
        Ok(Self {
            signed,
            responder,
            produced_at,
            singles: singles.value(),
            certificates,
        })
    }

    /// The answer for each certificate.
    pub(super) fn singles(&self) -> impl Iterator<Item = Result<Single<'a>, StapleFault>> {
        elements(self.singles).map(|single| Single::read(single?))
    }

    /// The enclosed certificates, each in its whole encoding.
    pub(super) fn certificates(&self) -> Result<Vec<&'a [u8]>, StapleFault> {
        let mut reader = SliceReader::new(self.certificates)?;
        let mut certificates = Vec::new();
        while !reader.is_finished() {
            certificates.push(reader.tlv_bytes()?);
        }
        Ok(certificates)
    }
}

impl ResponderId<'_> {
    /// Whether it identifies the responder with this name and key.
    pub(super) fn is(&self, name: &[u8], key: &[u8]) -> bool {
        match self {
            Self::Name(responder) => *responder == name,
            Self::Key(hash) => *hash == Sha1::digest(key).as_slice(),
        }
    }
}

impl<'a> Single<'a> {
    fn read(single: AnyRef<'a>) -> Result<Self, StapleFault> {
        let mut single = body(single, Tag::Sequence)?;
        let mut id = body(AnyRef::decode(&mut single)?, Tag::Sequence)?;
        let mut algorithm = body(AnyRef::decode(&mut id)?, Tag::Sequence)?;
        let hash = match Oid::next(&mut algorithm)? {
            SHA1 => Some(Hash::Sha1),
            SHA256 => Some(Hash::Sha256),
            _ => None,
        };
        let issuer_name: &OctetStringRef = der::Decode::decode(&mut id)?;
        let issuer_key: &OctetStringRef = der::Decode::decode(&mut id)?;
        let serial = AnyRef::decode(&mut id)?;
        serial.tag().assert_eq(Tag::Integer)?;
        id.finish()?;

        let status = Status::read(AnyRef::decode(&mut single)?)?;
        let this_update = generalized_time(AnyRef::decode(&mut single)?)?;
        let next_update = if peek(&single) == Some(context(0)) {
            let next = explicit(AnyRef::decode(&mut single)?, 0)?;
            Some(generalized_time(next)?)
        } else {
            None
        };
        read_extensions(&mut single)?;
        Ok(Self {
            hash,
            issuer_name: issuer_name.as_bytes(),
            issuer_key: issuer_key.as_bytes(),
            serial: serial.value(),
            status,
            this_update,
            next_update,
        })
    }

    /// Whether it is about the certificate identified by `ids`.
    pub(super) fn is_about(&self, ids: &CertIds<'_>) -> bool {
        let named = [self.issuer_name, self.issuer_key];
        self.serial == ids.serial
            && match self.hash {
                Some(Hash::Sha1) => named == ids.sha1.each_ref().map(|hash| &hash[..]),
                Some(Hash::Sha256) => named == ids.sha256.each_ref().map(|hash| &hash[..]),
                None => false,
            }
    }
}

/// The ways in which a response may identify the certificate and its issuer. The hashes are
/// computed once for each question.
pub(super) struct CertIds<'a> {
    serial: &'a [u8],
    /// Of the issuer's name and of its key.
    sha1: [[u8; 20]; 2],
    sha256: [[u8; 32]; 2],
}

impl<'a> CertIds<'a> {
    pub(super) fn of(question: &Question<'a>) -> Self {
        let issuer = [
            question.certificate.issuer(),
            question.issuer.public_key().bytes,
        ];
        Self {
            serial: question.certificate.serial(),
            sha1: issuer.map(|part| Sha1::digest(part).into()),
            sha256: issuer.map(|part| Sha256::digest(part).into()),
        }
    }
}

impl Status {
    fn read(status: AnyRef<'_>) -> Result<Self, StapleFault> {
        match status.tag() {
            tag if tag == primitive(0) && status.value().is_empty() => Ok(Self::Good),
            tag if tag == primitive(2) && status.value().is_empty() => Ok(Self::Unknown),
            tag if tag == context(1) => {
                let mut revoked = SliceReader::new(status.value())?;
                let since = generalized_time(AnyRef::decode(&mut revoked)?)?;
                let mut reason = None;
                if !revoked.is_finished() {
                    let number = explicit(AnyRef::decode(&mut revoked)?, 0)?;
                    number.tag().assert_eq(Tag::Enumerated)?;
                    if let [number] = number.value() {
                        reason = RevocationReason::from_number(*number);
                    }
                }
                revoked.finish()?;
                Ok(Self::Revoked { since, reason })
            }
            _ => Err(StapleFault::Malformed),
        }
    }
}

/// The content of the explicit tag `number`.
fn explicit(any: AnyRef<'_>, number: u32) -> Result<AnyRef<'_>, der::Error> {
    any.tag().assert_eq(context(number))?;
    AnyRef::from_der(any.value())
}

fn generalized_time(any: AnyRef<'_>) -> Result<UnixTime, der::Error> {
    let time: GeneralizedTime = any.decode_as()?;
    Ok(UnixTime::since_unix_epoch(time.to_unix_duration()))
}

/// Reads the extensions that end a structure, under the tag 1, and refuses unknown critical ones.
fn read_extensions(reader: &mut SliceReader<'_>) -> Result<(), StapleFault> {
    if !reader.is_finished() {
        let mut extensions = body(explicit(AnyRef::decode(reader)?, 1)?, Tag::Sequence)?;
        while !extensions.is_finished() {
            let extension = extension(&mut extensions)?;
            if extension.critical && extension.id != NONCE {
                return Err(StapleFault::CriticalExtension);
            }
        }
    }
    reader
        .is_finished()
        .then_some(())
        .ok_or(StapleFault::Malformed)
}

impl From<der::Error> for StapleFault {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}
