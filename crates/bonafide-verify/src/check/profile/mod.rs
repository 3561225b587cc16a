//! Profiles: sets of rules on the certificates of a verified path, beyond what rustls-webpki demands.

mod keys;
mod names;
mod purposes;
mod signatures;
mod validity;

pub(crate) use self::keys::{MIN_RSA_BITS, forbidden_kind};
pub(crate) use self::signatures::weak_signature;

use crate::certificate::Certificate;
use crate::check::{Check, CheckContext, Finding};
use crate::path::VerifiedPath;
use crate::reason::{Reason, Refused};

/// Which certificates are refused even though a valid path leads from them to an anchor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// What current browsers refuse and private CAs rarely do: expired anchors, RSA keys under 2048 bits or of odd size, DSA
    /// and P-192 keys anywhere, MD5 and SHA-1 signatures, a leaf without subject alternative name, an empty extended key
    /// usage. The default.
    #[default]
    Browser,
    /// Nothing beyond rustls-webpki's own path validation: parity with plain rustls.
    PathOnly,
}

/// One rule: what it looks at, and why it refuses.
type Rule = fn(&Subject<'_>, &CheckContext<'_>) -> Result<(), Reason>;

/// A certificate of the path in the place that it has there.
pub(crate) struct Subject<'a> {
    pub(crate) certificate: &'a Certificate<'a>,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Leaf,
    Intermediate,
    Anchor,
}

/// The rules of [`Profile::Browser`], cheapest first.
const BROWSER: &[Rule] = &[
    validity::anchor_is_within_its_validity,
    signatures::no_md5_or_sha1,
    keys::allowed_algorithm,
    keys::rsa_modulus_size,
    names::leaf_has_subject_alt_name,
    purposes::extended_key_usage_is_not_empty,
];

impl Profile {
    fn rules(self) -> &'static [Rule] {
        match self {
            Self::Browser => BROWSER,
            Self::PathOnly => &[],
        }
    }

    /// Judges one certificate in its place.
    pub(crate) fn judge_one(
        self,
        certificate: &Certificate<'_>,
        place: Place,
        context: &CheckContext<'_>,
    ) -> Result<(), Reason> {
        let subject = Subject { certificate, place };
        self.rules()
            .iter()
            .try_for_each(|rule| rule(&subject, context))
    }

    /// The name of the profile, as receipts and the command line have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::PathOnly => "path-only",
        }
    }
}

impl Check for Profile {
    fn name(&self) -> &str {
        match self {
            Self::Browser => "profile browser",
            Self::PathOnly => "profile path-only",
        }
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        if self.rules().is_empty() {
            return Ok(Finding::passed());
        }
        let last = path.len() - 1;
        for (position, certificate) in path.certificates().enumerate() {
            let certificate = certificate.map_err(|source| {
                Refused::at(
                    position,
                    Reason::Malformed {
                        detail: source.to_string(),
                    },
                )
            })?;
            let place = match position {
                0 => Place::Leaf,
                _ if position == last => Place::Anchor,
                _ => Place::Intermediate,
            };
            self.judge_one(&certificate, place, context)
                .map_err(|reason| Refused::at(position, reason))?;
        }
        Ok(Finding::passed())
    }
}
