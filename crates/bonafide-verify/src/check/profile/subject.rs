//! What a rule sees of one certificate: its fields and extensions, read once, and its role on the
//! path.

use der::Decode as _;
use der::asn1::OctetStringRef;

use super::extensions::malformed;
use crate::verdict::refusal::reason::Reason;
use crate::x509::certificate::{
    AuthorityKeyId, BasicConstraints, Certificate, Extensions, GeneralName, KeyUsage, Known,
    NameConstraints, elements, sequence,
};

/// A certificate of the path, with its role there.
pub(crate) struct Subject<'a> {
    pub(super) certificate: Certificate<'a>,
    pub(super) extensions: Extensions<'a>,
    pub(super) role: PathRole,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathRole {
    Leaf,
    Intermediate,
    Anchor,
    /// A self-signed leaf that is its own anchor and issues no other certificate of the path.
    OwnAnchor,
}

impl<'a> Subject<'a> {
    /// Reads the extensions of `certificate`.
    ///
    /// # Errors
    /// [`Reason::Malformed`] for the first extension that is malformed.
    pub(super) fn new(certificate: Certificate<'a>, role: PathRole) -> Result<Self, Reason> {
        let extensions = Extensions::of(&certificate).map_err(|source| Reason::Malformed {
            detail: source.to_string(),
        })?;
        Ok(Self {
            certificate,
            extensions,
            role,
        })
    }

    pub(super) fn has(&self, known: Known) -> bool {
        self.extensions.get(known).is_some()
    }

    pub(super) fn is_anchor(&self) -> bool {
        matches!(self.role, PathRole::Anchor | PathRole::OwnAnchor)
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.certificate.is_self_issued()
    }

    pub(super) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Reason> {
        self.read(Known::BasicConstraints, BasicConstraints::read)
    }

    pub(super) fn is_ca(&self) -> Result<bool, Reason> {
        Ok(self
            .basic_constraints()?
            .is_some_and(|constraints| constraints.ca))
    }

    pub(super) fn key_usage(&self) -> Result<Option<KeyUsage>, Reason> {
        self.read(Known::KeyUsage, KeyUsage::read)
    }

    pub(super) fn authority_key_id(&self) -> Result<Option<AuthorityKeyId<'a>>, Reason> {
        self.read(Known::AuthorityKeyId, AuthorityKeyId::read)
    }

    pub(super) fn subject_key_id(&self) -> Result<Option<&'a [u8]>, Reason> {
        self.read(Known::SubjectKeyId, |value| {
            Ok(<&OctetStringRef>::from_der(value)?.as_bytes())
        })
    }

    pub(super) fn name_constraints(&self) -> Result<Option<NameConstraints<'a>>, Reason> {
        self.read(Known::NameConstraints, NameConstraints::read)
    }

    /// The content of an extension that is a `SEQUENCE`; empty if the extension is absent.
    pub(super) fn list(&self, known: Known) -> Result<&'a [u8], Reason> {
        Ok(self.read(known, sequence)?.unwrap_or_default())
    }

    /// The subject alternative names.
    pub(super) fn names(
        &self,
    ) -> Result<impl Iterator<Item = Result<GeneralName<'a>, Reason>> + use<'a>, Reason> {
        let names = self.list(Known::SubjectAltName)?;
        Ok(GeneralName::all(names)
            .map(|name| name.map_err(|error| malformed(Known::SubjectAltName, &error))))
    }

    /// The purposes of the extended key usage, as the contents of their object identifiers.
    pub(super) fn purposes(
        &self,
    ) -> Result<impl Iterator<Item = Result<&'a [u8], Reason>> + use<'a>, Reason> {
        let purposes = self.list(Known::ExtendedKeyUsage)?;
        Ok(elements(purposes).map(|purpose| match purpose {
            Ok(purpose) => Ok(purpose.value()),
            Err(error) => Err(malformed(Known::ExtendedKeyUsage, &error)),
        }))
    }

    pub(super) fn has_purpose(&self, wanted: &[u8]) -> Result<bool, Reason> {
        for purpose in self.purposes()? {
            if purpose? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads an extension, if it is present.
    fn read<T>(
        &self,
        known: Known,
        read: impl FnOnce(&'a [u8]) -> Result<T, der::Error>,
    ) -> Result<Option<T>, Reason> {
        self.extensions
            .get(known)
            .map(|slot| read(slot.value))
            .transpose()
            .map_err(|error| malformed(known, &error))
    }
}
