//! What a site is about, what a client must do with it, and what that takes.

use std::fmt;

/// What a client that verifies must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Verdict {
    /// Accept the server, and send its request.
    Accept,
    /// Send nothing.
    Reject,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        })
    }
}

/// What a site is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The certificate, as on badssl.com.
    Certificate,
    /// A root that was once installed on many machines and whose key is public.
    KnownBad,
    /// A certificate of x509-limbo; the name of the site is the id of the case.
    Limbo,
    /// Whether the server holds the key of its certificate.
    Possession,
    /// A version of SSL or TLS.
    Protocol,
    /// A cipher suite.
    CipherSuite,
    /// A key exchange.
    KeyExchange,
    /// The certificate of the client.
    ClientCertificate,
    /// HTTP: what becomes of a request that began safely.
    Http,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Certificate => "certificate",
            Self::KnownBad => "known bad",
            Self::Limbo => "limbo",
            Self::Possession => "possession",
            Self::Protocol => "protocol",
            Self::CipherSuite => "cipher suite",
            Self::KeyExchange => "key exchange",
            Self::ClientCertificate => "client certificate",
            Self::Http => "http",
        })
    }
}

/// The settings that a client needs, beyond a root and a URL, before the verdict holds for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Needs {
    /// Nothing: every client is to give this verdict.
    Nothing,
    /// The pin of [`Target::pin`](super::Target::pin).
    Pin,
    /// The revocation lists of [`Target::crls_pem`](super::Target::crls_pem); where there are
    /// none, to check OCSP staples.
    Revocation,
    /// The logs of [`Target::log_list`](super::Target::log_list).
    Transparency,
    /// The client certificate of [`Target::identity`](super::Target::identity), or that the
    /// client has none.
    ClientCertificate,
    /// A limit for what a server may present.
    Limits,
    /// To offer AEAD suites with ephemeral elliptic curves alone: clients that offer more
    /// may take it.
    ModernSuitesOnly,
    /// Leave to ask for `http://`, or the lack of it.
    PlainHttp,
}
