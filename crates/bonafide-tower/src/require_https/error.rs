//! Why a request is not for https.

#[cfg(any(feature = "connector", feature = "require-verified"))]
use bonafide_verify::Code;
use http::Uri;
use http::uri::Scheme;

/// A request whose URI is not `https://`. It was not sent.
///
/// The caller's URI is at fault, or the redirect or configuration that it came from. Only scheme
/// and host are kept: a path and a query can be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotHttps {
    /// A plain `http://` URI.
    #[error("BF-PLAIN-HTTP: the request to {host} uses plain http")]
    PlainHttp {
        /// The host of the URI.
        host: String,
    },
    /// A URI with a scheme that is neither `https` nor `http`.
    #[error("the scheme is `{scheme}`, and only https is allowed")]
    OtherScheme {
        /// The scheme of the URI.
        scheme: String,
    },
    /// A URI without a scheme, such as a path alone: it may not be for https.
    #[error("the URI has no scheme, and only https is allowed")]
    NoScheme,
}

impl NotHttps {
    /// The stable code, where there is one: [`Code::PlainHttp`] for `http://`. Available with the
    /// feature `connector` or `require-verified`, which depend on `bonafide-verify`.
    #[cfg(any(feature = "connector", feature = "require-verified"))]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::PlainHttp { .. } => Some(Code::PlainHttp),
            Self::OtherScheme { .. } | Self::NoScheme => None,
        }
    }

    /// Accepts `https://`.
    pub(crate) fn check(uri: &Uri) -> Result<(), Self> {
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => Ok(()),
            Some(scheme) if *scheme == Scheme::HTTP => Err(Self::PlainHttp {
                host: uri.host().unwrap_or_default().to_owned(),
            }),
            Some(scheme) => Err(Self::OtherScheme {
                scheme: scheme.to_string(),
            }),
            None => Err(Self::NoScheme),
        }
    }
}
