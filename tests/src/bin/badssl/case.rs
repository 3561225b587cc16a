//! What is put on the loopback.

use bonafide_testkit::conformance::{Needs, Replica, Site};

use crate::stand::{Stand, stands};

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    pub(crate) served: Served<'a>,
    pub(crate) needs: Needs,
    pub(crate) why: &'static str,
}

/// Who serves it.
#[derive(Debug)]
pub(crate) enum Served<'a> {
    /// The testkit: rustls, or a script where rustls cannot be bad enough.
    Replica(&'a Site),
    /// `openssl s_server`, which goes through with handshakes that the script leaves unfinished.
    OpenSsl(Stand),
}

impl Served<'_> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Replica(_) => "testkit",
            Self::OpenSsl(_) => "openssl",
        }
    }
}

/// All cases, those of the testkit first.
pub(crate) fn cases(replica: &Replica) -> Vec<Case<'_>> {
    let sites = replica.sites().iter().map(|site| Case {
        name: site.name,
        served: Served::Replica(site),
        needs: site.needs,
        why: site.why,
    });
    let stands = stands().into_iter().map(|stand| Case {
        name: stand.name,
        needs: Needs::Nothing,
        why: stand.why,
        served: Served::OpenSsl(stand),
    });
    sites.chain(stands).collect()
}
