//! What a request holds: an offer that nobody has used yet, then a lease.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::connection::{Connect, Http1Conn};
use super::eviction::Cause;
use super::partition::Partition;
use super::state::{Grant, HandleId, Member, Stream};

/// How long a connection that was given back may take until it is ready again. It is ready in the moment when the
/// last byte of a response has been read, unless it is still sending the request; then a new one is the better choice.
const READY_GRACE: Duration = Duration::from_millis(100);

/// A connection on its way to a request. Dropped before it is claimed, it goes back to its partition.
pub(super) struct Offer<C: Connect> {
    /// Taken when the connection is claimed or found unusable.
    held: Option<(Arc<Partition<C>>, Grant<C>)>,
}

impl<C: Connect> Offer<C> {
    pub(super) fn new(partition: Arc<Partition<C>>, grant: Grant<C>) -> Self {
        Self {
            held: Some((partition, grant)),
        }
    }

    /// Waits until the connection can take a request; `false` when it cannot, and then it is closed.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Some((_, Grant::Http1(member))) = &mut self.held else {
            return true;
        };
        if member.fresh {
            return true;
        }
        let conn = &mut member.conn;
        let cause = match poll_fn(|cx| Poll::Ready(conn.poll_ready(cx))).await {
            Poll::Ready(true) => return true,
            Poll::Ready(false) => Cause::Closed,
            Poll::Pending => {
                match tokio::time::timeout(READY_GRACE, poll_fn(|cx| conn.poll_ready(cx))).await {
                    Ok(true) => return true,
                    Ok(false) => Cause::Closed,
                    Err(_) => Cause::NotReady,
                }
            }
        };
        if let Some((partition, Grant::Http1(Member { conn, .. }))) = self.held.take() {
            drop(conn);
            drop(Seat {
                partition,
                left: Some(cause),
            });
        }
        false
    }

    /// Makes it the request's own. `None` after [`Offer::is_ready`] said `false`.
    pub(super) fn claim(mut self) -> Option<Lease<C>> {
        let (partition, grant) = self.held.take()?;
        Some(match grant {
            Grant::Http1(member) => {
                let reused = !member.fresh;
                partition.counters().claimed(reused);
                Lease::Http1(Http1Lease {
                    member,
                    seat: Seat {
                        partition,
                        left: Some(Cause::Unfinished),
                    },
                    reused,
                })
            }
            Grant::Http2(stream) => {
                partition.counters().claimed(!stream.fresh);
                let seat = StreamSeat {
                    partition,
                    id: stream.id,
                };
                Lease::Http2(Http2Lease { stream, seat })
            }
        })
    }
}

impl<C: Connect> Drop for Offer<C> {
    fn drop(&mut self) {
        let Some((partition, grant)) = self.held.take() else {
            return;
        };
        partition.step(|state, now, steps| match grant {
            Grant::Http1(member) => state.give_back(member, now, steps),
            Grant::Http2(stream) => state.release(stream.id, now, steps),
        });
    }
}

/// A connection for one request. Hold it until the response body has ended.
pub(crate) enum Lease<C: Connect> {
    /// A whole HTTP/1.1 connection.
    Http1(Http1Lease<C>),
    /// One stream of an HTTP/2 connection.
    Http2(Http2Lease<C>),
}

impl<C: Connect> Lease<C> {
    /// What is known about the connection.
    pub(crate) fn meta(&self) -> &Arc<C::Meta> {
        match self {
            Self::Http1(lease) => lease.meta(),
            Self::Http2(lease) => lease.meta(),
        }
    }

    /// Whether an earlier request was given the same connection.
    pub(crate) fn is_reused(&self) -> bool {
        match self {
            Self::Http1(lease) => lease.is_reused(),
            Self::Http2(lease) => lease.is_reused(),
        }
    }
}

impl<C: Connect> fmt::Debug for Lease<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self {
            Self::Http1(_) => "Http1",
            Self::Http2(_) => "Http2",
        };
        f.debug_struct(protocol)
            .field("reused", &self.is_reused())
            .finish_non_exhaustive()
    }
}

/// An HTTP/1.1 connection, lent. Dropping it closes the connection: only an exchange that came to its end leaves a
/// connection that another request may use.
pub(crate) struct Http1Lease<C: Connect> {
    // Dropped in this order: the connection is gone before the partition hears of it.
    member: Member<C>,
    seat: Seat<C>,
    reused: bool,
}

impl<C: Connect> Http1Lease<C> {
    /// The connection.
    pub(crate) fn conn_mut(&mut self) -> &mut C::Http1 {
        &mut self.member.conn
    }

    /// What is known about the connection.
    pub(crate) fn meta(&self) -> &Arc<C::Meta> {
        &self.member.meta
    }

    /// Whether an earlier request used the same connection.
    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Gives the connection back. To be called when the response body has ended; the connection need not be ready
    /// for the next request yet.
    pub(crate) fn return_to_pool(self) {
        let Self {
            mut member,
            mut seat,
            reused: _,
        } = self;
        member.fresh = false;
        seat.left = None;
        seat.partition
            .step(|state, now, steps| state.give_back(member, now, steps));
    }

    /// Closes the connection and counts it as faulty.
    pub(crate) fn report_fault(self) {
        let Self {
            member,
            mut seat,
            reused: _,
        } = self;
        drop(member);
        seat.left = Some(Cause::Fault);
    }
}

/// The count of lent connections. `left` says why the connection does not come back.
struct Seat<C: Connect> {
    partition: Arc<Partition<C>>,
    left: Option<Cause>,
}

impl<C: Connect> Drop for Seat<C> {
    fn drop(&mut self) {
        if let Some(cause) = self.left {
            self.partition.count_closed(cause);
            self.partition
                .step(|state, now, steps| state.discard(now, steps));
        }
    }
}

/// Leave to open one stream. Dropping it says that the stream ended.
pub(crate) struct Http2Lease<C: Connect> {
    stream: Stream<C>,
    seat: StreamSeat<C>,
}

impl<C: Connect> Http2Lease<C> {
    /// The handle to send the request with.
    pub(crate) fn handle_mut(&mut self) -> &mut C::Http2 {
        &mut self.stream.handle
    }

    /// What is known about the connection.
    pub(crate) fn meta(&self) -> &Arc<C::Meta> {
        &self.stream.meta
    }

    /// Whether an earlier request was given the same connection.
    pub(crate) fn is_reused(&self) -> bool {
        !self.stream.fresh
    }

    /// Keeps new requests off the connection. The streams on it go on.
    pub(crate) fn report_fault(&self) {
        let StreamSeat { partition, id } = &self.seat;
        partition.step(|state, now, steps| state.fault_http2(*id, now, steps));
    }
}

/// The count of streams.
struct StreamSeat<C: Connect> {
    partition: Arc<Partition<C>>,
    id: HandleId,
}

impl<C: Connect> Drop for StreamSeat<C> {
    fn drop(&mut self) {
        self.partition
            .step(|state, now, steps| state.release(self.id, now, steps));
    }
}
