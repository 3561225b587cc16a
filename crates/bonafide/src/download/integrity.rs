//! The digest that a file must have.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The digest that the content of a download must have, or several, one of which it must have.
///
/// Made of bytes, of hexadecimal digits as `sha256sum` prints them, or of a text of Subresource
/// Integrity (W3C SRI section 3.1): of several algorithms in it, the strongest counts.
///
/// ```
/// use bonafide::download::Integrity;
///
/// let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// let integrity = Integrity::sha256_hex(abc)?;
/// let same: Integrity = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=".parse()?;
/// assert_eq!(integrity, same);
/// # Ok::<(), bonafide::download::IntegrityError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integrity {
    algorithm: Algorithm,
    digests: Vec<Vec<u8>>,
}

/// Why a text is not the digest of a download.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The text has no digest by SHA-256, SHA-384 or SHA-512.
    #[error("the text has no digest by sha256, sha384 or sha512")]
    NoDigest,
    /// A digest is not written in the digits or the length that its algorithm has.
    #[error(
        "{0:?} is not a digest by {1}: write the hexadecimal digits of the whole digest, or \
         `{1}-` and its Base64"
    )]
    NotADigest(String, &'static str),
}

/// In the order of their strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl Integrity {
    /// By SHA-256. From a text: [`sha256_hex`](Self::sha256_hex).
    pub fn sha256(digest: [u8; 32]) -> Self {
        Self::one(Algorithm::Sha256, digest.to_vec())
    }

    /// By SHA-512. From a text: [`sha512_hex`](Self::sha512_hex).
    pub fn sha512(digest: [u8; 64]) -> Self {
        Self::one(Algorithm::Sha512, digest.to_vec())
    }

    /// By SHA-256, as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`IntegrityError::NotADigest`] for any other text.
    pub fn sha256_hex(digits: &str) -> Result<Self, IntegrityError> {
        Self::of_hex(Algorithm::Sha256, digits)
    }

    /// By SHA-512, as 128 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`IntegrityError::NotADigest`] for any other text.
    pub fn sha512_hex(digits: &str) -> Result<Self, IntegrityError> {
        Self::of_hex(Algorithm::Sha512, digits)
    }

    /// Whether `content`, read to its end, has the digest. Blocks as `content` does.
    ///
    /// ```
    /// use std::fs::File;
    /// use std::io;
    /// use std::path::Path;
    ///
    /// use bonafide::download::Integrity;
    ///
    /// /// Whether the file need not be downloaded.
    /// fn is_there(path: &Path, integrity: &Integrity) -> io::Result<bool> {
    ///     match File::open(path) {
    ///         Ok(file) => integrity.matches(file),
    ///         Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of reading `content`.
    pub fn matches(&self, mut content: impl Read) -> io::Result<bool> {
        let mut hashing = self.begin();
        io::copy(&mut content, &mut hashing)?;
        Ok(self.has(&hashing.end()))
    }

    fn one(algorithm: Algorithm, digest: Vec<u8>) -> Self {
        Self {
            algorithm,
            digests: vec![digest],
        }
    }

    fn of_hex(algorithm: Algorithm, digits: &str) -> Result<Self, IntegrityError> {
        let wrong = || IntegrityError::NotADigest(digits.to_owned(), algorithm.name());
        let nibble = |digit: &u8| char::from(*digit).to_digit(16);
        let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some((nibble(high)? << 4 | nibble(low)?) as u8),
            _ => None,
        });
        let digest: Vec<u8> = pairs.collect::<Option<_>>().ok_or_else(wrong)?;
        match digest.len() == algorithm.bytes() {
            true => Ok(Self::one(algorithm, digest)),
            false => Err(wrong()),
        }
    }

    /// The state of a digest of nothing yet.
    pub(super) fn begin(&self) -> Hashing {
        match self.algorithm {
            Algorithm::Sha256 => Hashing::Sha256(Sha256::new()),
            Algorithm::Sha384 => Hashing::Sha384(Sha384::new()),
            Algorithm::Sha512 => Hashing::Sha512(Sha512::new()),
        }
    }

    /// If `digest`, by this algorithm, is none of these: the text that says so, in hexadecimal
    /// digits as `sha256sum` prints them.
    pub(super) fn mismatch(&self, digest: &[u8]) -> Option<String> {
        if self.has(digest) {
            return None;
        }
        let name = self.algorithm.name();
        let wanted = self.digests.iter().map(|digest| hex(digest));
        let wanted = wanted.collect::<Vec<_>>().join(" or ");
        let found = hex(digest);
        Some(format!(
            "the content has the {name} digest {found}, and not {wanted}"
        ))
    }

    fn has(&self, digest: &[u8]) -> bool {
        self.digests.iter().any(|one| one == digest)
    }

    /// A text that is the same for the same digests, of characters that a file name may have.
    pub(super) fn file_name(&self) -> String {
        let all = self.digests.concat();
        let digest = Sha256::digest(&all);
        let (short, _) = digest.split_at(16);
        hex(short)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Space-separated `ALGORITHM-BASE64` with options after `?`, which are ignored.
impl FromStr for Integrity {
    type Err = IntegrityError;

    fn from_str(text: &str) -> Result<Self, IntegrityError> {
        let mut found: Option<Self> = None;
        for word in text.split_ascii_whitespace() {
            let word = word.split('?').next().unwrap_or_default();
            let Some((name, digest)) = word.split_once('-') else {
                continue;
            };
            let known = |algorithm: &&Algorithm| algorithm.name().eq_ignore_ascii_case(name);
            let Some(algorithm) = Algorithm::ALL.iter().find(known).copied() else {
                continue;
            };
            let wrong = || IntegrityError::NotADigest(word.to_owned(), algorithm.name());
            let digest = STANDARD.decode(digest).map_err(|_| wrong())?;
            if digest.len() != algorithm.bytes() {
                return Err(wrong());
            }
            match &mut found {
                Some(found) if found.algorithm > algorithm => {}
                Some(found) if found.algorithm == algorithm => found.digests.push(digest),
                _ => found = Some(Self::one(algorithm, digest)),
            }
        }
        found.ok_or(IntegrityError::NoDigest)
    }
}

/// As Subresource Integrity writes it.
impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { algorithm, digests } = self;
        for (number, digest) in digests.iter().enumerate() {
            let space = if number > 0 { " " } else { "" };
            write!(f, "{space}{}-{}", algorithm.name(), STANDARD.encode(digest))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Integrity({self})")
    }
}

