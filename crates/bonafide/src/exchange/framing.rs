//! How a response's body is delimited, as far as hyper leaves that open.
//!
//! hyper reads a message as RFC 9112 section 6.3 allows a lenient recipient to: it uses the last
//! transfer coding alone, and ignores a length that is sent with it. After a response that two
//! recipients may read differently, the connection must not be used further.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version, response};

use crate::error::{Delivery, Failure, Kind, Phase};

/// What a response's head says about its body and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Framing {
    /// Over HTTP/2: the stream alone says where the body ends.
    pub(super) http2: bool,
    /// No byte of a body may come, although HTTP/2 has room for it.
    pub(super) bodiless: bool,
    /// The connection must not serve another request.
    pub(super) last: bool,
    /// The request's body was held back and will not be sent.
    pub(super) unsent: bool,
}

/// The framing of a response to `method` over `version`. Removes a length that does not count.
pub(super) fn of(
    head: &mut response::Parts,
    method: &Method,
    version: Version,
) -> Result<Framing, Failure> {
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(broken("the server switched protocols without being asked"));
    }
    let bodiless = *method == Method::HEAD
        || matches!(
            head.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
    if version == Version::HTTP_2 {
        return Ok(Framing {
            http2: true,
            bodiless,
            last: false,
            unsent: false,
        });
    }
    let mut framing = Framing {
        http2: false,
        bodiless: false,
        // After an HTTP/1.0 response hyper sends HTTP/1.0, which has no chunks: it would leave out
        // a streamed body of the next request.
        last: head.version == Version::HTTP_10,
        unsent: false,
    };
    if head.headers.contains_key(TRANSFER_ENCODING) {
        let mut codings = head.headers.get_all(TRANSFER_ENCODING).iter();
        let chunked = codings.next().is_some_and(|value| {
            value
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(b"chunked")
        });
        let ambiguous = !chunked || codings.next().is_some();
        if ambiguous && !bodiless {
            return Err(broken(
                "the response has transfer codings other than \"chunked\"",
            ));
        }
        // RFC 9112 section 6.3: a response without a body ends with its head, whatever the codings
        // are. With a body, the coding counts and not the length, and the message may be an attempt
        // at smuggling.
        framing.last |= head.headers.remove(CONTENT_LENGTH).is_some() || ambiguous;
    }
    Ok(framing)
}

#[cold]
fn broken(what: &'static str) -> Failure {
    Failure::new(Kind::Protocol, what)
        .during(Phase::Headers)
        .delivered(Delivery::Answered)
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn head(status: u16, headers: &[(&'static str, &'static str)]) -> response::Parts {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(()).expect("a response").into_parts().0
    }

    #[test]
    fn ambiguous_framing_ends_the_connection_or_the_response() {
        const CODINGS: &str = "the response has transfer codings other than \"chunked\"";
        const SWITCHED: &str = "the server switched protocols without being asked";
        // status, headers, whether the connection is the last one's; or the error
        for (status, headers, expected) in [
            (200, &[][..], Ok(false)),
            (200, &[("content-length", "3")][..], Ok(false)),
            (200, &[("transfer-encoding", "chunked")][..], Ok(false)),
            (200, &[("transfer-encoding", " Chunked ")][..], Ok(false)),
            (
                200,
                &[("transfer-encoding", "chunked"), ("content-length", "3")][..],
                Ok(true),
            ),
            (
                200,
                &[("transfer-encoding", "gzip, chunked")][..],
                Err(CODINGS),
            ),
            (
                200,
                &[("transfer-encoding", "chunked, chunked")][..],
                Err(CODINGS),
            ),
            (
                200,
                &[
                    ("transfer-encoding", "chunked"),
                    ("transfer-encoding", "chunked"),
                ][..],
                Err(CODINGS),
            ),
            (200, &[("transfer-encoding", "gzip")][..], Err(CODINGS)),
            (200, &[("transfer-encoding", "")][..], Err(CODINGS)),
            (
                200,
                &[("transfer-encoding", "chunked;q=1")][..],
                Err(CODINGS),
            ),
            (101, &[("upgrade", "websocket")][..], Err(SWITCHED)),
        ] {
            let mut head = head(status, headers);
            let framing = of(&mut head, &Method::GET, Version::HTTP_11);
            match (framing, expected) {
                (Ok(framing), Ok(last)) => {
                    assert_eq!(framing.last, last, "{headers:?}");
                    assert!(!last || !head.headers.contains_key(CONTENT_LENGTH));
                }
                (Err(failure), Err(what)) => {
                    assert_eq!((failure.kind, &*failure.what), (Kind::Protocol, what));
                }
                (framing, _) => panic!("{headers:?} gave {framing:?}"),
            }
        }
    }

    #[test]
    fn codings_of_a_response_without_a_body_cost_it_no_more_than_its_connection() {
        for (status, method) in [(200, Method::HEAD), (204, Method::GET), (304, Method::GET)] {
            for (coding, last) in [("gzip, chunked", true), ("gzip", true), ("chunked", false)] {
                let mut head = head(status, &[("transfer-encoding", coding)]);
                let framing = of(&mut head, &method, Version::HTTP_11).expect("usable");
                assert_eq!(framing.last, last, "{status} {method} {coding}");
            }
        }
    }

    #[test]
    fn over_http2_some_responses_have_no_body() {
        for (status, method, bodiless) in [
            (200, Method::GET, false),
            (200, Method::HEAD, true),
            (204, Method::GET, true),
            (304, Method::GET, true),
            (205, Method::POST, false),
        ] {
            let framing = of(&mut head(status, &[]), &method, Version::HTTP_2).expect("usable");
            assert_eq!(
                (framing.http2, framing.bodiless),
                (true, bodiless),
                "{status}"
            );
        }
        let failure = of(&mut head(101, &[]), &Method::GET, Version::HTTP_2).expect_err("101");
        assert_eq!(failure.kind, Kind::Protocol);
    }
}
