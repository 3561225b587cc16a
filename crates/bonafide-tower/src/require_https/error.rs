//! Why a request is not one for https.

#[cfg(any(feature = "connector", feature = "require-verified"))]
use bonafide_verify::Code;
use http::Uri;
use http::uri::Scheme;

/// A request for something that is not `https://`. It was not sent.
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
    /// A URI without a scheme, such as a path alone: nothing says that it is for https.
    #[error("the URI has no scheme, and only https is allowed")]
    NoScheme,
}

impl NotHttps {
    /// The stable code, where there is one: [`Code::PlainHttp`] for `http://`. For this, one of the
    /// features `connector` and `require-verified` is needed, which come with `bonafide-verify`.
    #[cfg(any(feature = "connector", feature = "require-verified"))]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::PlainHttp { .. } => Some(Code::PlainHttp),
            Self::OtherScheme { .. } | Self::NoScheme => None,
        }
    }

    /// Lets `https://` pass.
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
