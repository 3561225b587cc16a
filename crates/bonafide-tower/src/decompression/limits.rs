//! How much output a decoder may produce.

/// The output of a decoder before the ratio is checked: 1 MiB. A small valid body may consist of
/// equal bytes.
pub(super) const UNJUDGED_BYTES: u64 = 1024 * 1024;

/// How much a body may grow when it is decoded. Default: no limit of the size, and after the first
/// MiB a ratio of at most 1,000.
///
/// A few megabytes can decode to gigabytes. The decoder needs little memory for this, but a caller
/// that collects the body needs gigabytes: set a size if you collect bodies.
///
/// ```
/// use bonafide_tower::decompression::DecodingLimits;
///
/// let limits = DecodingLimits::default().with_max_bytes(64 * 1024 * 1024);
/// assert_eq!(limits.max_bytes(), Some(64 * 1024 * 1024));
/// assert_eq!(limits.max_ratio(), Some(1_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecodingLimits {
    max_bytes: Option<u64>,
    max_ratio: Option<u64>,
}

impl DecodingLimits {
    /// The default ratio. Text seldom exceeds 20, and deflate cannot exceed 1,032.
    const DEFAULT_RATIO: u64 = 1_000;

    /// Sets the largest decoded size of a body, in bytes: more is
    /// [`TooLarge`](super::DecompressionError::TooLarge). A body that is not encoded is not
    /// counted. Default: no limit, so that a stream need not end.
    pub const fn with_max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = Some(max_bytes);
        self
    }

    /// Sets the ratio of decoded to encoded bytes, on average from the start of the body: more is
    /// [`Ratio`](super::DecompressionError::Ratio). It is checked after the first MiB of output. If
    /// there are several codings, the output of each is compared with the input of the first one
    /// decoded. Default: 1,000.
    pub const fn with_max_ratio(mut self, max_ratio: u64) -> Self {
        self.max_ratio = Some(max_ratio);
        self
    }

    /// Allows any ratio.
    pub const fn with_any_ratio(mut self) -> Self {
        self.max_ratio = None;
        self
    }

    /// The largest decoded size of a body, in bytes; `None` if there is none.
    pub const fn max_bytes(self) -> Option<u64> {
        self.max_bytes
    }

    /// The highest ratio of decoded to encoded bytes; `None` if any ratio is allowed.
    pub const fn max_ratio(self) -> Option<u64> {
        self.max_ratio
    }
}

impl Default for DecodingLimits {
    fn default() -> Self {
        Self {
            max_bytes: None,
            max_ratio: Some(Self::DEFAULT_RATIO),
        }
    }
}