/// A digest that is being made.
#[derive(Clone)]
pub(super) enum Hashing {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hashing {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(state) => state.update(bytes),
            Self::Sha384(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
        }
    }

    pub(super) fn end(self) -> Vec<u8> {
        match self {
            Self::Sha256(state) => state.finalize().to_vec(),
            Self::Sha384(state) => state.finalize().to_vec(),
            Self::Sha512(state) => state.finalize().to_vec(),
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `bytes` one by one after an interruption, then fails.
    struct Torn<'a>(&'a [u8], u32);

    impl Read for Torn<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            match self.1 {
                1 => Err(io::ErrorKind::Interrupted.into()),
                _ if self.0.is_empty() => Err(io::ErrorKind::PermissionDenied.into()),
                _ => self.0.read(&mut into[..1]),
            }
        }
    }

    #[test]
    fn content_matches_if_the_whole_of_it_has_one_of_the_digests() {
        let digests = format!(
            "sha256-{} sha256-{}",
            STANDARD.encode(Sha256::digest(b"abc")),
            STANDARD.encode(Sha256::digest(vec![7; 100_000]))
        );
        let integrity: Integrity = digests.parse().expect("digests");
        let answer = |content: &[u8]| integrity.matches(content).expect("a slice can be read");
        assert!(answer(b"abc"));
        assert!(answer(&vec![7; 100_000]));
        assert!(!answer(b"ab"));
        assert!(!answer(b"abcd"));
        assert!(!answer(b""));
    }

    #[test]
    fn content_that_cannot_be_read_to_its_end_is_an_error_and_no_answer() {
        let abc = Integrity::sha256(Sha256::digest(b"abc").into());
        let torn = abc.matches(Torn(b"abc", 0)).expect_err("no end");
        assert_eq!(torn.kind(), io::ErrorKind::PermissionDenied);
        assert!(abc.matches(Torn(b"abc", 0).take(3)).expect("an end"));
    }

    fn digest(integrity: &Integrity, bytes: &[u8]) -> Vec<u8> {
        let mut hashing = integrity.begin();
        hashing.add(bytes);
        hashing.end()
    }

    #[test]
    fn of_several_algorithms_the_strongest_counts_and_of_several_digests_any() {
        let abc256 = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        let wrong512 = format!("sha512-{}", STANDARD.encode([0; 64]));
        let abc512 = Integrity::one(Algorithm::Sha512, Sha512::digest(b"abc").to_vec());
        let one: Integrity = abc256.parse().expect("a digest");
        assert!(one.has(&digest(&one, b"abc")));
        assert!(!one.has(&digest(&one, b"abd")));
        let both: Integrity = format!("{abc256} {wrong512}").parse().expect("digests");
        assert!(!both.has(&digest(&both, b"abc")));
        let any: Integrity = format!("{wrong512}?a=b  {abc512} md5-x")
            .parse()
            .expect("digests");
        assert!(any.has(&digest(&any, b"abc")));
        assert_eq!(any.to_string().parse(), Ok(any));
    }

    #[test]
    fn what_is_not_a_digest_is_an_error_that_quotes_it() {
        for (text, error) in [
            ("", IntegrityError::NoDigest),
            ("md5-kAFQmDzST7DWlj99KOF/cg==", IntegrityError::NoDigest),
            (
                "sha256-abc",
                IntegrityError::NotADigest("sha256-abc".to_owned(), "sha256"),
            ),
            (
                "sha512-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
                IntegrityError::NotADigest(
                    "sha512-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=".to_owned(),
                    "sha512",
                ),
            ),
        ] {
            assert_eq!(text.parse::<Integrity>(), Err(error));
        }
        for digits in [
            "",
            "ab",
            "zz",
            &"g".repeat(64),
            &"a".repeat(63),
            &"é".repeat(32),
        ] {
            let error = IntegrityError::NotADigest(digits.to_owned(), "sha256");
            assert_eq!(Integrity::sha256_hex(digits), Err(error));
        }
        assert!(Integrity::sha512_hex(&"aB".repeat(64)).is_ok());
    }
}
