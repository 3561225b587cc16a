//! Explanations: why a peer was refused, written for a person: what it presented, what was
//! compared, and what would help.
//!
//! ```
//! use bonafide_verify::Refusal;
//!
//! fn report(refusal: &Refusal) {
//!     eprintln!("{}", refusal.explain().for_terminal(&std::io::stderr()));
//! }
//! ```

mod advice;
mod cause;
mod remedy;
#[cfg(test)]
mod situations;
#[cfg(test)]
mod tests;
mod text;
mod view;

use rustls_pki_types::CertificateDer;
use serde::Serialize;

pub use self::remedy::{Remedy, RemedyKind};
pub use self::view::{CertificateView, CheckView, ClockView, OriginView};

use crate::code::Code;
use crate::text::one_line;
use crate::verdict::handshake::{HandshakeError, TlsError};
use crate::verdict::refusal::report::Refusal;

/// A refusal, explained. `Display` is plain text of several lines; [`Explanation::for_terminal`]
/// adds colour where the output is a terminal; it implements [`Serialize`], with the field names
/// shown here.
///
/// Text that a peer sent is escaped to stay within its line, and its length is bounded.
///
/// ```
/// use bonafide_verify::{Anchors, Peer, Policy};
/// use bonafide_verify::explain::RemedyKind;
/// use bonafide_verify::pki_types::ServerName;
/// use bonafide_testkit::{Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let identity = ca.issue(Recipe::for_host("www.example.test"));
/// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
///
/// let name = ServerName::try_from("example.test")?;
/// let refusal = policy.verify(&Peer::new(identity.chain(), &name)).unwrap_err();
/// let explanation = refusal.explain();
/// assert_eq!(explanation.remedy.kind, RemedyKind::OtherName);
/// println!("{}", explanation.for_terminal(&std::io::stdout()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The stable code, for example `BF-EXPIRED`.
    pub code: &'static str,
    /// The cause in one line.
    pub headline: String,
    /// The requested host.
    pub host: Option<String>,
    /// The zone that judged.
    pub zone: Option<String>,
    /// The clock that was judged by.
    pub clock: Option<ClockView>,
    /// The anchors that a path could have ended in.
    pub anchors: Vec<OriginView>,
    /// What the peer sent, in its order.
    pub presented: Vec<CertificateView>,
    /// How many more certificates it sent beyond those listed; at most 64 are listed.
    pub more_presented: usize,
    /// The subjects of the path that was proved, leaf first; empty where none was.
    pub path: Vec<String>,
    /// Every check with its outcome.
    pub checks: Vec<CheckView>,
    /// What would help.
    pub remedy: Remedy,
    /// The page of the code in the documentation, below the repository's root.
    pub page: String,
}

impl Refusal {
    /// Explains the refusal, and looks for what would help by judging the peer again with one
    /// premise changed: another time, the system's store, another name.
    ///
    /// Blocks: it runs the zone's checks again, and it reads the system's store if the zone does
    /// not use that store and nothing else helps. Do not call it on an async thread. The result
    /// changes no verdict: it makes no receipt and no connection.
    pub fn explain(&self) -> Explanation {
        self.explain_with(&[])
    }

    /// Does the same as [`Refusal::explain`], with candidate certificates that the server may have
    /// left out of its chain.
    pub fn explain_with(&self, intermediates: &[CertificateDer<'static>]) -> Explanation {
        let receipt = self.receipt();
        let (presented, more_presented) = view::presented(self);
        Explanation {
            headline: headline(&self.to_string()),
            host: receipt.host().map(one_line),
            zone: Some(receipt.zone().to_owned()),
            clock: Some(ClockView::of(receipt)),
            anchors: view::anchors(receipt),
            path: receipt
                .path()
                .map(|path| path.subjects().map(|subject| view::cut(&subject)).collect())
                .unwrap_or_default(),
            checks: receipt.checks().iter().map(CheckView::of).collect(),
            remedy: remedy::find(self, intermediates),
            presented,
            more_presented,
            ..Explanation::of(self.code())
        }
    }
}

impl Explanation {
    /// Explains a code without a peer: for handshakes that failed before a chain was judged.
    pub fn of(code: Code) -> Self {
        Self {
            code: code.as_str(),
            headline: advice::summary(code),
            host: None,
            zone: None,
            clock: None,
            anchors: Vec::new(),
            presented: Vec::new(),
            more_presented: 0,
            path: Vec::new(),
            checks: Vec::new(),
            remedy: Remedy {
                kind: RemedyKind::Advice,
                text: advice::advice(code).to_owned(),
            },
            page: format!("docs/codes/{code}.md"),
        }
    }
}

impl HandshakeError {
    /// Explains the code. The explanation shows no peer, because none was judged.
    pub fn explain(&self) -> Explanation {
        Explanation {
            headline: headline(&self.to_string()),
            ..Explanation::of(self.code())
        }
    }
}

impl TlsError {
    /// Explains the failure if it has a code. If a peer was judged, this is [`Refusal::explain`].
    pub fn explain(&self) -> Option<Explanation> {
        match self {
            Self::Refused(refusal) => Some(refusal.explain()),
            Self::Handshake(error) => Some(error.explain()),
            Self::Identity(_) | Self::Io(_) | Self::Config(_) => self.code().map(Explanation::of),
        }
    }
}

/// A refusal's own line without its code.
fn headline(line: &str) -> String {
    let cause = line.split_once(": ").map_or(line, |(_, rest)| rest);
    view::cut_line(&one_line(cause))
}
