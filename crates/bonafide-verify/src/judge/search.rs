//! The search for an acceptable path: path, then name, then checks.
//!
//! Name and checks run inside the path builder's callback, so that a path that they refuse does not
//! hide another path that they accept. webpki's error cannot carry our refusal, so the most telling
//! one is kept beside it.

use std::cell::{Cell, OnceCell, RefCell};

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use super::trial::{Evidence, Rejection, Trial, no_anchors};
use crate::anchors::AnchorSet;
use crate::code::Code;
use crate::path::verified::{self, NoPath, PathVerdict, VerifiedPath};
use crate::verdict::receipt::records::{CheckRecord, Outcome};
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::report::Subject;
use crate::x509::certificate::subject_text;

/// Maximum number of valid paths that checks may reject before the search stops. This bounds the
/// cost of checks.
const MAX_REFUSED_PATHS: usize = 16;
/// Maximum total size, in bytes, of the valid paths that checks may reject: the cost of checks
/// grows with the size of certificates.
const MAX_REFUSED_BYTES: usize = 200 * 1024;

/// The results of the paths that were proved so far.
enum Standing {
    Believed(Evidence),
    Refused(Box<Rejection>),
}

/// The inputs and the state of one search.
struct Search<'a> {
    trial: &'a Trial<'a>,
    anchors: &'a AnchorSet,
    leaf: &'a CertificateDer<'a>,
    end_entity: &'a EndEntityCert<'a>,
    /// What is wrong with the name. It is computed only after a path is proved, because a peer
    /// without a valid path could list any number of names.
    name_fault: OnceCell<Option<(Reason, Option<Subject>)>>,
    time: UnixTime,
    forgiven: &'a [Code],
}

impl Trial<'_> {
    /// Judges the peer, with its path at `time`; the checks use the time of the trial. A refusal by
    /// the name or by a check whose code is in `forgiven` is only recorded. Without a grant,
    /// `forgiven` is empty.
    ///
    /// If the certificates sent do not lead to an anchor, the policy's own intermediates are tried
    /// as well.
    pub(super) fn run(
        &self,
        time: UnixTime,
        forgiven: &[Code],
    ) -> Result<Evidence, Box<Rejection>> {
        let anchors = self
            .zone
            .anchors
            .get()
            .map_err(|error| self.early(no_anchors(&error)))?;
        let leaf = self
            .peer
            .chain
            .leaf()
            .ok_or_else(|| self.early(Reason::NoCertificate))?;
        let weighed = self.zone.limits.weigh(&self.peer.chain);
        weighed.map_err(|reason| self.early(reason))?;
        let end_entity =
            EndEntityCert::try_from(leaf).map_err(|error| self.unproved(error, anchors))?;
        let search = Search {
            trial: self,
            anchors,
            leaf,
            end_entity: &end_entity,
            name_fault: OnceCell::new(),
            time,
            forgiven,
        };
        let fault = match search.among(&[]) {
            Err(fault) if fault.source.is_some() => fault,
            settled => return settled,
        };
        let spare = self.judge.intermediates.missing_from(&self.peer.chain);
        if spare.is_empty() {
            return Err(fault);
        }
        let spare: Vec<&CertificateDer<'static>> = spare.iter().collect();
        match search.among(&spare) {
            // Without a path, the reported fault is that of the certificates that the server sent.
            Err(repaired) if repaired.path.is_none() => Err(fault),
            settled => settled,
        }
    }
}

