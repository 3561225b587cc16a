//! What a fake server answers.

use http::Response;

use crate::body::Body;
use crate::error::{Delivery, Failure, Kind, Phase};

/// The answer of a [`FakeServer`](super::FakeServer): a response, or a [`Fault`] in its place.
///
/// A stream as the response's body is read as it comes, under the client's read limit; its error
/// cuts the body off ([`Kind::Body`](crate::Kind::Body)).
///
/// ```
/// use bonafide::http::{Response, StatusCode};
/// use bonafide::testing::{Fault, Reply};
///
/// let fine: Reply = Response::new("text").into();
/// let broken: Reply = Fault::Closed.into();
/// let by_chance: Reply = Err::<Response<&str>, _>(Fault::CannotConnect).into();
/// # drop((fine, broken, by_chance));
/// ```
#[derive(Debug)]
pub struct Reply(pub(crate) Outcome);

/// A response or a fault.
#[derive(Debug)]
pub(crate) enum Outcome {
    Response(Response<Body>),
    Fault(Fault),
}

impl<B: Into<Body>> From<Response<B>> for Reply {
    fn from(response: Response<B>) -> Self {
        Self(Outcome::Response(response.map(Into::into)))
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self(Outcome::Fault(fault))
    }
}

impl<R: Into<Self>> From<Result<R, Fault>> for Reply {
    fn from(outcome: Result<R, Fault>) -> Self {
        outcome.map_or_else(Self::from, Into::into)
    }
}

/// What a [`FakeServer`](super::FakeServer) does in place of a response.
///
/// A server that is refused, or that breaks off within TLS or an HTTP/2 stream, is a matter of real
/// connections: `bonafide-testkit` has servers for that. A server that never answers is a closure
/// that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// There is no connection to the server: [`Kind::Connect`](crate::Kind::Connect) and
    /// [`Delivery::NotSent`].
    CannotConnect,
    /// The connection ends before a response arrives: [`Kind::Closed`](crate::Kind::Closed) and
    /// [`Delivery::MaybeProcessed`].
    Closed,
}

impl Fault {
    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::CannotConnect => {
                Failure::new(Kind::Connect, "could not connect to the fake server")
                    .during(Phase::Connect)
                    .retryable()
            }
            Self::Closed => {
                Failure::new(Kind::Closed, "the connection closed before a response came")
                    .during(Phase::Headers)
                    .delivered(Delivery::MaybeProcessed)
            }
        }
    }
}
