//! Why a redirect is not followed.

#[cfg(any(feature = "connector", feature = "require-verified"))]
use bonafide_verify::Code;
use url::Origin;

use crate::BoxError;

/// A redirect that must not, or cannot, be followed. The server that sent it is at fault.
///
/// No text of it, `Debug` included, shows a user name, a password, a fragment or a secret parameter
/// of a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// One redirect more than the [limit](super::Redirects::up_to).
    #[error("more than {limit} redirects, the next one to {}", next.ascii_serialization())]
    TooMany {
        /// How many redirects were followed.
        limit: usize,
        /// Where the next one leads.
        next: Origin,
    },
    /// A redirect from `https://` to `http://`. There is no switch that allows it.
    #[error("a redirect from https to {} is refused", to.ascii_serialization())]
    Insecure {
        /// Where it leads.
        to: Origin,
    },
    /// Several `Location` fields with different values: the intended target is unknown.
    #[error("the redirect has several different Location headers")]
    Ambiguous,
    /// The `Location` is not a URL that can be requested.
    #[error("the Location {location} is not a usable URL")]
    Unusable {
        /// The value, as [`quoted`](crate::shown::quoted) shows it: in quotation marks, 128 bytes
        /// of it at most.
        location: String,
        /// What is wrong with it: a [`url::ParseError`], or the error of the client's own type of
        /// URLs, such as [`http::uri::InvalidUri`].
        source: BoxError,
    },
    /// The `Location` is a URL, and neither `https` nor `http`.
    #[error("{}", not_http(scheme.as_deref()))]
    NotHttp {
        /// The scheme; `None` if the text before the `:` may be the user name of a URL without a
        /// scheme.
        scheme: Option<String>,
    },
}

impl RedirectError {
    /// The stable code, where there is one: [`Code::RedirectToHttp`] for
    /// [`Insecure`](Self::Insecure). Available with the feature `connector` or `require-verified`,
    /// which depend on `bonafide-verify`.
    #[cfg(any(feature = "connector", feature = "require-verified"))]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Insecure { .. } => Some(Code::RedirectToHttp),
            Self::TooMany { .. }
            | Self::Ambiguous
            | Self::Unusable { .. }
            | Self::NotHttp { .. } => None,
        }
    }
}

fn not_http(scheme: Option<&str>) -> String {
    match scheme {
        Some(scheme) => format!("the scheme of the Location is {scheme:?}, not https"),
        None => "the Location is neither an https nor an http URL".to_owned(),
    }
}
