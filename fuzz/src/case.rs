//! How an input of the targets is written: a peer, and what a policy judges it by.
//!
//! Any bytes are an input, since a fuzzer makes whatever it likes; what is cut short ends where it
//! is cut. The program that writes the corpus includes this file.

/// One input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case<'a> {
    /// Whether signatures are verified. Where not, every signature counts as good: only so can a
    /// certificate that was changed get past its own, to the rules behind.
    pub verifies_signatures: bool,
    /// Which profile judges: an index into all of them, modulo their number.
    pub profile: u8,
    /// The time of judgement, in seconds since 1970.
    pub time: u64,
    /// The host that is asked for; empty for none. At most 255 bytes.
    pub host: &'a [u8],
    /// Everything else.
    pub parts: Vec<(Part, &'a [u8])>,
}

/// What a part of an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A certificate of the anchors.
    Anchor,
    /// A certificate that the peer presents, leaf first.
    Presented,
    /// A certificate of the policy's intermediates.
    Intermediate,
    /// A revocation list.
    List,
    /// An OCSP response.
    Staple,
    /// A list of certificate timestamps.
    Timestamps,
    /// A list of the logs of Certificate Transparency.
    Logs,
}

impl Part {
    const ALL: [Self; 7] = [
        Self::Anchor,
        Self::Presented,
        Self::Intermediate,
        Self::List,
        Self::Staple,
        Self::Timestamps,
        Self::Logs,
    ];
}

impl<'a> Case<'a> {
    /// Reads an input: a byte for the signatures, one for the profile, eight for the time, the host
    /// after its length, then parts of a kind, two bytes of length, and content.
    pub fn read(input: &'a [u8]) -> Self {
        let mut input = Input(input);
        let [verifies_signatures, profile] = input.array();
        let time = u64::from_be_bytes(input.array());
        let [length] = input.array();
        let host = input.take(length.into());
        let mut parts = Vec::new();
        while !input.0.is_empty() {
            let [kind] = input.array();
            let length = u16::from_be_bytes(input.array());
            let part = Part::ALL[usize::from(kind) % Part::ALL.len()];
            parts.push((part, input.take(length.into())));
        }
        Self {
            verifies_signatures: verifies_signatures & 1 == 1,
            profile,
            time,
            host,
            parts,
        }
    }

    /// Writes what [`Self::read`] reads; none where something is too long for its length field.
    pub fn write(&self) -> Option<Vec<u8>> {
        let mut output = vec![self.verifies_signatures.into(), self.profile];
        output.extend(self.time.to_be_bytes());
        output.push(u8::try_from(self.host.len()).ok()?);
        output.extend(self.host);
        for (part, content) in &self.parts {
            let kind = Part::ALL.iter().position(|one| one == part)?;
            output.push(u8::try_from(kind).ok()?);
            output.extend(u16::try_from(content.len()).ok()?.to_be_bytes());
            output.extend(*content);
        }
        Some(output)
    }

    /// The parts of one kind.
    pub fn all(&self, part: Part) -> impl Iterator<Item = &'a [u8]> {
        let parts = self.parts.iter();
        parts.filter_map(move |(kind, content)| (*kind == part).then_some(*content))
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.take(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }
}
