//! The revocation lists of a case, as a check plugged into the policy.
//!
//! The verifier brings no check of revocation lists. This one asks rustls-webpki, so that cases with lists are judged
//! with them, as the suite's own harness for rustls-webpki does.

use bonafide_verify::{Check, CheckContext, Finding, Refused, VerifiedPath};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, KeyUsage, OwnedCertRevocationList,
    RevocationOptionsBuilder, anchor_from_trusted_cert,
};

/// Refuses a path that the lists do not clear: a certificate that is listed, or that no list speaks of.
#[derive(Debug)]
pub(crate) struct Crls(Vec<CertificateRevocationListDer<'static>>);

impl Crls {
    pub(crate) fn new(lists: Vec<CertificateRevocationListDer<'static>>) -> Self {
        Self(lists)
    }

    fn ask_webpki(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<(), webpki::Error> {
        let lists = self
            .0
            .iter()
            .map(|der| OwnedCertRevocationList::from_der(der).map(CertRevocationList::from))
            .collect::<Result<Vec<_>, _>>()?;
        let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
        let Ok(options) = RevocationOptionsBuilder::new(&lists) else {
            return Ok(());
        };
        let certificates: Vec<CertificateDer<'_>> = path
            .ders()
            .map(|der| CertificateDer::from(der.to_vec()))
            .collect();
        let [leaf, intermediates @ .., anchor] = certificates.as_slice() else {
            return Err(webpki::Error::UnknownIssuer);
        };
        EndEntityCert::try_from(leaf)?.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &[anchor_from_trusted_cert(anchor)?],
            intermediates,
            context.time(),
            KeyUsage::server_auth(),
            Some(options.build()),
            None,
        )?;
        Ok(())
    }
}

impl Check for Crls {
    fn name(&self) -> &str {
        "revocation lists"
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        match self.ask_webpki(path, context) {
            Ok(()) => Ok(Finding::passed()),
            Err(error) => Err(Refused::by_check(error.to_string())),
        }
    }
}
