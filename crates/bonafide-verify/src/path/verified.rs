//! The path builder over rustls-webpki, and the proof that it returns.

use std::cell::{Cell, RefCell};
use std::fmt;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    RequiredEkuNotFoundContext,
};

use crate::anchors::{Anchor, AnchorSet, Standing};
use crate::x509::certificate::{Certificate, names};
use crate::x509::spki::SpkiSha256;

/// A path from the leaf to an anchor, built and verified by this crate's path builder.
///
/// Its constructor is private: a value of this type is the proof that every signature, validity
/// period, basic constraint, name constraint and purpose of the path has been verified.
///
/// ```compile_fail
/// use bonafide_verify::VerifiedPath;
///
/// // Other code cannot construct one.
/// let path = VerifiedPath {
///     leaf: todo!(),
///     intermediates: todo!(),
///     anchor: todo!(),
///     fields: todo!(),
/// };
/// ```
pub struct VerifiedPath<'a> {
    proof: &'a webpki::VerifiedPath<'a>,
    leaf: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    anchor: &'a Anchor,
    /// The fields of each certificate, from the leaf to the anchor, read once for all checks.
    fields: &'a [Result<Certificate<'a>, der::Error>],
}

impl<'a> VerifiedPath<'a> {
    /// The server's own certificate.
    pub fn leaf(&self) -> &CertificateDer<'a> {
        self.leaf
    }

    /// The certificates between leaf and anchor, the leaf's issuer first.
    pub fn intermediates(&self) -> impl DoubleEndedIterator<Item = &CertificateDer<'a>> {
        self.intermediates.iter()
    }

    /// The anchor that the path ends in.
    pub fn anchor(&self) -> &'a Anchor {
        self.anchor
    }

    /// Whether the leaf is the anchor itself: a self-signed certificate that verifies its own
    /// names.
    pub(crate) fn is_own_anchor(&self) -> bool {
        **self.leaf == **self.anchor.certificate()
    }

    /// How many certificates the path has, leaf and anchor included: at least two.
    #[expect(clippy::len_without_is_empty, reason = "a path is never empty")]
    pub fn len(&self) -> usize {
        self.intermediates.len() + 2
    }

    /// The number of intermediates that are not self-issued, which a limit counts (RFC 5280, 6.1).
    pub(crate) fn logical_intermediates(&self) -> usize {
        let counts = |certificate: &&CertificateDer<'a>| {
            names(certificate).is_none_or(|(issuer, subject)| issuer != subject)
        };
        self.intermediates.iter().filter(counts).count()
    }

    /// The DER of every certificate, from the leaf to the anchor.
    pub fn ders(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.leaf.as_ref())
            .chain(
                self.intermediates
                    .iter()
                    .map(|certificate| certificate.as_ref()),
            )
            .chain(std::iter::once(self.anchor.certificate().as_ref()))
    }

    /// The fields of every certificate, from the leaf to the anchor. An item is an error if
    /// rustls-webpki accepts the certificate but it is not strict DER.
    pub fn certificates(&self) -> impl Iterator<Item = Result<Certificate<'_>, der::Error>> {
        self.fields.iter().copied()
    }

    /// The pins of every key on the path, from the leaf to the anchor.
    ///
    /// The pin of the anchor is the hash of its whole SubjectPublicKeyInfo, which rustls-webpki's
    /// `spki_for_anchor` reconstructs.
    pub fn keys(&self) -> impl Iterator<Item = SpkiSha256> {
        self.spkis().map(|spki| SpkiSha256::of_spki(&spki))
    }

    /// The keys of which [`keys`](Self::keys) returns the hashes.
    pub(crate) fn spkis(&self) -> impl Iterator<Item = SubjectPublicKeyInfoDer<'static>> {
        let leaf = self.proof.end_entity().subject_public_key_info();
        let anchor = webpki::spki_for_anchor(self.proof.anchor());
        let intermediates = self
            .proof
            .intermediate_certificates()
            .map(|certificate| certificate.subject_public_key_info());
        std::iter::once(leaf)
            .chain(intermediates)
            .chain(std::iter::once(anchor))
    }
}

impl fmt::Debug for VerifiedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.ders().map(crate::x509::certificate::subject_text))
            .finish()
    }
}

/// Judges each path that the builder has verified.
pub(crate) type OnPath<'a> = &'a dyn Fn(&VerifiedPath<'_>) -> PathVerdict;

/// Whether a verified path is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathVerdict {
    /// It is accepted; the search ends.
    Take,
    /// It is rejected; the next path is tried.
    TryNext,
}

