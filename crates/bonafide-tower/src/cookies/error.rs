//! Why a cookie is not kept.

/// A cookie that is not kept. The server that sent it is at fault, or the connection that it came
/// over. No text of it shows a value.
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
    /// It has no `Path`, and that of the request, which counts then, is too long to be kept.
    #[error("the default path of the cookie has {bytes} bytes, more than {limit_bytes}")]
    PathTooLong {
        /// How long it is.
        bytes: usize,
        /// How long it may be: 1,024 bytes, as a `Path` may.
        limit_bytes: usize,
    },
    /// The URL is not an `https` or `http` URL with a host.
    #[error("cookies are kept only for https and http URLs")]
    NotHttp,
    /// The server of an `https://` URL was not verified: such a connection writes no cookie.
    #[error("the server was not verified, so it cannot set cookies")]
    Unverified,
    /// Its `Domain` is not ASCII.
    #[error("the Domain of the cookie is not ASCII")]
    DomainNotAscii,
    /// Its `Domain` is not the host that sent it, nor one that this host is under.
    #[error("the Domain of the cookie, {domain:?}, does not cover {host}, which sent it")]
    ForeignDomain {
        /// Its `Domain`.
        domain: String,
        /// The host that sent it.
        host: String,
    },
    /// Its `Domain` is a public suffix, or is over one: hosts under it belong to others.
    #[error("the Domain of the cookie, {domain:?}, is a public suffix or the parent of one")]
    PublicSuffix {
        /// Its `Domain`.
        domain: String,
    },
    /// It is `Secure` and came over `http://`.
    #[error("the cookie is Secure but was set over http")]
    SecureOverHttp,
    /// It came over `http://` and would hide a `Secure` one of its name ("leave secure cookies
    /// alone", RFC 6265bis section 5.7).
    #[error("the cookie was set over http and would be sent in place of a Secure cookie")]
    HidesSecure,
    /// Its name has a prefix that promises more than the cookie keeps (RFC 6265bis section 4.1.3):
    /// `__Secure-` is for `Secure` cookies, `__Host-` for those that have `Path=/` and no `Domain`
    /// too.
    #[error("the cookie does not meet the requirements of its prefix {prefix}")]
    Prefix {
        /// `__Secure-` or `__Host-`.
        prefix: &'static str,
    },
}
