//! The decoders of the crate async-compression, without its readers.

use std::io;

#[cfg(feature = "decompression-br")]
use async_compression::codecs::BrotliDecoder;
use async_compression::codecs::DecodeV2;
#[cfg(feature = "decompression-gzip")]
use async_compression::codecs::GzipDecoder;
#[cfg(feature = "decompression-zstd")]
use async_compression::codecs::ZstdDecoder;
#[cfg(feature = "decompression-zstd")]
use async_compression::codecs::zstd::params::DParameter;
#[cfg(feature = "decompression-deflate")]
use async_compression::codecs::{DeflateDecoder, ZlibDecoder};

use super::Coding;
use super::member::Format;
#[cfg(feature = "decompression-zstd")]
use super::zstd_frame::MAX_WINDOW_LOG;

/// It decodes one member, and after `reinit` the next one.
pub(super) type Decoder = Box<dyn DecodeV2 + Send + Sync>;

/// A decoder for a member in this format.
///
/// # Errors
///
/// If this build has none, which [`Coding::from_token`] keeps out of every plan.
pub(super) fn decoder(format: Format) -> io::Result<Decoder> {
    match format {
        #[cfg(feature = "decompression-br")]
        Format::Brotli => Ok(Box::new(BrotliDecoder::new())),
        #[cfg(feature = "decompression-deflate")]
        Format::BareDeflate => Ok(Box::new(DeflateDecoder::new())),
        #[cfg(feature = "decompression-gzip")]
        Format::Gzip => Ok(Box::new(GzipDecoder::new())),
        #[cfg(feature = "decompression-deflate")]
        Format::Zlib => Ok(Box::new(ZlibDecoder::new())),
        #[cfg(feature = "decompression-zstd")]
        Format::Zstd => Ok(Box::new(ZstdDecoder::new_with_params(&[
            DParameter::window_log_max(MAX_WINDOW_LOG),
        ]))),
        #[cfg(not(all(
            feature = "decompression-br",
            feature = "decompression-deflate",
            feature = "decompression-gzip",
            feature = "decompression-zstd"
        )))]
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

/// Whether the decoder fails when it has no input and no pending output. With flate2 this is not a
/// fault of the data: a real fault is reported again with the next byte, and without a next byte
/// the data is cut off anyway.
pub(super) fn may_refuse_empty_input(coding: Coding) -> bool {
    match coding {
        Coding::Deflate | Coding::Gzip => true,
        Coding::Brotli | Coding::Zstd => false,
    }
}

/// Whether the first byte of a member has to be passed to the decoder alone. libzstd decodes a
/// frame that arrives in one piece in another way than one that does not, with other checks: what
/// is accepted, and the error, would depend on how the body was divided.
pub(super) fn must_begin_slowly(coding: Coding) -> bool {
    match coding {
        Coding::Zstd => true,
        Coding::Brotli | Coding::Deflate | Coding::Gzip => false,
    }
}
