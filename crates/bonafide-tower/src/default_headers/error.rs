use http::HeaderName;

use crate::origin::OriginError;

/// Why a header cannot be a default. The caller is at fault. No text of it shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefaultHeaderError {
    /// The field is about one connection or one body, or names the host or a proxy's credentials:
    /// it is not the same for every request.
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
    /// The value is secret, and the origin is `http://`, which does not hide it from the network.
    #[error(
        "the secret header {name} cannot be bound to http://{host}: it would be sent unencrypted"
    )]
    SecretOverPlainHttp {
        /// The field.
        name: HeaderName,
        /// The host of the origin.
        host: String,
    },
    /// What the value is bound to is not an origin.
    #[error("the header {name} is not bound to a valid origin")]
    NotAnOrigin {
        /// The field.
        name: HeaderName,
        /// What is wrong with it.
        source: OriginError,
    },
    /// The value has a character that no header can hold.
    #[error("the value of {name} contains a character that a header cannot hold")]
    NotAValue {
        /// The field.
        name: HeaderName,
    },
}
