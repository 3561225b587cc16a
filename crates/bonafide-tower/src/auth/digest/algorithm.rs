//! Hash algorithms of Digest (RFC 7616 section 6.1).

use std::fmt::Write as _;

use md5::Md5;
use sha2::{Sha256, Sha512_256};
use zeroize::Zeroizing;

/// An algorithm of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Algorithm {
    pub(super) hash: Hash,
    /// Whether the password is hashed into a key of the session: `-sess`.
    pub(super) session: bool,
}

/// A hash function, the weakest first. What RFC 7616 calls SHA-512-256 its own example computes in
/// another way (erratum 4897), and so do some servers: SHA-256, which is as strong, goes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hash {
    Md5,
    Sha512_256,
    Sha256,
}

/// How much a hash proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    Weak,
    Strong,
}

const NAMES: [(&str, Hash, bool); 6] = [
    ("MD5", Hash::Md5, false),
    ("MD5-sess", Hash::Md5, true),
    ("SHA-256", Hash::Sha256, false),
    ("SHA-256-sess", Hash::Sha256, true),
    ("SHA-512-256", Hash::Sha512_256, false),
    ("SHA-512-256-sess", Hash::Sha512_256, true),
];

impl Algorithm {
    /// The algorithm of this name, in any case.
    pub(super) fn parse(name: &[u8]) -> Option<Self> {
        let mut names = NAMES.into_iter();
        let (_, hash, session) =
            names.find(|(own, ..)| name.eq_ignore_ascii_case(own.as_bytes()))?;
        Some(Self { hash, session })
    }

    pub(super) fn name(self) -> &'static str {
        let mut names = NAMES.into_iter();
        let own = names.find(|(_, hash, session)| (*hash, *session) == (self.hash, self.session));
        own.map_or("", |(name, ..)| name)
    }
}

impl Hash {
    pub(super) fn strength(self) -> Strength {
        match self {
            Self::Md5 => Strength::Weak,
            Self::Sha512_256 | Self::Sha256 => Strength::Strong,
        }
    }

    /// The hash of `parts` with colons between them, in hexadecimal digits.
    pub(super) fn hex(self, parts: &[&[u8]]) -> Zeroizing<String> {
        match self {
            Self::Md5 => hex::<Md5>(parts),
            Self::Sha512_256 => hex::<Sha512_256>(parts),
            Self::Sha256 => hex::<Sha256>(parts),
        }
    }
}

fn hex<H: sha2::Digest>(parts: &[&[u8]]) -> Zeroizing<String> {
    let mut hash = H::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    digits(&hash.finalize())
}

/// `bytes` in hexadecimal digits.
pub(super) fn digits(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
