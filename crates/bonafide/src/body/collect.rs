//! Reading a body to its end.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body as _, Frame};

use super::Body;
use crate::error::{Error, Failure, Kind, Phase};
use crate::limits::Cap;

/// Most bytes that are allocated before data arrives, whatever length the peer declares.
const MAX_TRUSTED_LENGTH: u64 = 1024 * 1024;

/// The next frame of `body`.
pub(crate) async fn next_frame(body: &mut Body) -> Option<Result<Frame<Bytes>, Error>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await
}

/// The next chunk of data. Empty chunks are skipped, and trailers are kept in `trailers`.
pub(crate) async fn next_chunk(
    body: &mut Body,
    trailers: &mut Option<HeaderMap>,
) -> Result<Option<Bytes>, Error> {
    while let Some(frame) = next_frame(body).await {
        match frame?.into_data() {
            Ok(data) if !data.is_empty() => return Ok(Some(data)),
            Ok(_) => {}
            Err(frame) => {
                if let Ok(fields) = frame.into_trailers() {
                    trailers.get_or_insert_default().extend(fields);
                }
            }
        }
    }
    Ok(None)
}

/// All bytes of `body`, if they are within `cap`. Its trailers are kept in `trailers`.
pub(crate) async fn collect(
    body: &mut Body,
    cap: Cap,
    trailers: &mut Option<HeaderMap>,
) -> Result<Bytes, Error> {
    if body
        .size_hint()
        .exact()
        .is_some_and(|declared| cap.is_over(declared))
    {
        return Err(too_large(cap));
    }
    let Some(first) = next_chunk(body, trailers).await? else {
        return Ok(Bytes::new());
    };
    if body.is_end_stream() {
        return within(first, cap);
    }
    let Some(second) = next_chunk(body, trailers).await? else {
        return within(first, cap);
    };
    let rest = body.size_hint().lower().min(MAX_TRUSTED_LENGTH) as usize;
    let mut all = BytesMut::with_capacity(first.len() + second.len() + rest);
    all.extend_from_slice(&first);
    all.extend_from_slice(&second);
    loop {
        if cap.is_over(all.len() as u64) {
            return Err(too_large(cap));
        }
        match next_chunk(body, trailers).await? {
            Some(chunk) => all.extend_from_slice(&chunk),
            None => return Ok(all.freeze()),
        }
    }
}

fn within(bytes: Bytes, cap: Cap) -> Result<Bytes, Error> {
    if cap.is_over(bytes.len() as u64) {
        Err(too_large(cap))
    } else {
        Ok(bytes)
    }
}

#[cold]
fn too_large(cap: Cap) -> Error {
    let what = match cap {
        Cap::OfClient(limit) => format!(
            "the body is larger than {} bytes, the limit set by `ClientBuilder::max_body_bytes`",
            limit.unwrap_or(usize::MAX)
        ),
        Cap::OfCall(limit) => format!("the body is larger than {limit} bytes"),
    };
    Failure::new(Kind::TooLarge, what)
        .during(Phase::Body)
        .into()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    fn chunks(chunks: &[&'static str]) -> Body {
        let chunks: Vec<Result<&'static [u8], Infallible>> =
            chunks.iter().map(|chunk| Ok(chunk.as_bytes())).collect();
        Body::from_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn chunks_are_joined() {
        for (parts, whole) in [
            (&[][..], ""),
            (&["a"][..], "a"),
            (&["a", "b"][..], "ab"),
            (&["a", "", "bc", "d"][..], "abcd"),
        ] {
            let bytes = collect(&mut chunks(parts), Cap::OfClient(None), &mut None)
                .await
                .expect("no error");
            assert_eq!(bytes, whole.as_bytes());
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        for (parts, limit, fits) in [
            (&["abc"][..], 3, true),
            (&["abc"][..], 2, false),
            (&["ab", "cd"][..], 4, true),
            (&["ab", "cd"][..], 3, false),
            (&["a", "b", "c", "d"][..], 3, false),
        ] {
            let outcome = collect(&mut chunks(parts), Cap::OfCall(limit), &mut None).await;
            match outcome {
                Ok(bytes) => assert!(fits, "{parts:?} gave {bytes:?}"),
                Err(error) => {
                    assert!(!fits, "{parts:?}");
                    assert_eq!(error.kind(), Kind::TooLarge);
                    assert_eq!(
                        error.to_string(),
                        format!("the body is larger than {limit} bytes")
                    );
                }
            }
        }
        let error = collect(&mut Body::from("abcd"), Cap::OfClient(Some(3)), &mut None)
            .await
            .expect_err("declared length");
        assert_eq!(
            (error.kind(), error.to_string()),
            (
                Kind::TooLarge,
                "the body is larger than 3 bytes, the limit set by `ClientBuilder::max_body_bytes`"
                    .to_owned()
            )
        );
    }
}
