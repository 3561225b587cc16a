//! Reading a ClientHello, as far as an answer needs it.

use rustls::SignatureScheme;

/// `TLS_EMPTY_RENEGOTIATION_INFO_SCSV`, RFC 5746 section 3.3.
const RENEGOTIATION_SCSV: u16 = 0x00ff;
const SIGNATURE_ALGORITHMS: u16 = 13;
const RENEGOTIATION_INFO: u16 = 0xff01;

/// The first message of a client.
#[derive(Clone, Debug)]
pub(super) struct Hello {
    pub(super) random: [u8; 32],
    pub(super) suites: Vec<u16>,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) knows_renegotiation_info: bool,
}

impl Hello {
    /// Reads the body of a ClientHello (RFC 5246 section 7.4.1.2). `None` where it ends
    /// too early.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut rest = body;
        take(&mut rest, 2)?;
        let random = take(&mut rest, 32)?.try_into().ok()?;
        vector8(&mut rest)?;
        let suites = numbers(vector16(&mut rest)?);
        vector8(&mut rest)?;
        let mut hello = Self {
            random,
            knows_renegotiation_info: suites.contains(&RENEGOTIATION_SCSV),
            suites,
            schemes: Vec::new(),
        };
        // SSL 3.0 and clients of its time have no extensions.
        let mut extensions = vector16(&mut rest).unwrap_or_default();
        while !extensions.is_empty() {
            let kind = number(take(&mut extensions, 2)?);
            let mut content = vector16(&mut extensions)?;
            match kind {
                RENEGOTIATION_INFO => hello.knows_renegotiation_info = true,
                SIGNATURE_ALGORITHMS => {
                    let schemes = numbers(vector16(&mut content)?);
                    hello.schemes = schemes.into_iter().map(SignatureScheme::from).collect();
                }
                _ => {}
            }
        }
        Some(hello)
    }
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(bytes)?;
    *rest = left;
    Some(taken)
}

fn vector8<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = *take(rest, 1)?.first()?;
    take(rest, usize::from(length))
}

fn vector16<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = number(take(rest, 2)?);
    take(rest, usize::from(length))
}

fn numbers(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(number).collect()
}

fn number(bytes: &[u8]) -> u16 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u16::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_that_is_cut_off_anywhere_is_no_hello_and_no_panic() {
        let mut hello = vec![3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0xc0, 0x2f, 0x00, 0xff, 1, 0]);
        hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 8, 4]);
        let whole = Hello::read(&hello).unwrap();
        assert_eq!(whole.suites, [0xc02f, 0x00ff]);
        assert_eq!(whole.schemes, [SignatureScheme::RSA_PSS_SHA256]);
        assert!(whole.knows_renegotiation_info);
        for end in 0..43 {
            assert!(Hello::read(&hello[..end]).is_none(), "{end} bytes");
        }
    }
}
