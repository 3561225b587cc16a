//! The content codings, and their names.

use std::fmt;
use std::sync::LazyLock;

use http::HeaderValue;

/// A content coding. Each has a cargo feature that enables its decoder.
///
/// ```
/// # #[cfg(feature = "decompression-gzip")]
/// # {
/// use bonafide_tower::decompression::Coding;
///
/// assert_eq!(Coding::from_token("X-GZIP"), Some(Coding::Gzip));
/// assert_eq!(Coding::from_token("compress"), None);
/// assert_eq!(Coding::Gzip.to_string(), "gzip");
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// `br`, with the feature `decompression-br`: RFC 7932. Its window takes up to 16 MiB.
    Brotli,
    /// `deflate`, with the feature `decompression-deflate`: the zlib format of RFC 1950, as RFC
    /// 9110 section 8.4.1.2 has it, or the bare stream of RFC 1951, which some servers send under
    /// this name.
    Deflate,
    /// `gzip` and `x-gzip`, with the feature `decompression-gzip`: RFC 1952, one member or several.
    Gzip,
    /// `zstd`, with the feature `decompression-zstd`: RFC 8878, one frame or several, each with a
    /// window of up to 8 MiB (RFC 9659).
    Zstd,
}

impl Coding {
    /// All that this build decodes, in the order in which browsers name them.
    const ALL: &[Self] = &[
        #[cfg(feature = "decompression-gzip")]
        Self::Gzip,
        #[cfg(feature = "decompression-deflate")]
        Self::Deflate,
        #[cfg(feature = "decompression-br")]
        Self::Brotli,
        #[cfg(feature = "decompression-zstd")]
        Self::Zstd,
    ];

    /// The coding of this name, in any case; `None` if this build does not decode it. `identity` is
    /// not a coding.
    pub fn from_token(token: &str) -> Option<Self> {
        let is_x_gzip = token.eq_ignore_ascii_case("x-gzip");
        let token = if is_x_gzip { "gzip" } else { token };
        let mut all = Self::ALL.iter().copied();
        all.find(|coding| token.eq_ignore_ascii_case(coding.as_str()))
    }

    /// The name in `Accept-Encoding` and `Content-Encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Deflate => "deflate",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of `Accept-Encoding`; `None` if this build decodes nothing.
pub(super) fn acceptable() -> Option<HeaderValue> {
    static VALUE: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
        let names: Vec<_> = Coding::ALL.iter().map(|coding| coding.as_str()).collect();
        HeaderValue::try_from(names.join(", "))
            .ok()
            .filter(|value| !value.is_empty())
    });
    VALUE.clone()
}
