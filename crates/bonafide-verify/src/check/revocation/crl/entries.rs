//! The entries of a list: one pass when it is loaded, and a search by serial number afterwards.

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::UnixTime;

use crate::files::load_report::CrlProblem;
use crate::verdict::refusal::revocation::RevocationReason;
use crate::x509::certificate::{Oid, body, extension, oid, time};

/// `id-ce-cRLReasons` (RFC 5280, 5.3.1).
const REASON: Oid<'static> = oid!("2.5.29.21");
/// `id-ce-invalidityDate` (RFC 5280, 5.3.2).
const INVALIDITY_DATE: Oid<'static> = oid!("2.5.29.24");
/// `id-ce-certificateIssuer` (RFC 5280, 5.3.3): entries of other issuers.
const CERTIFICATE_ISSUER: Oid<'static> = oid!("2.5.29.29");

/// The offsets of a list's entries, in the order of their serial numbers.
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
}

impl Entries {
    /// Reads every entry of `listed`, the content of `revokedCertificates`, which is a part of
    /// `list`.
    pub(super) fn parse(list: &[u8], listed: &[u8]) -> Result<Self, CrlProblem> {
        let start = listed.as_ptr().addr() - list.as_ptr().addr();
        let mut found = Vec::new();
        let mut reader = SliceReader::new(listed)?;
        while !reader.is_finished() {
            let offset = start + usize::try_from(reader.position())?;
            let entry = Entry::read(&mut reader)?;
            let offset = u32::try_from(offset)
                .map_err(|_| der::Error::new(der::ErrorKind::Overflow, der::Length::ZERO))?;
            found.push((digits(entry.serial), offset));
        }
        found.sort_unstable();
        let offsets = found.into_iter().map(|(_, offset)| offset).collect();
        Ok(Self { offsets })
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
    fn read(reader: &mut SliceReader<'a>) -> Result<Self, CrlProblem> {
        let mut fields = body(AnyRef::decode(reader)?, Tag::Sequence)?;
        let serial = AnyRef::decode(&mut fields)?;
        serial.tag().assert_eq(Tag::Integer)?;
        let since = time(AnyRef::decode(&mut fields)?)?;
        let mut reason = None;
        if !fields.is_finished() {
            let mut extensions = body(AnyRef::decode(&mut fields)?, Tag::Sequence)?;
            while !extensions.is_finished() {
                let extension = extension(&mut extensions)?;
                match extension.id {
                    REASON => reason = reason_of(extension.value)?,
                    CERTIFICATE_ISSUER => return Err(CrlProblem::Indirect),
                    INVALIDITY_DATE => {}
                    id if extension.critical => {
                        return Err(CrlProblem::CriticalExtension { id: id.to_string() });
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
        })
    }
}

/// The serial number of the entry at an offset; empty if no entry is there.
fn serial_at(list: &[u8], offset: u32) -> &[u8] {
    let read = || {
        let list = list.get(usize::try_from(offset).ok()?..)?;
        let entry = AnyRef::decode(&mut SliceReader::new(list).ok()?).ok()?;
        let serial = AnyRef::decode(&mut SliceReader::new(entry.value()).ok()?).ok()?;
        Some(digits(serial.value()))
    };
    read().unwrap_or_default()
}

/// A serial number without octets that repeat its sign, so that one number has one form: −1 is
/// `ff` and 255 is `00ff`.
fn digits(serial: &[u8]) -> &[u8] {
    let repeats = serial
        .windows(2)
        .take_while(|pair| matches!(pair, [0, 0..=0x7f] | [0xff, 0x80..=0xff]));
    serial.get(repeats.count()..).unwrap_or_default()
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
