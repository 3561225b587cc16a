//! The grammar of challenges and of lists of parameters (RFC 9110 sections 5.6 and 11.2 to 11.4).

use super::{Challenge, MAX_CHALLENGES, Parameters};

/// The most parameters of one challenge.
const MAX_PARAMETERS: usize = 32;

/// The value of a field, read from its start.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

/// What was found cannot be read.
struct Malformed;

impl<'a> Reader<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// Adds the challenges of the field to `challenges`, up to what cannot be read.
    pub(super) fn read(mut self, challenges: &mut Vec<Challenge>) {
        self.skip_commas();
        while !self.rest.is_empty() && challenges.len() < MAX_CHALLENGES {
            match self.challenge() {
                Ok(Some(challenge)) => challenges.push(challenge),
                Ok(None) => {}
                Err(Malformed) => return,
            }
        }
    }

    /// One challenge and the commas after it; `None` for one that has a parameter twice.
    fn challenge(&mut self) -> Result<Option<Challenge>, Malformed> {
        let mut challenge = Challenge {
            scheme: text(self.token()?),
            token: None,
            parameters: Parameters::new(),
        };
        let mut is_unique = true;
        if self.skip_spaces() > 0 {
            if let Some(token) = self.token68() {
                challenge.token = Some(text(token));
            } else if self.is_at_parameter() {
                is_unique &= self.parameter(&mut challenge.parameters)?;
            }
        }
        loop {
            let commas = self.skip_commas();
            if self.rest.is_empty() {
                break;
            }
            if challenge.token.is_none() && self.is_at_parameter() {
                is_unique &= self.parameter(&mut challenge.parameters)?;
            } else if commas > 0 {
                break;
            } else {
                return Err(Malformed);
            }
        }
        Ok(is_unique.then_some(challenge))
    }

    /// Adds the parameter that comes next to `parameters`; `false` if there is one of its name.
    fn parameter(&mut self, parameters: &mut Parameters) -> Result<bool, Malformed> {
        let name = text(self.token()?).to_ascii_lowercase();
        self.skip_spaces();
        self.rest = self.rest.strip_prefix(b"=").ok_or(Malformed)?;
        self.skip_spaces();
        let value = if self.rest.starts_with(b"\"") {
            self.quoted()?
        } else {
            self.bare().to_vec()
        };
        if parameters.iter().any(|(other, _)| *other == name) {
            return Ok(false);
        }
        if parameters.len() == MAX_PARAMETERS {
            return Err(Malformed);
        }
        parameters.push((name, value));
        Ok(true)
    }

    /// A quoted-string (RFC 9110 section 5.6.4), without its quotation marks and escapes.
    fn quoted(&mut self) -> Result<Vec<u8>, Malformed> {
        let mut value = Vec::new();
        let mut bytes = self.rest.iter().copied().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(value);
                }
                b'\\' => value.push(bytes.next().ok_or(Malformed)?.1),
                other => value.push(other),
            }
        }
        Err(Malformed)
    }

    /// A value without quotation marks: a token, or what servers write in place of one, such as a
    /// URL or base64.
    fn bare(&mut self) -> &'a [u8] {
        self.take(|byte| byte.is_ascii_graphic() && byte != b',' && byte != b'"')
    }

    fn token(&mut self) -> Result<&'a [u8], Malformed> {
        match self.take(is_token) {
            b"" => Err(Malformed),
            token => Ok(token),
        }
    }

    /// A `token68`, if one stands alone between here and the next comma or the end.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let start = self.rest;
        let body = self.take(is_token68).len();
        let padding = self.take(|byte| byte == b'=').len();
        self.skip_spaces();
        if body > 0 && matches!(self.rest.first(), None | Some(b',')) {
            return Some(&start[..body + padding]);
        }
        self.rest = start;
        None
    }

    /// Whether a name and `=` come next.
    fn is_at_parameter(&self) -> bool {
        let mut ahead = Reader { rest: self.rest };
        let named = !ahead.take(is_token).is_empty();
        ahead.skip_spaces();
        named && ahead.rest.starts_with(b"=")
    }

    /// Skips spaces and commas; says how many commas. Empty elements of a list do not count (RFC
    /// 9110 section 5.6.1.2).
    fn skip_commas(&mut self) -> usize {
        let skipped = self.take(|byte| matches!(byte, b' ' | b'\t' | b','));
        skipped.iter().filter(|byte| **byte == b',').count()
    }

    fn skip_spaces(&mut self) -> usize {
        self.take(|byte| matches!(byte, b' ' | b'\t')).len()
    }

    /// The bytes from here on that are `wanted`.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| !wanted(*byte));
        let (taken, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }
}

/// The parameters of `Authentication-Info` (RFC 7615 section 3); `None` if they cannot be read.
pub(in crate::auth) fn parameters(field: &[u8]) -> Option<Parameters> {
    let mut reader = Reader::new(field);
    let mut parameters = Parameters::new();
    reader.skip_commas();
    while !reader.rest.is_empty() {
        match reader.parameter(&mut parameters) {
            Ok(true) => {
                reader.skip_commas();
            }
            Ok(false) | Err(Malformed) => return None,
        }
    }
    Some(parameters)
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// RFC 9110 section 11.2, without the `=` at the end.
pub(in crate::auth) fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

fn text(ascii: &[u8]) -> String {
    ascii.iter().copied().map(char::from).collect()
}
