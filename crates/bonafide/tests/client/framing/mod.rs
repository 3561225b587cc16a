//! Where a request ends on its connection is the client's to say.

mod fields;
mod length;

use std::convert::Infallible;

use bonafide::{Body, Error, Kind, RequestBuilder};
use futures_util::stream;

fn streamed(pieces: &[&'static str]) -> Body {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, Infallible>(*piece))
        .collect();
    Body::from_stream(stream::iter(pieces))
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    })
}

fn expect_refused(error: &Error, text: &str) {
    assert_eq!(
        (error.kind(), error.phase(), error.is_retryable()),
        (Kind::Request, None, false)
    );
    assert!(error.to_string().ends_with(text), "{error}\nnot {text}");
}
