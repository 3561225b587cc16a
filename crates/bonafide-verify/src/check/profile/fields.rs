//! Rules on the fields of a certificate: version, serial number, names, times.

use der::Decode as _;
use der::asn1::AnyRef;
use rustls_pki_types::UnixTime;

use super::rule::{Rule, Scope};
use super::subject::{PathRole, Subject};
use crate::check::CheckContext;
use crate::code::Code;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{is_empty_name, whole};

/// RFC 5280, 4.1.2.2: serial numbers have at most 20 octets.
const MAX_SERIAL_OCTETS: usize = 20;
/// 2050-01-01T00:00:00Z: later times are `GeneralizedTime` (RFC 5280, 4.1.2.5).
const YEAR_2050: u64 = 2_524_608_000;

pub(super) static VERSION_3: Rule = Rule::certificate(
    Code::UnsupportedVersion,
    "RFC 5280, 4.1.2.1; CA/B BR 7.1.1",
    "every certificate, the anchor's too, is of version 3",
    Scope::All,
    version_3,
);

pub(super) static SERIAL_NUMBER: Rule = Rule::certificate(
    Code::SerialNumber,
    "RFC 5280, 4.1.2.2",
    "serial numbers are positive and have at most 20 octets",
    Scope::All,
    serial_number,
);

/// Every browser's store has roots with the serial number 0.
pub(super) static SERIAL_NUMBER_BELOW_ANCHOR: Rule = Rule::certificate(
    Code::SerialNumber,
    "CA/B BR 7.1.2.7 and 7.1.2.6; RFC 5280, 4.1.2.2",
    "serial numbers below the anchor are positive and have at most 20 octets",
    Scope::Presented,
    serial_number,
);

pub(super) static UNIQUE_SERIALS: Rule = Rule::path(
    Code::DuplicateSerial,
    "RFC 5280, 4.1.2.2",
    "no two certificates of the path have the same issuer and serial number",
    unique_serials,
);

pub(super) static NAMES_ARE_NOT_EMPTY: Rule = Rule::certificate(
    Code::EmptyName,
    "RFC 5280, 4.1.2.4 and 4.1.2.6",
    "every certificate has an issuer, and every CA certificate has a subject",
    Scope::All,
    names_are_not_empty,
);

pub(super) static NAMES_ARE_WELL_FORMED: Rule = Rule::certificate(
    Code::Malformed,
    "RFC 5280, 4.1.2.4",
    "issuer and subject are names: sequences of sets of attributes, no set empty",
    Scope::All,
    names_are_well_formed,
);

pub(super) static TIME_ENCODING: Rule = Rule::certificate(
    Code::TimeEncoding,
    "RFC 5280, 4.1.2.5",
    "times are `UTCTime` through 2049 and `GeneralizedTime` from 2050",
    Scope::All,
    time_encoding,
);

/// Every browser's store has a root with a time in the other form.
pub(super) static TIME_ENCODING_BELOW_ANCHOR: Rule = Rule::certificate(
    Code::TimeEncoding,
    "CA/B BR 7.1.2.7 and 7.1.2.6; RFC 5280, 4.1.2.5",
    "times below the anchor are `UTCTime` through 2049 and `GeneralizedTime` from 2050",
    Scope::Presented,
    time_encoding,
);

fn version_3(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    if subject.certificate.version() == 3 {
        Ok(())
    } else {
        Err(Reason::UnsupportedVersion)
    }
}

fn serial_number(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let serial = subject.certificate.serial();
    let rule = &SERIAL_NUMBER;
    if serial.len() > MAX_SERIAL_OCTETS {
        let octets = serial.len();
        return Err(rule.found(format!("a serial number of {octets} octets")));
    }
    if serial.first().is_some_and(|first| first & 0x80 != 0) {
        return Err(rule.found("a negative serial number"));
    }
    if serial.iter().all(|octet| *octet == 0) {
        return Err(rule.found("the serial number 0"));
    }
    Ok(())
}

fn unique_serials(path: &[Subject<'_>]) -> Result<(), (usize, Reason)> {
    for (position, subject) in path.iter().enumerate().skip(1) {
        let mine = (subject.certificate.issuer(), subject.certificate.serial());
        let same =
            |other: &Subject<'_>| (other.certificate.issuer(), other.certificate.serial()) == mine;
        if path[..position].iter().any(same) {
            return Err((
                position,
                UNIQUE_SERIALS
                    .found("the same issuer and serial number as another certificate of the path"),
            ));
        }
    }
    Ok(())
}

fn names_are_not_empty(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let rule = &NAMES_ARE_NOT_EMPTY;
    if is_empty_name(subject.certificate.issuer()) {
        return Err(rule.found("an empty issuer"));
    }
    let is_ca = subject.role != PathRole::Leaf || subject.is_ca()?;
    if is_ca && is_empty_name(subject.certificate.subject()) {
        return Err(rule.found("a CA without a subject"));
    }
    Ok(())
}

fn names_are_well_formed(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let names = [
        ("issuer", subject.certificate.issuer()),
        ("subject", subject.certificate.subject()),
    ];
    for (which, name) in names {
        AnyRef::from_der(name)
            .and_then(whole::name)
            .map_err(|error| Reason::Malformed {
                detail: format!("its {which}: {error}"),
            })?;
    }
    Ok(())
}

fn time_encoding(subject: &Subject<'_>, _: &CheckContext<'_>) -> Result<(), Reason> {
    let belongs = |(time, is_utc): (UnixTime, bool)| is_utc == (time.as_secs() < YEAR_2050);
    if subject.certificate.encoded_times().into_iter().all(belongs) {
        return Ok(());
    }
    Err(TIME_ENCODING.found("a time encoded in the wrong form for its year"))
}
