//! What an oracle thinks of a server.

/// What another client thinks of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It trusts the server, and has talked with it.
    Accepted,
    /// It refuses the server's certificate. The number is the program's own for the reason: a
    /// verify error of OpenSSL (`X509_V_ERR_…` in `x509_vfy.h`), or 60 from curl
    /// (`CURLE_PEER_FAILED_VERIFICATION`).
    Refused(u32),
    /// The handshake failed for another reason than the certificate.
    NoHandshake,
}
