//! The decoders of all codings of a body, and the limits over all of them.

use bytes::Bytes;

use super::limits::UNJUDGED_BYTES;
use super::stage::{Progress, Stage};
use super::{DecodingLimits, DecompressionError, Plan};

/// The largest piece of output, in bytes. A piece is copied out of a buffer of this size, so that a
/// small one keeps no more memory than it needs.
const PIECE_BYTES: usize = 32 * 1024;

/// Stages, one behind the other. Between two of them there is one piece at most.
pub(super) struct Pipeline {
    /// The first one reads the body.
    stages: Vec<Stage>,
    buffer: Vec<u8>,
    limits: DecodingLimits,
}

impl Pipeline {
    /// A pipeline for `plan`; `None` if nothing is decoded.
    pub(super) fn new(plan: Plan, limits: DecodingLimits) -> Option<Self> {
        let stages: Vec<_> = plan.codings().map(Stage::new).collect();
        (!stages.is_empty()).then(|| Self {
            stages,
            buffer: Vec::new(),
            limits,
        })
    }

    /// Adds a part of the body, after [`next`](Self::next) has returned nothing.
    pub(super) fn feed(&mut self, input: Bytes) {
        if let Some(first) = self.stages.first_mut() {
            first.feed(input);
        }
    }

    /// Records that the body has ended.
    pub(super) fn end_input(&mut self) {
        if let Some(first) = self.stages.first_mut() {
            first.end_input();
        }
    }

    /// The next piece of output; `None` if more of the body is needed first, or if the whole body
    /// is decoded.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, DecompressionError> {
        // Created when the first byte of the body arrives.
        self.buffer.resize(PIECE_BYTES, 0);
        let mut at = self.stages.len() - 1;
        loop {
            match self.stages[at].advance(&mut self.buffer)? {
                Progress::Written(length) => {
                    self.judge(at)?;
                    let piece = Bytes::copy_from_slice(&self.buffer[..length]);
                    at += 1;
                    match self.stages.get_mut(at) {
                        Some(stage) => stage.feed(piece),
                        None => return Ok(Some(piece)),
                    }
                }
                Progress::Starved if at == 0 => return Ok(None),
                Progress::Starved => at -= 1,
                Progress::Ended => {
                    at += 1;
                    match self.stages.get_mut(at) {
                        Some(stage) => stage.end_input(),
                        None => return Ok(None),
                    }
                }
            }
        }
    }

    /// Checks the output of the stage with this number against the limits.
    fn judge(&self, at: usize) -> Result<(), DecompressionError> {
        let written = self.stages[at].written();
        let is_last = at + 1 == self.stages.len();
        if let Some(limit) = self.limits.max_bytes()
            && is_last
            && written > limit
        {
            return Err(DecompressionError::TooLarge { limit });
        }
        if let Some(limit) = self.limits.max_ratio()
            && written > UNJUDGED_BYTES
            && written > self.stages[0].read().saturating_mul(limit)
        {
            return Err(DecompressionError::Ratio { limit });
        }
        Ok(())
    }
}
