//! What servers do.

use async_compression::Level;
use async_compression::brotli::EncoderParams;
use async_compression::codecs::{
    BrotliEncoder, DeflateEncoder, EncodeV2, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use async_compression::core::util::{PartialBuffer, WriteBuffer};
use async_compression::zstd::CParameter;

use crate::decompression::Coding;

/// What a server may send under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Brotli,
    BareDeflate,
    Gzip,
    Zlib,
    Zstd,
}

pub(super) const ALL: [Sent; 5] = [
    Sent::Brotli,
    Sent::BareDeflate,
    Sent::Gzip,
    Sent::Zlib,
    Sent::Zstd,
];

/// An encoder whose output is there at once.
pub(super) struct Encoder(Box<dyn EncodeV2>);

impl Sent {
    pub(super) fn coding(self) -> Coding {
        match self {
            Self::Brotli => Coding::Brotli,
            Self::BareDeflate | Self::Zlib => Coding::Deflate,
            Self::Gzip => Coding::Gzip,
            Self::Zstd => Coding::Zstd,
        }
    }

    pub(super) fn encoder(self) -> Encoder {
        let level = Level::Precise(5);
        Encoder(match self {
            Self::Brotli => Box::new(BrotliEncoder::new(EncoderParams::default().quality(level))),
            Self::BareDeflate => Box::new(DeflateEncoder::new(level.into())),
            Self::Gzip => Box::new(GzipEncoder::new(level.into())),
            Self::Zlib => Box::new(ZlibEncoder::new(level.into())),
            Self::Zstd => {
                let checksum = CParameter::checksum_flag(true);
                Box::new(ZstdEncoder::new_with_params(5, &[checksum]))
            }
        })
    }

    /// One member with `data` in it.
    pub(super) fn encode(self, data: &[u8]) -> Vec<u8> {
        let mut encoder = self.encoder();
        let mut encoded = encoder.write(data);
        encoded.extend(encoder.finish());
        encoded
    }
}

impl Encoder {
    pub(super) fn zstd(parameters: &[CParameter]) -> Self {
        Self(Box::new(ZstdEncoder::new_with_params(5, parameters)))
    }

    pub(super) fn zstd_with_dictionary(dictionary: &[u8]) -> Self {
        Self(Box::new(ZstdEncoder::new_with_dict(5, dictionary).unwrap()))
    }

    pub(super) fn write(&mut self, data: &[u8]) -> Vec<u8> {
        let mut input = PartialBuffer::new(data);
        let mut encoded = Vec::new();
        while !input.unwritten().is_empty() {
            encoded.extend(piece(|output| self.0.encode(&mut input, output)).0);
        }
        encoded
    }

    pub(super) fn flush(&mut self) -> Vec<u8> {
        all(|output| self.0.flush(output))
    }

    pub(super) fn finish(&mut self) -> Vec<u8> {
        all(|output| self.0.finish(output))
    }
}

fn piece<T>(encode: impl FnOnce(&mut WriteBuffer<'_>) -> std::io::Result<T>) -> (Vec<u8>, T) {
    let mut buffer = vec![0; 64 * 1024];
    let mut output = WriteBuffer::new_initialized(&mut buffer);
    let result = encode(&mut output).unwrap();
    (output.written().to_vec(), result)
}

fn all(mut encode: impl FnMut(&mut WriteBuffer<'_>) -> std::io::Result<bool>) -> Vec<u8> {
    let mut encoded = Vec::new();
    loop {
        let (more, is_done) = piece(&mut encode);
        encoded.extend(more);
        if is_done {
            return encoded;
        }
    }
}

/// Bytes with repetitions and without.
pub(super) fn text(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..length)
        .map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if at / 512 % 2 == 0 {
                b"abc "[at % 4]
            } else {
                (state >> 24) as u8
            }
        })
        .collect()
}
