//! The decoder of one coding: its members, one after the other, and the bytes after them.

use std::io;
use std::mem;

use async_compression::core::util::{PartialBuffer, WriteBuffer};
use bytes::{Buf, Bytes};

use super::decoder::{Decoder, decoder, may_refuse_empty_input, must_begin_slowly};
use super::member::{Beginning, beginning, has_several, may_be_padded};
use super::{Coding, DecompressionError};

/// A decoder of one coding, without I/O: it is fed, and asked for output.
pub(super) struct Stage {
    coding: Coding,
    /// Made for the first member, and used for all.
    decoder: Option<Decoder>,
    place: Place,
    /// Whether the decoder has read nothing of the present member.
    is_at_start: bool,
    /// Whether the last output was filled up, so that the decoder may hold more of it.
    is_full: bool,
    /// Input that was added and not read yet.
    input: Bytes,
    /// Whether no more is fed.
    is_last_input: bool,
    /// How many bytes were read.
    read: u64,
    /// How many bytes were put out.
    written: u64,
    /// An error that is returned after the output before it.
    fault: Option<DecompressionError>,
}

/// The position of the next input byte.
#[derive(Clone, Copy)]
enum Place {
    /// Before the first member, or between two.
    Boundary,
    Member,
    /// After the last member.
    Padding,
}

/// The result of one step.
#[derive(Debug)]
pub(super) enum Progress {
    /// It has produced this many bytes, at least one.
    Written(usize),
    /// It has read all input and needs more.
    Starved,
    /// It has read all input, and there is no more.
    Ended,
}

impl Stage {
    pub(super) fn new(coding: Coding) -> Self {
        Self {
            coding,
            decoder: None,
            place: Place::Boundary,
            is_at_start: false,
            is_full: false,
            input: Bytes::new(),
            is_last_input: false,
            read: 0,
            written: 0,
            fault: None,
        }
    }

    /// How many bytes were read.
    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    /// How many bytes were put out.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Adds input. Of the previous input, only the first bytes of a member can be left.
    pub(super) fn feed(&mut self, input: Bytes) {
        self.input = if self.input.is_empty() {
            input
        } else {
            [mem::take(&mut self.input), input].concat().into()
        };
    }

    /// Says that no input is added any more.
    pub(super) const fn end_input(&mut self) {
        self.is_last_input = true;
    }

    /// Decodes until there is output, or all input is read.
    pub(super) fn advance(&mut self, output: &mut [u8]) -> Result<Progress, DecompressionError> {
        loop {
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
            let progress = match self.place {
                Place::Boundary => self.begin()?,
                Place::Member => self.decode(output)?,
                Place::Padding => self.skip()?,
            };
            if let Some(progress) = progress {
                return Ok(progress);
            }
        }
    }

    /// Looks at the first bytes of a member; `None` if it has begun.
    fn begin(&mut self) -> Result<Option<Progress>, DecompressionError> {
        let coding = self.coding;
        if self.input.is_empty() {
            return Ok(Some(self.out_of_input()));
        }
        if self.decoder.is_some() {
            if !has_several(coding) {
                return Err(DecompressionError::TrailingData { coding });
            }
            if may_be_padded(coding) && self.input.starts_with(&[0]) {
                self.place = Place::Padding;
                return Ok(None);
            }
        }
        match (beginning(coding, &self.input), &mut self.decoder) {
            (Beginning::Of(format), None) => {
                let decoder = decoder(format).map_err(|source| self.corrupt(source))?;
                self.decoder = Some(decoder);
            }
            (Beginning::Of(_), Some(decoder)) => {
                decoder.reinit().map_err(|source| self.corrupt(source))?;
            }
            (Beginning::Unknown, _) if self.is_last_input => {
                return Err(DecompressionError::Truncated { coding });
            }
            (Beginning::Unknown, _) => return Ok(Some(Progress::Starved)),
            (Beginning::Foreign, Some(_)) => {
                return Err(DecompressionError::TrailingData { coding });
            }
            (Beginning::Foreign, None) => {
                let what = "it does not begin with the magic number";
                return Err(self.corrupt(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
            (Beginning::Reserved, _) => {
                let what = "its window has a size that RFC 7932 reserves";
                return Err(self.corrupt(io::Error::new(io::ErrorKind::InvalidData, what)));
            }
            (Beginning::WindowTooLarge { window, limit }, _) => {
                return Err(DecompressionError::WindowTooLarge { window, limit });
            }
        }
        self.place = Place::Member;
        self.is_at_start = true;
        self.is_full = false;
        Ok(None)
    }

    /// Decodes the available input of a member; `None` if it produced no output.
    fn decode(&mut self, output: &mut [u8]) -> Result<Option<Progress>, DecompressionError> {
        let coding = self.coding;
        let Some(decoder) = &mut self.decoder else {
            self.place = Place::Boundary;
            return Ok(None);
        };
        let has_input = !self.input.is_empty();
        if !has_input && !self.is_full {
            return match self.out_of_input() {
                Progress::Ended => Err(DecompressionError::Truncated { coding }),
                progress => Ok(Some(progress)),
            };
        }
        let capacity = output.len();
        let available = match mem::take(&mut self.is_at_start) && must_begin_slowly(coding) {
            true => self.input.len().min(1),
            false => self.input.len(),
        };
        let mut input = PartialBuffer::new(&self.input[..available]);
        let mut output = WriteBuffer::new_initialized(output);
        let result = decoder.decode(&mut input, &mut output);
        let (read, written) = (input.written_len(), output.written_len());
        self.input.advance(read);
        self.read += read as u64;
        self.written += written as u64;
        self.is_full = written == capacity;
        match result {
            Ok(true) => self.place = Place::Boundary,
            Ok(false) if has_input && read == 0 && written == 0 => {
                let what = io::Error::other("the decoder does not go on");
                self.fault = Some(self.corrupt(what));
            }
            Ok(false) => {}
            Err(_) if !has_input && may_refuse_empty_input(coding) => {}
            Err(source) => self.fault = Some(self.corrupt(source)),
        }
        Ok((written > 0).then_some(Progress::Written(written)))
    }

    /// Skips zero bytes.
    fn skip(&mut self) -> Result<Option<Progress>, DecompressionError> {
        if self.input.iter().any(|&byte| byte != 0) {
            let coding = self.coding;
            return Err(DecompressionError::TrailingData { coding });
        }
        self.read += self.input.len() as u64;
        self.input.clear();
        Ok(Some(self.out_of_input()))
    }

    fn out_of_input(&self) -> Progress {
        if self.is_last_input {
            Progress::Ended
        } else {
            Progress::Starved
        }
    }

    fn corrupt(&self, source: io::Error) -> DecompressionError {
        DecompressionError::Corrupt {
            coding: self.coding,
            source,
        }
    }
}
