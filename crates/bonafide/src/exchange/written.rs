//! A request as it leaves for a connection.

use std::mem;
use std::sync::Arc;

use http::Request;
use http_body::Body as _;

use super::Call;
use super::attach::Attached;
use super::interim::{self, Gate};
use super::sending::Sending;
use crate::body::{Body, Progress};
use crate::connect::Meta;
use crate::error::Failure;

/// A request as it is sent over a connection.
pub(super) struct Written {
    pub(super) request: Request<Body>,
    pub(super) attached: Attached,
    /// Holds the body back, if the caller wants that.
    pub(super) gate: Option<Arc<Gate>>,
    /// None for a body that the connection takes at once.
    pub(super) progress: Option<Progress>,
    pub(super) sending: Option<Sending>,
}

/// Writes `call`, whose body it takes. The future of an exchange holds no part of it twice.
pub(super) fn write(call: &mut Call, meta: &Meta, http1: bool) -> Result<Written, Failure> {
    let mut body = mem::take(&mut call.body);
    let watched = body.watch();
    let progress = watched.filter(|_| !body.is_end_stream());
    let mut gate = None;
    if http1 && interim::expects_continue(&call.headers) && !body.is_end_stream() {
        let (held, gated) = Gate::hold(body, call.limits.expect_continue);
        gate = Some(held);
        body = gated;
    }
    let mut request = meta.wire.request(
        call.method.clone(),
        call.path.clone(),
        &call.headers,
        call.credentials,
        body,
    )?;
    let attached = match &call.attachments {
        None => Attached::default(),
        Some(attachments) => attachments.attach(&mut request, call, meta)?,
    };
    let callback = call.extensions.get().filter(|_| http1).cloned();
    interim::listen(&mut request, gate.clone(), callback);
    Ok(Written {
        sending: Sending::of(&call.events, request.body(), progress.as_ref()),
        request,
        attached,
        gate,
        progress,
    })
}
