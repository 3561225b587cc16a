//! Profiles: sets of rules on the certificates of a verified path, beyond what rustls-webpki
//! requires.

mod ca;
mod common_name;
mod content;
mod extensions;
mod fields;
mod host_syntax;
mod key_ids;
mod key_usage;
mod keys;
mod name_constraints;
mod names;
mod pointers;
mod policies;
mod purposes;
mod rule;
mod sets;
mod signatures;
mod subject;
mod validity;

pub(crate) use self::keys::{MIN_RSA_BITS, forbidden_kind};
pub use self::rule::Rule;
pub(crate) use self::signatures::weak_signature;
pub(crate) use self::subject::PathRole;

use self::subject::Subject;
use crate::check::{Check, CheckContext, Finding};
use crate::config::description::Description;
use crate::path::verified::VerifiedPath;
use crate::verdict::refusal::reason::Reason;
use crate::verdict::refusal::refused::Refused;

/// Which certificates are refused although a valid path leads from them to an anchor.
///
/// A profile can only refuse. It is a list of [`Rule`]s ([`Profile::rules`]). The first rule that a
/// path breaks refuses the path, and the verifier then tries other paths to an anchor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// What current browsers refuse and private CAs rarely do: expired anchors, RSA keys under 2048
    /// bits or of odd size, DSA and P-192 keys anywhere, MD5 and SHA-1 signatures, a leaf without
    /// subject alternative name, an empty extended key usage, an issuer whose key usage does not
    /// allow it to sign certificates, an anchor whose extended key usage does not include server
    /// authentication. The default.
    #[default]
    Browser,
    /// The requirements of the CA/Browser Forum's Baseline Requirements for names, keys, extensions
    /// and their criticality, CA flags and constraints. Only for the public web: private CAs break
    /// these rules, and so do some public services that need a wildcard over a public suffix.
    WebPki,
    /// [`Profile::WebPki`], and the Baseline Requirements for validity periods, required pointers
    /// and policies, and the subjects of CAs. For auditing public certificates.
    WebPkiIssuance,
    /// The requirements of RFC 5280 on issuers of certificates, applied strictly. For conformance
    /// tests and closed PKIs.
    Rfc5280,
    /// Nothing beyond path validation, as plain rustls does it. An anchor that is not a CA
    /// certificate cannot issue under this profile either (RFC 5280, 4.2.1.9).
    PathOnly,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 5] = [
        Self::Browser,
        Self::WebPki,
        Self::WebPkiIssuance,
        Self::Rfc5280,
        Self::PathOnly,
    ];

    /// The rules of the profile, in the order in which they run.
    ///
    /// ```
    /// use bonafide_verify::Profile;
    ///
    /// for rule in Profile::Browser.rules() {
    ///     println!("{} ({}): {}", rule.code(), rule.clause(), rule.summary());
    /// }
    /// assert_eq!(Profile::PathOnly.rules().count(), 0);
    /// ```
    pub fn rules(self) -> impl Iterator<Item = &'static Rule> {
        let (rules, more): (&[&Rule], &[&Rule]) = match self {
            Self::Browser => (sets::BROWSER, &[]),
            Self::WebPki => (sets::WEB_PKI, &[]),
            Self::WebPkiIssuance => (sets::WEB_PKI, sets::ISSUANCE),
            Self::Rfc5280 => (sets::RFC5280, &[]),
            Self::PathOnly => (&[], &[]),
        };
        rules.iter().chain(more).copied()
    }

    /// Judges one certificate in its role on the path.
    #[cfg(feature = "danger-insecure-grants")]
    pub(crate) fn judge_one(
        self,
        certificate: &crate::x509::certificate::Certificate<'_>,
        role: PathRole,
        context: &CheckContext<'_>,
    ) -> Result<(), Reason> {
        self.judge_subject(&Subject::new(*certificate, role)?, context)
    }

    fn judge_subject(
        self,
        subject: &Subject<'_>,
        context: &CheckContext<'_>,
    ) -> Result<(), Reason> {
        self.rules()
            .try_for_each(|rule| rule.judge_certificate(subject, context))
    }

    /// The name of the profile, as receipts and the command line print it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::WebPki => "web-pki",
            Self::WebPkiIssuance => "web-pki-issuance",
            Self::Rfc5280 => "rfc5280",
            Self::PathOnly => "path-only",
        }
    }
}

impl Check for Profile {
    fn name(&self) -> &str {
        match self {
            Self::Browser => "profile browser",
            Self::WebPki => "profile web-pki",
            Self::WebPkiIssuance => "profile web-pki-issuance",
            Self::Rfc5280 => "profile rfc5280",
            Self::PathOnly => "profile path-only",
        }
    }

    fn judge(
        &self,
        path: &VerifiedPath<'_>,
        context: &CheckContext<'_>,
    ) -> Result<Finding, Refused> {
        if self.rules().next().is_none() {
            return Ok(Finding::passed());
        }
        let subjects = subjects(path)?;
        for (position, subject) in subjects.iter().enumerate() {
            self.judge_subject(subject, context)
                .map_err(|reason| Refused::at(position, reason))?;
        }
        for rule in self.rules() {
            rule.judge_path(&subjects)
                .map_err(|(position, reason)| Refused::at(position, reason))?;
        }
        Ok(Finding::passed())
    }

    fn describe(&self, description: &mut Description) {
        let rules = self.rules();
        let rules = rules.map(|rule| format!("{} ({})", rule.code(), rule.clause()));
        description.setting("rules", rules.collect::<Vec<_>>());
    }
}

/// The certificates of a path, each read once.
fn subjects<'a>(path: &'a VerifiedPath<'_>) -> Result<Vec<Subject<'a>>, Refused> {
    let last = path.len() - 1;
    let mut subjects = Vec::with_capacity(path.len());
    for (position, certificate) in path.certificates().enumerate() {
        let role = match position {
            0 => PathRole::Leaf,
            _ if position == last && path.is_own_anchor() => PathRole::OwnAnchor,
            _ if position == last => PathRole::Anchor,
            _ => PathRole::Intermediate,
        };
        let subject = certificate
            .map_err(|source| Reason::Malformed {
                detail: source.to_string(),
            })
            .and_then(|certificate| Subject::new(certificate, role))
            .map_err(|reason| Refused::at(position, reason))?;
        subjects.push(subject);
    }
    Ok(subjects)
}

#[cfg(all(test, feature = "bundled"))]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::x509::certificate::{Certificate, name_text};
    use rustls_pki_types::UnixTime;

    /// The rules for the public web must not refuse the roots of the public web: only the profile
    /// `Rfc5280` may contain a rule that refuses one of them.
    #[test]
    fn no_root_of_mozillas_breaks_a_rule_for_the_public_web() {
        let context = CheckContext {
            name: None,
            host: None,
            time: UnixTime::now(),
            ocsp_staple: None,
            scts: None,
            algorithms: &[],
        };
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            let certificate = Certificate::from_der(der).unwrap();
            let root = Subject::new(certificate, PathRole::Anchor).unwrap();
            let name = name_text(certificate.subject());
            let rules = Profile::WebPkiIssuance.rules();
            for rule in rules.filter(|rule| rule.code() != Code::ExpiredAnchor) {
                assert_eq!(rule.judge_certificate(&root, &context), Ok(()), "{name}");
            }
        }
    }
}
