//! What a fake server answers.

use http::{Response, StatusCode};

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
/// let busy: Reply = StatusCode::SERVICE_UNAVAILABLE.into();
/// let broken: Reply = Fault::Closed.into();
/// let by_chance: Reply = Err::<Response<&str>, _>(Fault::CannotConnect).into();
/// # drop((fine, busy, broken, by_chance));
/// ```
#[derive(Debug)]
pub struct Reply(pub(crate) Outcome);

/// A response or a fault.
#[derive(Debug)]
pub(crate) enum Outcome {
    Response(Response<Body>),
    Failure(Failure),
    /// It never comes.
    Silence,
}

impl<B: Into<Body>> From<Response<B>> for Reply {
    fn from(response: Response<B>) -> Self {
        Self(Outcome::Response(response.map(Into::into)))
    }
}

/// A response of this status without a body.
impl From<StatusCode> for Reply {
    fn from(status: StatusCode) -> Self {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        response.into()
    }
}

impl From<Fault> for Reply {
    fn from(fault: Fault) -> Self {
        Self(fault.outcome())
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
/// connections: `bonafide-testkit` has servers for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// There is no connection to the server: [`Kind::Connect`](crate::Kind::Connect) and
    /// [`Delivery::NotSent`].
    CannotConnect,
    /// The connection ends before a response arrives: [`Kind::Closed`](crate::Kind::Closed) and
    /// [`Delivery::MaybeProcessed`].
    Closed,
    /// The server never answers, so that the request meets its time limits:
    /// [`Kind::Timeout`](crate::Kind::Timeout). Under tokio's paused time they pass at once.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), bonafide::Error> {
    /// use std::time::Duration;
    ///
    /// use bonafide::testing::{FakeServer, Fault};
    ///
    /// let server = FakeServer::in_turn([Fault::NeverAnswers]);
    /// let client = bonafide::Client::builder()
    ///     .timeout(Duration::from_secs(10))
    ///     .answered_by(&server)
    ///     .build()?;
    /// let error = client.get("https://shop.example/").send().await.expect_err("a timeout");
    /// assert!(error.is_timeout());
    /// # Ok(())
    /// # }
    /// ```
    NeverAnswers,
}

impl Fault {
    fn outcome(self) -> Outcome {
        let failure = match self {
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
            Self::NeverAnswers => return Outcome::Silence,
        };
        Outcome::Failure(failure)
    }
}