impl Search<'_> {
    /// Searches a path through the certificates that were sent and `spare`, which were not sent.
    fn among(&self, spare: &[&CertificateDer<'static>]) -> Result<Evidence, Box<Rejection>> {
        let trial = self.trial;
        let intermediates = trial
            .zone
            .limits
            .admit(&trial.peer.chain, spare, self.anchors.roots())
            .map_err(|reason| trial.early(reason))?;
        let standing: RefCell<Option<Standing>> = RefCell::new(None);
        let refused_paths = Cell::new(0);
        let refused_bytes = Cell::new(0);
        let on_path = |path: &VerifiedPath<'_>| {
            let path_row = path_row(path, spare);
            match self.judge(path, path_row) {
                Ok(evidence) => {
                    standing.replace(Some(Standing::Believed(evidence)));
                    PathVerdict::Take
                }
                Err((fault, then)) => {
                    refused_paths.set(refused_paths.get() + 1);
                    let bytes: usize = path.ders().map(<[u8]>::len).sum();
                    refused_bytes.set(refused_bytes.get() + bytes);
                    let mut standing = standing.borrow_mut();
                    let furthest = match &*standing {
                        Some(Standing::Refused(fault)) => Some(fault.checks_passed),
                        _ => None,
                    };
                    if furthest.is_none_or(|furthest| fault.checks_passed > furthest) {
                        *standing = Some(Standing::Refused(fault));
                    }
                    if refused_paths.get() == MAX_REFUSED_PATHS
                        || refused_bytes.get() > MAX_REFUSED_BYTES
                    {
                        PathVerdict::Take
                    } else {
                        then
                    }
                }
            }
        };
        let built = verified::build(
            self.leaf,
            self.end_entity,
            &intermediates,
            self.anchors,
            trial.judge.provider.signature_algorithms(),
            self.time,
            &on_path,
        );
        match (built, standing.into_inner()) {
            (Ok(()), Some(Standing::Believed(evidence))) => Ok(evidence),
            (Ok(()) | Err(NoPath::AllTurnedDown), Some(Standing::Refused(fault))) => Err(fault),
            (Err(NoPath::AnchorIsNotACa(anchor)), _) => Err(trial.issued_by_no_ca(&anchor)),
            (Err(NoPath::Unproved(error)), _) => Err(trial.unproved(error, self.anchors)),
            (Ok(()), None) | (Err(NoPath::AllTurnedDown), _) => {
                Err(trial.unproved(webpki::Error::UnknownIssuer, self.anchors))
            }
        }
    }

    /// Judges one proved path: its length, the name, the checks. A refusal states whether another
    /// path could be accepted.
    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        path_row: CheckRecord,
    ) -> Result<Evidence, (Box<Rejection>, PathVerdict)> {
        let trial = self.trial;
        if let Some(allowed) = trial.zone.limits.intermediates() {
            let found = path.logical_intermediates();
            if found > allowed {
                let reason = Reason::TooManyIntermediates { found, allowed };
                return Err((trial.overlong(path, reason), PathVerdict::TryNext));
            }
        }
        let fault = self
            .name_fault
            .get_or_init(|| trial.name_fault(self.end_entity, self.leaf))
            .as_ref();
        if let Some((reason, subject)) = fault
            && !self.forgiven.contains(&reason.code())
        {
            let fault = trial.misnamed(path, path_row, reason.clone(), subject.clone());
            return Err((fault, PathVerdict::Take));
        }
        let name_row = trial.name_row(fault.map(|(reason, _)| reason));
        trial
            .run_checks(path, self.forgiven, vec![path_row, name_row])
            .map_err(|fault| (fault, PathVerdict::TryNext))
    }
}

/// The receipt's row for a proved path. It says so if the server did not send the whole path.
fn path_row(path: &VerifiedPath<'_>, spare: &[&CertificateDer<'static>]) -> CheckRecord {
    let row = CheckRecord::new("path", Outcome::Passed);
    let added: Vec<String> = path
        .intermediates()
        .filter(|certificate| {
            spare
                .iter()
                .any(|spare| spare.as_ref() == certificate.as_ref())
        })
        .map(|certificate| format!("\"{}\"", subject_text(certificate)))
        .collect();
    if added.is_empty() {
        return row;
    }
    let detail = format!(
        "server chain incomplete, repaired with {}",
        added.join(", ")
    );
    row.with_detail(Some(detail.into()))
}
