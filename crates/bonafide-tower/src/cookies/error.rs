//! Why a cookie is not kept.

/// Why a cookie was not stored. The server that sent it is at fault, or the connection that it
/// arrived over. No text of this error shows the value of a cookie.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CookieError {
    /// There is a control character in the field (RFC 6265bis section 5.6, step 1).
    #[error("the cookie contains a control character")]
    ControlCharacter,
    /// It has neither name nor value.
    #[error("the cookie has neither name nor value")]
    Empty,
    /// Name and value are too long.
    #[error("name and value of the cookie have {bytes} bytes, more than {limit_bytes}")]
    TooLong {
        /// How long they are.
        bytes: usize,
        /// How long they may be: 4,096 bytes.
        limit_bytes: usize,
    },
    /// It has no `Path`, and the path of the request, which is used instead, is too long.
    #[error("the default path of the cookie has {bytes} bytes, more than {limit_bytes}")]
    PathTooLong {
        /// How long it is.
        bytes: usize,
        /// The limit: 1,024 bytes, as for `Path`.
        limit_bytes: usize,
    },
    /// The URL is not an `https` or `http` URL with a host.
    #[error("cookies are kept only for https and http URLs")]
    NotHttp,
    /// The server of an `https://` URL was not verified: such a connection cannot set cookies.
    #[error("the server was not verified, so it cannot set cookies")]
    Unverified,
    /// Its `Domain` is not ASCII.
    #[error("the Domain of the cookie is not ASCII")]
    DomainNotAscii,
    /// Its `Domain` is neither the host that sent it nor a parent domain of this host.
    #[error("the Domain of the cookie, {domain:?}, does not cover {host}, which sent it")]
    ForeignDomain {
        /// Its `Domain`.
        domain: String,
        /// The host that sent it.
        host: String,
    },
    /// Its `Domain` is a public suffix or the parent of one: hosts under it belong to other owners.
    #[error("the Domain of the cookie, {domain:?}, is a public suffix or the parent of one")]
    PublicSuffix {
        /// Its `Domain`.
        domain: String,
    },
    /// It is `Secure` but was set over `http://`.
    #[error("the cookie is Secure but was set over http")]
    SecureOverHttp,
    /// It was set over `http://` and would be sent in place of a `Secure` cookie of the same name
    /// ("leave secure cookies alone", RFC 6265bis section 5.7).
    #[error("the cookie was set over http and would be sent in place of a Secure cookie")]
    HidesSecure,
    /// The cookie does not meet the requirements of the prefix of its name (RFC 6265bis section
    /// 4.1.3): `__Secure-` requires `Secure`; `__Host-` requires `Secure`, `Path=/` and no
    /// `Domain`.
    #[error("the cookie does not meet the requirements of its prefix {prefix}")]
    Prefix {
        /// `__Secure-` or `__Host-`.
        prefix: &'static str,
    },
}
