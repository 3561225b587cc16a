//! Who signed a response, and whether the issuer authorized that responder (RFC 6960, 4.2.2.2).

use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, Tag};

use super::response::Response;
use crate::check::revocation::crl::Lists;
use crate::check::revocation::question::{Question, RevocationStatus};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::revocation::StapleFault;
use crate::x509::certificate::{Certificate, Extensions, KeyUsage, Known, Oid, body, oid};
use crate::x509::signature::{SignatureFault, Signed};

/// `id-kp-OCSPSigning` (RFC 6960, 4.2.2.2).
const OCSP_SIGNING: Oid<'static> = oid!("1.3.6.1.5.5.7.3.9");
/// `id-pkix-ocsp-nocheck` (RFC 6960, 4.2.2.2.1): the issuer asks clients not to check the
/// responder's revocation.
const NO_CHECK: Oid<'static> = oid!("1.3.6.1.5.5.7.48.1.5");

/// Maximum number of certificates in a response that are read. One is needed.
const MAX_CERTIFICATES: usize = 8;

/// Verifies that the issuer, or a responder that it has authorized, signed the response.
pub(super) fn verify(
    response: &Response<'_>,
    question: &Question<'_>,
    lists: Option<&Lists>,
) -> Result<(), StapleFault> {
    let issuer = &question.issuer;
    let mut fault = StapleFault::UnknownResponder;
    if response
        .responder
        .is(issuer.subject(), issuer.public_key().bytes)
    {
        match signed_by(&response.signed, issuer, question) {
            Ok(()) => return Ok(()),
            Err(bad) => fault = bad,
        }
    }
    for der in response.certificates()?.into_iter().take(MAX_CERTIFICATES) {
        let certificate = Certificate::from_der(der)?;
        if !response
            .responder
            .is(certificate.subject(), certificate.public_key().bytes)
        {
            continue;
        }
        let verified = appointed(der, &certificate, question, lists)
            .and_then(|()| signed_by(&response.signed, &certificate, question));
        match verified {
            Ok(()) => return Ok(()),
            Err(bad) => fault = bad,
        }
    }
    Err(fault)
}

/// Whether the leaf's issuer issued this certificate for signing responses, and it is valid now.
fn appointed(
    der: &[u8],
    certificate: &Certificate<'_>,
    question: &Question<'_>,
    lists: Option<&Lists>,
) -> Result<(), StapleFault> {
    if certificate.issuer() != question.issuer.subject() {
        return Err(StapleFault::ResponderNotIssued);
    }
    let purposes = certificate.extended_key_usage()?.unwrap_or_default();
    let extensions = Extensions::of(certificate)?;
    let may_sign = match extensions.get(Known::KeyUsage) {
        None => true,
        Some(usage) => KeyUsage::read(usage.value)?.has(KeyUsage::DIGITAL_SIGNATURE),
    };
    if !purposes.contains(&OCSP_SIGNING) || !may_sign {
        return Err(StapleFault::ResponderPurpose);
    }
    if question.time < certificate.not_before() || certificate.not_after() < question.time {
        return Err(StapleFault::ResponderExpired);
    }
    if extensions.unknown_critical.is_some() {
        return Err(StapleFault::CriticalExtension);
    }
    let mut fields = body(AnyRef::from_der(der)?, Tag::Sequence)?;
    let signed = Signed::read(&mut fields)?;
    fields.finish()?;
    match signed_by(&signed, &question.issuer, question) {
        Err(StapleFault::BadSignature) => return Err(StapleFault::ResponderNotIssued),
        other => other?,
    }
    let no_check = certificate
        .extensions()
        .any(|extension| extension.is_ok_and(|extension| extension.id == NO_CHECK));
    let responder = Question {
        certificate: *certificate,
        extensions: &extensions,
        ..*question
    };
    match lists
        .filter(|_| !no_check)
        .map(|lists| lists.ask(&responder))
    {
        Some(RevocationStatus::Against(Reason::Revoked { .. })) => {
            Err(StapleFault::ResponderRevoked)
        }
        _ => Ok(()),
    }
}

fn signed_by(
    signed: &Signed<'_>,
    signer: &Certificate<'_>,
    question: &Question<'_>,
) -> Result<(), StapleFault> {
    signed
        .verify(question.algorithms, signer.subject_public_key_info())
        .map_err(|fault| match fault {
            SignatureFault::Bad => StapleFault::BadSignature,
            SignatureFault::Unsupported => StapleFault::UnsupportedSignature,
        })
}
