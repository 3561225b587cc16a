//! What stands between two parts.

use std::fmt::Write;

use crate::error::{Delivery, Failure, Kind};

/// A boundary (RFC 2046 section 5.1.1) that the author of a part's content cannot guess.
#[derive(Clone)]
pub(super) struct Boundary(String);

impl Boundary {
    /// 128 bits from the operating system.
    pub(super) fn random() -> Result<Self, Failure> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|error| {
            Failure::new(
                Kind::Request,
                "the system has no random bytes for a boundary",
            )
            .delivered(Delivery::NotSent)
            .caused_by(std::io::Error::from(error))
        })?;
        let mut text = String::from("----------------");
        for byte in bits {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_boundary_has_128_random_bits() {
        let drawn: Vec<u128> = (0..64)
            .map(|_| {
                let boundary = Boundary::random().expect("random bytes");
                let hex = boundary.as_str().trim_start_matches('-').to_owned();
                assert_eq!(hex.len(), 32, "{hex}");
                u128::from_str_radix(&hex, 16).expect("hexadecimal digits")
            })
            .collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        // Each bit is 0 in some boundary and 1 in another; that it is not, by chance, has a
        // probability of 2^-56.
        let (ones, zeros) = drawn
            .iter()
            .fold((0, 0), |(ones, zeros), bits| (ones | bits, zeros | !bits));
        assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
    }
}
