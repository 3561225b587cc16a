//! What a response to a request for a file, or for the rest of one, means: without a client.

use std::fmt;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// From which byte on; 0 is the whole file, asked for without `Range`.
    pub(super) offset: u64,
    /// What `If-Range` said.
    pub(super) validator: Option<&'a HeaderValue>,
    /// The length of the file, where an earlier response said it.
    pub(super) total: Option<u64>,
}

/// What the response is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The whole file, from its first byte. What was received before is of another version, or the
    /// server has no ranges.
    Whole {
        total: Option<u64>,
        /// By which the rest can be asked for, if the body breaks off.
        validator: Option<HeaderValue>,
    },
    /// The rest of the file, from the byte that was asked for up to the last one.
    Rest { total: u64 },
    /// Nothing is missing.
    Complete,
    /// The file has become shorter than what was received: it is asked for from its first byte.
    Changed,
}

/// Why a response is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the server sent a part of the file that was not asked for")]
    PartUnasked,
    #[error("the server sent {sent}, and bytes {asked}- were asked for")]
    OtherPart { asked: u64, sent: Range },
    #[error("the server sent a part of the file without saying which")]
    UnknownPart,
    #[error("the file had {before} bytes, and has {now} now, under the same entity tag")]
    OtherLength { before: u64, now: u64 },
    #[error("the server sent a part of another version of the file")]
    OtherVersion,
    #[error("the server encoded the file ({0}), although it was asked not to")]
    Encoded(String),
}

/// `Content-Range` (RFC 9110 section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    Bytes {
        first: u64,
        last: u64,
        total: Option<u64>,
    },
    Unsatisfied {
        total: u64,
    },
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes { first, last, total } => {
                write!(f, "bytes {first}-{last} of ")?;
                match total {
                    Some(total) => write!(f, "{total}"),
                    None => f.write_str("an unknown number"),
                }
            }
            Self::Unsatisfied { total } => write!(f, "no bytes of {total}"),
        }
    }
}

/// The meaning of a response; `None` for a status that is neither the file nor about its range.
pub(super) fn judge(
    asked: Asked<'_>,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Answer>, Refused> {
    match status {
        StatusCode::OK => {
            check_identity(headers)?;
            Ok(Some(Answer::Whole {
                total: declared(headers),
                validator: strong_validator(headers),
            }))
        }
        StatusCode::PARTIAL_CONTENT => {
            if asked.offset == 0 {
                return Err(Refused::PartUnasked);
            }
            check_identity(headers)?;
            let sent = range(headers).ok_or(Refused::UnknownPart)?;
            let Range::Bytes {
                first,
                last,
                total: Some(total),
            } = sent
            else {
                return Err(Refused::UnknownPart);
            };
            if first != asked.offset || last.checked_add(1) != Some(total) {
                let asked = asked.offset;
                return Err(Refused::OtherPart { asked, sent });
            }
            match asked.total {
                Some(before) if before != total => {
                    return Err(Refused::OtherLength { before, now: total });
                }
                _ => {}
            }
            if headers
                .get(ETAG)
                .is_some_and(|now| Some(now) != asked.validator)
            {
                return Err(Refused::OtherVersion);
            }
            Ok(Some(Answer::Rest { total }))
        }
        StatusCode::RANGE_NOT_SATISFIABLE if asked.offset > 0 => match range(headers) {
            Some(Range::Unsatisfied { total }) if total == asked.offset => {
                Ok(Some(Answer::Complete))
            }
            _ => Ok(Some(Answer::Changed)),
        },
        _ => Ok(None),
    }
}

/// The entity tag, unless it is weak (RFC 9110 section 8.8.3): a weak one does not promise that the
/// bytes are the same.
pub(super) fn strong_validator(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut tags = headers.get_all(ETAG).iter();
    let (tag, None) = (tags.next()?, tags.next()) else {
        return None;
    };
    is_strong(tag.as_bytes()).then(|| tag.clone())
}

/// Whether `tag` is a strong entity tag: visible characters in quotes.
pub(super) fn is_strong(tag: &[u8]) -> bool {
    match tag {
        [b'"', inner @ .., b'"'] => inner
            .iter()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)),
        _ => false,
    }
}

fn check_identity(headers: &HeaderMap) -> Result<(), Refused> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    match codings.find(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        None => Ok(()),
        Some(coding) => {
            let shown = bonafide_tower::shown::quoted(coding.as_bytes());
            Err(Refused::Encoded(shown.to_string()))
        }
    }
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    number(headers.get(CONTENT_LENGTH)?.as_bytes())
}

/// The only `Content-Range`, if it is one of bytes and its numbers fit each other.
fn range(headers: &HeaderMap) -> Option<Range> {
    let mut values = headers.get_all(CONTENT_RANGE).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (unit, range) = value.as_bytes().split_at_checked(6)?;
    if !unit.eq_ignore_ascii_case(b"bytes ") {
        return None;
    }
    let (part, total) = split(range, b'/')?;
    let total = match total {
        b"*" => None,
        total => Some(number(total)?),
    };
    if part == b"*" {
        return Some(Range::Unsatisfied { total: total? });
    }
    let (first, last) = split(part, b'-')?;
    let (first, last) = (number(first)?, number(last)?);
    let fits = first <= last && total.is_none_or(|total| last < total);
    fits.then_some(Range::Bytes { first, last, total })
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    let (before, after) = text.split_at_checked(place)?;
    Some((before, after.get(1..)?))
}