/// Why no path was accepted.
#[derive(Debug)]
pub(crate) enum NoPath {
    /// Paths were verified, and all of them were rejected.
    AllTurnedDown,
    /// No path could be verified.
    Unproved(webpki::Error),
    /// No path could be verified. One would have been if this anchor were a CA.
    AnchorIsNotACa(CertificateDer<'static>),
}

/// Checks the extended key usage of every presented certificate for webpki.
///
/// By RFC 5280, 4.2.1.12 `anyExtendedKeyUsage` stands for every purpose. This is accepted in an
/// intermediate. A leaf must name server authentication. webpki does not indicate which certificate
/// it checks, so `any` counts in no certificate of a path whose leaf does not name server
/// authentication: that leaf is then refused.
struct Purposes {
    any_counts: bool,
}

/// `anyExtendedKeyUsage` (RFC 5280, 4.2.1.12).
const ANY_PURPOSE: KeyPurposeId<'static> = KeyPurposeId::new(&[0x55, 0x1d, 0x25, 0x00]);
/// `id-kp-serverAuth` (RFC 5280, 4.2.1.12).
const SERVER_AUTH: KeyPurposeId<'static> =
    KeyPurposeId::new(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]);

impl Purposes {
    fn for_leaf(leaf: Result<Certificate<'_>, der::Error>) -> Self {
        let any_counts = leaf
            .and_then(|leaf| leaf.extended_key_usage())
            .is_ok_and(|purposes| {
                purposes.is_none_or(|purposes| {
                    purposes
                        .iter()
                        .any(|purpose| KeyPurposeId::new(purpose.as_bytes()) == SERVER_AUTH)
                })
            });
        Self { any_counts }
    }
}

impl ExtendedKeyUsageValidator for Purposes {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let mut present = None;
        for purpose in purposes {
            let purpose = purpose?;
            if purpose == SERVER_AUTH || (self.any_counts && purpose == ANY_PURPOSE) {
                return Ok(());
            }
            present
                .get_or_insert_with(Vec::new)
                .push(purpose.to_decoded_oid());
        }
        match present {
            None => Ok(()),
            Some(present) => Err(webpki::Error::RequiredEkuNotFoundContext(
                RequiredEkuNotFoundContext {
                    required: KeyUsage::server_auth(),
                    present,
                },
            )),
        }
    }
}

/// Builds paths from `leaf` over `intermediates` to `anchors` and calls `on_path` for each verified
/// one.
pub(crate) fn build(
    leaf: &CertificateDer<'_>,
    end_entity: &EndEntityCert<'_>,
    intermediates: &[CertificateDer<'_>],
    anchors: &AnchorSet,
    algorithms: &WebPkiSupportedAlgorithms,
    time: UnixTime,
    on_path: OnPath<'_>,
) -> Result<(), NoPath> {
    let proved_one = Cell::new(false);
    let leaf_fields = Certificate::from_der(leaf);
    let barred: RefCell<Option<CertificateDer<'static>>> = RefCell::default();
    let judge = |path: &webpki::VerifiedPath<'_>| {
        let Some(anchor) = anchors.anchor_of(path.anchor()) else {
            return Err(webpki::Error::UnknownIssuer);
        };
        let is_alone = path.intermediate_certificates().next().is_none();
        let vouches = match anchor.standing() {
            Standing::Issuer => true,
            Standing::OwnCertificate => is_alone && **anchor.certificate() == **leaf,
        };
        if !vouches {
            barred.replace(Some(anchor.certificate().clone()));
            return Err(webpki::Error::UnknownIssuer);
        }
        proved_one.set(true);
        let intermediates: Vec<CertificateDer<'_>> = path
            .intermediate_certificates()
            .map(|certificate| certificate.der())
            .collect();
        let issuers = intermediates.iter().chain([anchor.certificate()]);
        let fields: Vec<_> = std::iter::once(leaf_fields)
            .chain(issuers.map(|issuer| Certificate::from_der(issuer)))
            .collect();
        match on_path(&VerifiedPath {
            proof: path,
            leaf,
            intermediates: &intermediates,
            anchor,
            fields: &fields,
        }) {
            PathVerdict::Take => Ok(()),
            PathVerdict::TryNext => Err(webpki::Error::UnknownIssuer),
        }
    };
    let built = end_entity.verify_for_usage(
        algorithms.all,
        anchors.roots(),
        intermediates,
        time,
        Purposes::for_leaf(leaf_fields),
        None,
        Some(&judge),
    );
    match built {
        Ok(_) => Ok(()),
        Err(_) if proved_one.get() => Err(NoPath::AllTurnedDown),
        Err(webpki::Error::UnknownIssuer) => Err(barred.into_inner().map_or(
            NoPath::Unproved(webpki::Error::UnknownIssuer),
            NoPath::AnchorIsNotACa,
        )),
        Err(error) => Err(NoPath::Unproved(error)),
    }
}
