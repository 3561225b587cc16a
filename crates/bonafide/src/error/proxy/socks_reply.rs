//! The answers of a SOCKS proxy that did not connect.

use std::error::Error as StdError;
use std::fmt;

/// Why a SOCKS 5 proxy did not connect to the server (RFC 1928 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SocksReply {
    /// 1: general SOCKS server failure.
    GeneralFailure,
    /// 2: connection not allowed by ruleset.
    NotAllowed,
    /// 3: network unreachable.
    NetworkUnreachable,
    /// 4: host unreachable; many proxies also send it when a name has no address.
    HostUnreachable,
    /// 5: connection refused.
    ConnectionRefused,
    /// 6: TTL expired.
    TtlExpired,
    /// 7: command not supported.
    CommandNotSupported,
    /// 8: address type not supported.
    AddressTypeNotSupported,
    /// A code that RFC 1928 does not assign.
    Unassigned(u8),
}

impl SocksReply {
    /// What the code means; `None` is success.
    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::GeneralFailure,
            2 => Self::NotAllowed,
            3 => Self::NetworkUnreachable,
            4 => Self::HostUnreachable,
            5 => Self::ConnectionRefused,
            6 => Self::TtlExpired,
            7 => Self::CommandNotSupported,
            8 => Self::AddressTypeNotSupported,
            other => Self::Unassigned(other),
        })
    }

    /// The code as the proxy sent it.
    pub fn code(self) -> u8 {
        match self {
            Self::GeneralFailure => 1,
            Self::NotAllowed => 2,
            Self::NetworkUnreachable => 3,
            Self::HostUnreachable => 4,
            Self::ConnectionRefused => 5,
            Self::TtlExpired => 6,
            Self::CommandNotSupported => 7,
            Self::AddressTypeNotSupported => 8,
            Self::Unassigned(code) => code,
        }
    }

    /// Whether the proxy was unable to connect, rather than unwilling. The meaning of an unassigned
    /// code is unknown.
    pub(super) fn is_retryable(self) -> bool {
        match self {
            Self::GeneralFailure
            | Self::NetworkUnreachable
            | Self::HostUnreachable
            | Self::ConnectionRefused
            | Self::TtlExpired => true,
            Self::NotAllowed
            | Self::CommandNotSupported
            | Self::AddressTypeNotSupported
            | Self::Unassigned(_) => false,
        }
    }
}

impl fmt::Display for SocksReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self {
            Self::GeneralFailure => "general failure",
            Self::NotAllowed => "its rules do not allow the connection",
            Self::NetworkUnreachable => "the network is unreachable",
            Self::HostUnreachable => "the host is unreachable",
            Self::ConnectionRefused => "the server refused the connection",
            Self::TtlExpired => "the TTL expired on the way to the server",
            Self::CommandNotSupported => "it does not support connecting",
            Self::AddressTypeNotSupported => "it does not support this type of address",
            Self::Unassigned(_) => "a reply that RFC 1928 does not assign",
        };
        write!(f, "{meaning} (SOCKS reply {})", self.code())
    }
}

impl StdError for SocksReply {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_as_what_it_is_written_as() {
        assert_eq!(SocksReply::from_code(0), None);
        for code in 1..=u8::MAX {
            let reply = SocksReply::from_code(code).expect("no success");
            assert_eq!(reply.code(), code);
            assert_eq!(matches!(reply, SocksReply::Unassigned(_)), code > 8);
        }
    }
}