/// Digits alone: no sign and no space.
fn number(text: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(text).ok()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    /// The answer to a request for bytes 5- of 12, under the tag "a".
    fn rest(
        status: u16,
        fields: &[(&'static str, &'static str)],
    ) -> Result<Option<Answer>, Refused> {
        let validator = HeaderValue::from_static("\"a\"");
        let asked = Asked {
            offset: 5,
            validator: Some(&validator),
            total: Some(12),
        };
        judge(
            asked,
            StatusCode::from_u16(status).expect("a status"),
            &headers(fields),
        )
    }

    #[test]
    fn a_part_is_taken_if_it_is_exactly_the_rest_of_the_same_version() {
        let good = "bytes 5-11/12";
        let answer = Ok(Some(Answer::Rest { total: 12 }));
        assert_eq!(rest(206, &[("content-range", good)]), answer);
        assert_eq!(
            rest(206, &[("content-range", good), ("etag", "\"a\"")]),
            answer
        );
        assert_eq!(rest(206, &[("content-range", "BYTES 5-11/12")]), answer);
        for (range, refused) in [
            (
                "bytes 4-11/12",
                "the server sent bytes 4-11 of 12, and bytes 5- were asked for",
            ),
            (
                "bytes 6-11/12",
                "the server sent bytes 6-11 of 12, and bytes 5- were asked for",
            ),
            (
                "bytes 5-10/12",
                "the server sent bytes 5-10 of 12, and bytes 5- were asked for",
            ),
            (
                "bytes 5-12/13",
                "the file had 12 bytes, and has 13 now, under the same entity tag",
            ),
            (
                "bytes 5-11/*",
                "the server sent a part of the file without saying which",
            ),
            (
                "bytes */12",
                "the server sent a part of the file without saying which",
            ),
            (
                "bytes 5-12/12",
                "the server sent a part of the file without saying which",
            ),
            (
                "bytes 5-+11/12",
                "the server sent a part of the file without saying which",
            ),
            (
                "bytes 5-11",
                "the server sent a part of the file without saying which",
            ),
            (
                "items 5-11/12",
                "the server sent a part of the file without saying which",
            ),
            (
                "bytes 5-18446744073709551615/18446744073709551615",
                "the server sent a part of the file without saying which",
            ),
        ] {
            let error = rest(206, &[("content-range", range)]).expect_err(range);
            assert_eq!(error.to_string(), refused, "{range}");
        }
        for (fields, refused) in [
            (vec![], Refused::UnknownPart),
            (
                vec![("content-range", good), ("content-range", good)],
                Refused::UnknownPart,
            ),
            (
                vec![("content-range", good), ("etag", "\"b\"")],
                Refused::OtherVersion,
            ),
            (
                vec![("content-range", good), ("etag", "W/\"a\"")],
                Refused::OtherVersion,
            ),
            (
                vec![("content-range", good), ("content-encoding", "gzip")],
                Refused::Encoded("\"gzip\"".to_owned()),
            ),
        ] {
            assert_eq!(rest(206, &fields), Err(refused), "{fields:?}");
        }
    }

    #[test]
    fn a_200_starts_again_and_a_416_says_whether_nothing_is_missing() {
        let whole = |total, tag: Option<&'static str>| {
            Ok(Some(Answer::Whole {
                total,
                validator: tag.map(HeaderValue::from_static),
            }))
        };
        assert_eq!(rest(200, &[]), whole(None, None));
        assert_eq!(
            rest(200, &[("content-length", "7"), ("etag", "\"b\"")]),
            whole(Some(7), Some("\"b\""))
        );
        for tag in ["W/\"b\"", "b", "\"", "\"b\" ", "\"b c\"", ""] {
            assert_eq!(rest(200, &[("etag", tag)]), whole(None, None), "{tag}");
        }
        assert_eq!(
            rest(200, &[("content-encoding", "identity")]),
            whole(None, None)
        );
        assert_eq!(
            rest(416, &[("content-range", "bytes */5")]),
            Ok(Some(Answer::Complete))
        );
        assert_eq!(
            rest(416, &[("content-range", "bytes */4")]),
            Ok(Some(Answer::Changed))
        );
        assert_eq!(rest(416, &[]), Ok(Some(Answer::Changed)));
        for status in [204, 304, 404, 503] {
            assert_eq!(rest(status, &[]), Ok(None), "{status}");
        }
    }

    #[test]
    fn a_part_of_a_file_that_was_asked_for_whole_is_refused() {
        let asked = Asked {
            offset: 0,
            validator: None,
            total: None,
        };
        let part = headers(&[("content-range", "bytes 0-11/12")]);
        let judged = judge(asked, StatusCode::PARTIAL_CONTENT, &part);
        assert_eq!(judged, Err(Refused::PartUnasked));
        let judged = judge(asked, StatusCode::RANGE_NOT_SATISFIABLE, &HeaderMap::new());
        assert_eq!(judged, Ok(None));
    }
}
