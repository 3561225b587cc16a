//! Name constraints that webpki does not compare: it refuses every name of a kind with such a
//! constraint.

use super::Presented;
use crate::anchors::AnchorSet;
use crate::x509::certificate::{
    Certificate, Extensions, GeneralName, Known, NameConstraints, elements, sequence,
};

impl Presented<'_> {
    /// A kind of name that an issuer constrains and that webpki does not compare, with the issuer's
    /// position (none for an anchor). Every certificate has a directory name; for other kinds the
    /// certificates are searched for such a name.
    pub(super) fn uncompared_constraint(
        &self,
        anchors: &AnchorSet,
    ) -> Option<(Option<usize>, &'static str)> {
        let sent = self.certificates.iter().enumerate().skip(1);
        let sent = sent.filter_map(|(at, certificate)| Some((Some(at), *certificate.as_ref()?)));
        let anchors = self.issuing_anchors(anchors).map(|anchor| (None, anchor));
        let constrained: Vec<_> = sent.chain(anchors).collect();
        constrained.into_iter().find_map(|(position, issuer)| {
            let kinds = constrained_kinds(&issuer)?;
            let kind = kinds.into_iter().find(|kind| self.has_uncompared(kind))?;
            Some((position, kind))
        })
    }

    fn has_uncompared(&self, kind: &str) -> bool {
        match kind {
            "dNSName" | "iPAddress" => false,
            "directoryName" => true,
            kind => self.certificates.iter().flatten().any(|certificate| {
                names(certificate).is_some_and(|mut names| {
                    names.any(|name| name.is_ok_and(|name| name.kind() == kind))
                })
            }),
        }
    }
}

/// The kinds of the bases of all subtrees (RFC 5280, 4.2.1.10).
fn constrained_kinds(issuer: &Certificate<'_>) -> Option<Vec<&'static str>> {
    let value = Extensions::of(issuer)
        .ok()?
        .get(Known::NameConstraints)?
        .value;
    let constraints = NameConstraints::read(value).ok()?;
    let kind = |base| Some(GeneralName::read(base).ok()?.kind());
    let kinds = constraints.subtrees().filter_map(|subtree| {
        let subtree = subtree.ok()?;
        kind(elements(subtree.value()).next()?.ok()?)
    });
    Some(kinds.collect())
}

fn names<'a>(
    certificate: &Certificate<'a>,
) -> Option<impl Iterator<Item = Result<GeneralName<'a>, der::Error>>> {
    let value = Extensions::of(certificate)
        .ok()?
        .get(Known::SubjectAltName)?
        .value;
    Some(GeneralName::all(sequence(value).ok()?))
}
