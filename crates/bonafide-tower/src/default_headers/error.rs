use http::HeaderName;

use crate::origin::OriginError;

/// Why a header cannot be a default. The caller is at fault. No text of it shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefaultHeaderError {
    /// The field describes one connection or one body, names the host, or holds a proxy's
    /// credentials: it cannot be the same for every request.
    #[error("{name} cannot be a default header")]
    NotForEveryRequest {
        /// The field.
        name: HeaderName,
    },
    /// The value is secret and not bound to one origin.
    #[error("the secret header {name} must be bound to one https origin")]
    SecretEverywhere {
        /// The field.
        name: HeaderName,
    },
    /// The value is secret, and the origin is `http://`: the network could read it.
    #[error(
        "the secret header {name} cannot be bound to http://{host}: it would be sent unencrypted"
    )]
    SecretOverPlainHttp {
        /// The field.
        name: HeaderName,
        /// The host of the origin.
        host: String,
    },
    /// The text that the value is bound to is not an origin.
    #[error("the header {name} is not bound to a valid origin")]
    NotAnOrigin {
        /// The field.
        name: HeaderName,
        /// What is wrong with it.
        source: OriginError,
    },
    /// The value contains a character that a header cannot hold.
    #[error("the value of {name} contains a character that a header cannot hold")]
    NotAValue {
        /// The field.
        name: HeaderName,
    },
}
