//! What a weak server chooses: versions, cipher suites and key exchanges that TLS has
//! given up.

use super::exchange::Group;

/// What is weak about a [`WeakServer`](super::WeakServer).
///
/// ```
/// use bonafide_testkit::weak::Weakness;
///
/// assert_eq!(Weakness::ALL.len(), 19);
/// assert!(Weakness::TripleDes.why().contains("64 bits"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Weakness {
    /// SSL 3.0 (RFC 7568).
    Ssl30,
    /// TLS 1.0 (RFC 8996).
    Tls10,
    /// TLS 1.1 (RFC 8996).
    Tls11,
    /// TLS 1.2 with AES in CBC mode, MAC then encrypt.
    Cbc,
    /// RC4 with MD5 (RFC 7465).
    Rc4Md5,
    /// RC4 with SHA-1 (RFC 7465).
    Rc4,
    /// Triple DES.
    TripleDes,
    /// No encryption.
    Null,
    /// Keys of 40 bits, once made for export.
    Export,
    /// The server shows no certificate.
    Anonymous,
    /// The secret is encrypted to the key of the certificate.
    StaticRsa,
    /// Diffie-Hellman with 480 bits.
    Dh480,
    /// Diffie-Hellman with 512 bits.
    Dh512,
    /// Diffie-Hellman with 1024 bits.
    Dh1024,
    /// Diffie-Hellman with 2048 bits, in a group of RFC 7919: not weak, yet no client
    /// needs it that has elliptic curves.
    Dh2048,
    /// Diffie-Hellman with a generator that makes three numbers and no more.
    DhSmallSubgroup,
    /// Diffie-Hellman with a modulus that is not prime.
    DhComposite,
    /// A suite that the client has not offered: an AEAD, so that not the suite is weak but
    /// a client that takes it.
    UnofferedSuite,
    /// Elliptic curves with a signature that is not by the key of the certificate.
    UnsignedExchange,
}

/// The version and the suites, by preference; the first one is chosen where the client
/// offers none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) version: u16,
    pub(super) suites: &'static [u16],
    pub(super) exchange: Exchange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    Rsa,
    Dhe(Group),
    Ecdhe,
    EcdheForged,
    AnonymousEcdh,
}

const SSL30: u16 = 0x0300;
const TLS10: u16 = 0x0301;
const TLS11: u16 = 0x0302;
pub(super) const TLS12: u16 = 0x0303;

/// `TLS_DHE_RSA_WITH_…` with AES and ChaCha20-Poly1305 (RFC 5246, 5288 and 7905).
const DHE: &[u16] = &[0x009e, 0x009f, 0xccaa, 0x0067, 0x006b, 0x0033, 0x0039];
/// `TLS_ECDHE_RSA_WITH_…_GCM_…` and ChaCha20-Poly1305 (RFC 5289 and 7905).
const ECDHE_RSA_AEAD: &[u16] = &[0xc02f, 0xc030, 0xcca8];

impl Weakness {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Ssl30,
        Self::Tls10,
        Self::Tls11,
        Self::Cbc,
        Self::Rc4Md5,
        Self::Rc4,
        Self::TripleDes,
        Self::Null,
        Self::Export,
        Self::Anonymous,
        Self::StaticRsa,
        Self::Dh480,
        Self::Dh512,
        Self::Dh1024,
        Self::Dh2048,
        Self::DhSmallSubgroup,
        Self::DhComposite,
        Self::UnofferedSuite,
        Self::UnsignedExchange,
    ];

    /// What can happen to a client that goes on.
    pub fn why(self) -> &'static str {
        match self {
            Self::Ssl30 => "SSL 3.0 reveals cookies byte by byte (POODLE)",
            Self::Tls10 => "TLS 1.0 rests on MD5 and SHA-1 and chains its CBC vectors (BEAST)",
            Self::Tls11 => "TLS 1.1 rests on MD5 and SHA-1",
            Self::Cbc => "CBC with the MAC inside has leaked plaintext by time again and again",
            Self::Rc4Md5 | Self::Rc4 => "the key stream of RC4 is biased: cookies can be read",
            Self::TripleDes => "blocks of 64 bits repeat, which shows plaintext (SWEET32)",
            Self::Null => "nothing is encrypted",
            Self::Export => "a key of 40 bits is found while the page loads (FREAK)",
            Self::Anonymous => "there is no certificate, so anyone can answer",
            Self::StaticRsa => "anyone who gets the server's key later can read recorded traffic",
            Self::Dh480 | Self::Dh512 => "the secret is computed in minutes (Logjam)",
            Self::Dh1024 => "the secret of 1024 bits is within reach of a state (Logjam)",
            Self::Dh2048 => "nothing, where the server means well; old servers reuse their secret",
            Self::DhSmallSubgroup => "the secret is one of three numbers",
            Self::DhComposite => "anyone who knows the factors can compute the secret",
            Self::UnofferedSuite => {
                "a client that accepts what it did not offer can be downgraded at will"
            }
            Self::UnsignedExchange => "anyone can present the certificate without its key",
        }
    }

    pub(super) fn choice(self) -> Choice {
        let (version, suites, exchange): (u16, &[u16], Exchange) = match self {
            Self::Ssl30 => (SSL30, &[0x002f, 0x0035, 0x000a, 0x0005], Exchange::Rsa),
            Self::Tls10 => (TLS10, &[0xc009, 0xc00a], Exchange::Ecdhe),
            Self::Tls11 => (TLS11, &[0xc009, 0xc00a], Exchange::Ecdhe),
            Self::Cbc => (TLS12, &[0xc013, 0xc014, 0xc027, 0xc028], Exchange::Ecdhe),
            Self::Rc4Md5 => (TLS12, &[0x0004], Exchange::Rsa),
            Self::Rc4 => (TLS12, &[0xc011], Exchange::Ecdhe),
            Self::TripleDes => (TLS12, &[0xc012], Exchange::Ecdhe),
            Self::Null => (TLS12, &[0xc010], Exchange::Ecdhe),
            Self::Export => (TLS12, &[0x0003, 0x0006, 0x0008], Exchange::Rsa),
            Self::Anonymous => (TLS12, &[0xc018, 0xc019], Exchange::AnonymousEcdh),
            Self::StaticRsa => (
                TLS12,
                &[0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035],
                Exchange::Rsa,
            ),
            Self::Dh480 => (TLS12, DHE, Exchange::Dhe(Group::Bits(480))),
            Self::Dh512 => (TLS12, DHE, Exchange::Dhe(Group::Bits(512))),
            Self::Dh1024 => (TLS12, DHE, Exchange::Dhe(Group::Bits(1024))),
            Self::Dh2048 => (TLS12, DHE, Exchange::Dhe(Group::Ffdhe2048)),
            Self::DhSmallSubgroup => (TLS12, DHE, Exchange::Dhe(Group::OfThree)),
            Self::DhComposite => (TLS12, DHE, Exchange::Dhe(Group::Bits(2048))),
            // TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256 (RFC 6209).
            Self::UnofferedSuite => (TLS12, &[0xc060], Exchange::Ecdhe),
            Self::UnsignedExchange => (TLS12, ECDHE_RSA_AEAD, Exchange::EcdheForged),
        };
        Choice {
            version,
            suites,
            exchange,
        }
    }

    /// Whether the server's key has to be ECDSA; all others want RSA.
    pub(crate) fn wants_ecdsa(self) -> bool {
        matches!(self, Self::Tls10 | Self::Tls11)
    }
}
