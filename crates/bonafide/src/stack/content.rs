//! Encoded responses: what a call asks for, and what is decoded. The rule is that of
//! `bonafide_tower::decompression`.

use bonafide_tower::decompression::{DecodingLimits, Plan, accept_encoding};
use http::header::ACCEPT_ENCODING;

use crate::error::{Delivery, Failure, Kind, Phase};
use crate::exchange::{Answered, Call};

/// Whether a response is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codings {
    /// The client asked for codings.
    Asked,
    /// The caller asked, for codings or for a range, or decoding is off: the response is the
    /// caller's as it is.
    LeftAlone,
}

/// Asks for every coding that this build decodes, unless the caller has asked.
pub(super) fn ask(limits: Option<DecodingLimits>, call: &mut Call) -> Codings {
    let wanted = limits.and_then(|_| accept_encoding(&call.method, &call.headers));
    match wanted {
        Some(codings) => {
            call.headers.insert(ACCEPT_ENCODING, codings);
            Codings::Asked
        }
        None => Codings::LeftAlone,
    }
}

/// The response to the last hop, `call`, with its body decoded.
pub(super) fn decode(
    limits: Option<DecodingLimits>,
    call: &Call,
    mut answer: Box<Answered>,
) -> Result<Box<Answered>, Failure> {
    let Some(limits) = limits else {
        return Ok(answer);
    };
    let head = &mut answer.head;
    let plan = Plan::new(&call.method, head.status, &head.headers).map_err(|error| {
        Failure::new(Kind::Decode, "the response's body cannot be decoded")
            .during(Phase::Headers)
            .caused_by(error)
            .delivered(Delivery::Answered)
    })?;
    if !plan.is_empty() {
        plan.edit_headers(&mut head.headers);
        answer.body = answer.body.decoded(plan, limits);
    }
    Ok(answer)
}
