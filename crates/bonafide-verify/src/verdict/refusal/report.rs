//! Refusals: why a peer was refused.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::anchors::AnchorSet;
use crate::code::Code;
use crate::config::clock::Rfc3339Time;
use crate::text::one_line;
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::reason::Reason;

/// Why a peer was refused: a code, the certificate at fault, the values compared, and the checks
/// that ran before.
///
/// `Display` is one line that names the cause; [`Refusal::explain`] has more lines. Cloning is
/// cheap.
///
/// For the explanation, a refusal keeps the peer's certificates (at most 256 KiB) and the rules by
/// which the peer was judged.
#[derive(Clone)]
pub struct Refusal(Arc<Inner>);

struct Inner {
    reason: Reason,
    subject: Option<Subject>,
    receipt: Arc<Receipt>,
    source: Option<webpki::Error>,
    exhibit: Option<Exhibit>,
}

/// What was judged, kept to explain the refusal: what the peer presented, up to the size of any
/// real handshake, and the means to judge it again.
#[derive(Clone)]
pub(crate) struct Exhibit {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) name: Option<ServerName<'static>>,
    pub(crate) time: UnixTime,
    pub(crate) ocsp_staple: Option<Vec<u8>>,
    pub(crate) scts: Option<Vec<u8>>,
    /// Number of certificates that were not kept because of the limits on number and size.
    pub(crate) left_out: usize,
    /// Whether everything that the peer presented was kept; only then is it judged again.
    pub(crate) is_whole: bool,
    pub(crate) anchors: Option<Arc<AnchorSet>>,
    pub(crate) again: Arc<dyn Rejudge>,
}

/// Judges again with one premise changed. The result is for a person: it says whether the peer
/// would be accepted, and no decision depends on it.
pub(crate) trait Rejudge: Send + Sync {
    fn would_accept(&self, exhibit: &Exhibit, premise: &Premise<'_>) -> bool;
}

/// The premise that is changed when a peer is judged again.
#[derive(Clone, Debug)]
pub(crate) enum Premise<'a> {
    Time(UnixTime),
    Intermediates(&'a [CertificateDer<'static>]),
    SystemStore,
    Name(ServerName<'a>),
}

/// The certificate that a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its position; 0 is the leaf. On a verified path it counts towards the anchor, otherwise in
    /// the order sent.
    pub position: usize,
    /// Its subject's name, as RFC 4514 prints it.
    pub name: String,
}

impl Refusal {
    pub(crate) fn new(
        reason: Reason,
        subject: Option<Subject>,
        receipt: Arc<Receipt>,
        source: Option<webpki::Error>,
    ) -> Self {
        Self(Arc::new(Inner {
            reason,
            subject,
            receipt,
            source,
            exhibit: None,
        }))
    }

    pub(crate) fn with_exhibit(mut self, exhibit: Exhibit) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.exhibit = Some(exhibit);
        }
        self
    }

    /// What was judged; none if nothing was presented.
    pub(crate) fn exhibit(&self) -> Option<&Exhibit> {
        self.0.exhibit.as_ref()
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.reason.code()
    }

    /// Why, with the values that were compared.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The certificate at fault, if the reason is about one.
    pub fn subject(&self) -> Option<&Subject> {
        self.0.subject.as_ref()
    }

    /// What was checked before the refusal, and what was not checked.
    pub fn receipt(&self) -> &Arc<Receipt> {
        &self.0.receipt
    }

    /// Finds the refusal in the source chain of an error, for any client that uses rustls.
    ///
    /// An `std::io::Error` does not return the error that it wraps from `source()`; this function
    /// searches that error too.
    pub fn find_in<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other))) => {
                other.0.downcast_ref()
            }
            _ => cause.downcast_ref(),
        })
    }
}

/// An error and its sources, including the error that an `io::Error` wraps.
pub(crate) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code())?;
        if let Some(subject) = self.subject() {
            write!(f, "certificate \"{}\": ", subject.name)?;
        }
        f.write_str(&one_line(&self.0.reason.to_string()))?;
        if let Reason::Expired { .. }
        | Reason::NotYetValid { .. }
        | Reason::ExpiredAnchor { .. }
        | Reason::PinsExpired { .. } = self.0.reason
        {
            write!(
                f,
                "; the {} clock says {}",
                self.0.receipt.clock(),
                Rfc3339Time(self.0.receipt.time())
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("reason", &self.0.reason)
            .field("subject", &self.0.subject)
            .finish_non_exhaustive()
    }
}

impl StdError for Refusal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
