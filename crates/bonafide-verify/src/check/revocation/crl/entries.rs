//! The entries of a list: one pass when it is loaded, and a search by serial number afterwards.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::UnixTime;

use super::scope::Limitation;
use crate::certificate::{body, extension, time};
use crate::load_report::CrlProblem;
use crate::revocation_reason::RevocationReason;

/// `id-ce-cRLReasons` (RFC 5280, 5.3.1).
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
/// `id-ce-invalidityDate` (RFC 5280, 5.3.2).
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
/// `id-ce-certificateIssuer` (RFC 5280, 5.3.3): entries of other issuers.
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");

/// Where the entries of a list stand in it, in the order of their serial numbers.
#[derive(Debug, Default)]
pub(super) struct Entries {
    offsets: Box<[u32]>,
}

/// One entry: which certificate, since when, why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    serial: &'a [u8],
    pub(super) since: UnixTime,
    pub(super) reason: Option<RevocationReason>,
    limitation: Option<Limitation>,
}

impl Entries {
    /// Reads every entry of `listed`, the content of `revokedCertificates`, which is a part of `list`.
    pub(super) fn parse(
        list: &[u8],
        listed: &[u8],
    ) -> Result<(Self, Option<Limitation>), CrlProblem> {
        let start = listed.as_ptr().addr() - list.as_ptr().addr();
        let mut limitation = None;
        let mut found = Vec::new();
        let mut reader = SliceReader::new(listed)?;
        while !reader.is_finished() {
            let offset = start + usize::try_from(reader.position())?;
            let entry = Entry::read(&mut reader)?;
            limitation = limitation.or(entry.limitation);
            let offset = u32::try_from(offset)
                .map_err(|_| der::Error::new(der::ErrorKind::Overflow, der::Length::ZERO))?;
            found.push((digits(entry.serial), offset));
        }
        found.sort_unstable();
        let offsets = found.into_iter().map(|(_, offset)| offset).collect();
        Ok((Self { offsets }, limitation))
    }

    /// The entry of a serial number, in the `list` that the entries were read from.
    pub(super) fn find<'a>(&self, list: &'a [u8], serial: &[u8]) -> Option<Entry<'a>> {
        let serial = digits(serial);
        let found = self
            .offsets
            .binary_search_by(|offset| serial_at(list, *offset).cmp(serial))
            .ok()?;
        let offset = usize::try_from(*self.offsets.get(found)?).ok()?;
        let mut reader = SliceReader::new(list.get(offset..)?).ok()?;
        Entry::read(&mut reader).ok()
    }
}

impl<'a> Entry<'a> {
    fn read(reader: &mut SliceReader<'a>) -> Result<Self, der::Error> {
        let mut fields = body(AnyRef::decode(reader)?, Tag::Sequence)?;
        let serial = AnyRef::decode(&mut fields)?;
        serial.tag().assert_eq(Tag::Integer)?;
        let since = time(AnyRef::decode(&mut fields)?)?;
        let (mut reason, mut limitation) = (None, None);
        if !fields.is_finished() {
            let mut extensions = body(AnyRef::decode(&mut fields)?, Tag::Sequence)?;
            while !extensions.is_finished() {
                let extension = extension(&mut extensions)?;
                match extension.id {
                    REASON => reason = reason_of(extension.value)?,
                    CERTIFICATE_ISSUER => limitation = Some(Limitation::Indirect),
                    INVALIDITY_DATE => {}
                    id if extension.critical => {
                        limitation = limitation.or(Some(Limitation::CriticalExtension(id)));
                    }
                    _ => {}
                }
            }
        }
        fields.finish()?;
        Ok(Self {
            serial: serial.value(),
            since,
            reason,
            limitation,
        })
    }
}

/// The serial number of the entry at an offset; an empty one where there is none.
fn serial_at(list: &[u8], offset: u32) -> &[u8] {
    let read = || {
        let list = list.get(usize::try_from(offset).ok()?..)?;
        let entry = AnyRef::decode(&mut SliceReader::new(list).ok()?).ok()?;
        let serial = AnyRef::decode(&mut SliceReader::new(entry.value()).ok()?).ok()?;
        Some(digits(serial.value()))
    };
    read().unwrap_or_default()
}

/// A serial number without leading zeros, so that one number has one form.
fn digits(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    serial.get(zeros..).unwrap_or_default()
}

/// The number of an ENUMERATED of one byte.
fn reason_of(value: &[u8]) -> Result<Option<RevocationReason>, der::Error> {
    let value = AnyRef::from_der(value)?;
    value.tag().assert_eq(Tag::Enumerated)?;
    Ok(match value.value() {
        [number] => RevocationReason::from_number(*number),
        _ => None,
    })
}
