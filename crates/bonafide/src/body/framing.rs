//! What marks the end of a response's body.

/// What a response's head says about its body and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Over HTTP/2: the stream alone says where the body ends.
    pub(crate) http2: bool,
    /// No byte of a body may come, although HTTP/2 has room for it.
    pub(crate) bodiless: bool,
    /// The connection serves no other request.
    pub(crate) last: bool,
}
