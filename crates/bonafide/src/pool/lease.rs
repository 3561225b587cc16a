//! What a request holds while it uses a connection.

use std::fmt;
use std::sync::Arc;

use super::connection::Connect;
use super::eviction::Cause;
use super::partition::Partition;
use super::state::{HandleId, Member, Stream, StreamEnd};

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

    /// Whether the connection was made for another request or was kept idle: it may have been
    /// closed since.
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

/// A lent HTTP/1.1 connection. Dropping the lease closes the connection: another request may use it
/// only after a complete exchange.
pub(crate) struct Http1Lease<C: Connect> {
    // Dropped in this order: the connection is closed before the partition is notified.
    member: Member<C>,
    seat: Seat<C>,
}

impl<C: Connect> Http1Lease<C> {
    /// A lease of a connection that the partition counts as lent.
    pub(super) fn new(partition: Arc<Partition<C>>, member: Member<C>) -> Self {
        let left = Some(Cause::Unfinished);
        Self {
            member,
            seat: Seat { partition, left },
        }
    }

    /// The connection.
    pub(crate) fn conn(&self) -> &C::Http1 {
        &self.member.conn
    }

    /// What is known about the connection.
    pub(crate) fn meta(&self) -> &Arc<C::Meta> {
        &self.member.meta
    }

    /// Whether the connection was made for another request or was kept idle: it may have been
    /// closed since.
    pub(crate) fn is_reused(&self) -> bool {
        !self.member.fresh
    }

    /// Returns the connection to the pool. Call this when the response body has ended; the
    /// connection need not be ready for the next request yet.
    pub(crate) fn return_to_pool(self) {
        let Self {
            mut member,
            mut seat,
        } = self;
        member.fresh = false;
        seat.left = None;
        seat.partition
            .step(|state, now, steps| state.give_back(member, now, steps));
    }

    /// Closes the connection and counts it as faulty.
    pub(crate) fn report_fault(self) {
        self.close(Cause::Fault);
    }

    /// Closes the connection for `cause`.
    pub(super) fn close(mut self, cause: Cause) {
        self.seat.left = Some(cause);
    }
}

/// Keeps the count of lent connections. `left` is the reason why the connection does not come back.
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

/// The right to open one stream. Dropping it records that the stream ended.
pub(crate) struct Http2Lease<C: Connect> {
    stream: Stream<C>,
    seat: StreamSeat<C>,
}

impl<C: Connect> Http2Lease<C> {
    /// A lease of a stream that the partition counts.
    pub(super) fn new(partition: Arc<Partition<C>>, stream: Stream<C>) -> Self {
        let seat = StreamSeat {
            partition,
            id: stream.id,
            end: StreamEnd::Cancelled,
        };
        Self { stream, seat }
    }

    /// The handle to send the request with.
    pub(crate) fn handle(&self) -> &C::Http2 {
        &self.stream.handle
    }

    /// Whether no other request was under way on the connection when this one came to it.
    pub(crate) fn is_alone(&self) -> bool {
        self.stream.alone
    }

    /// The peer has ended the stream. A lease that is dropped without this call counts as a
    /// cancelled request.
    pub(crate) fn end(mut self) {
        self.seat.end = StreamEnd::Done;
    }

    /// Reports that the request waited for at least [`SILENCE`](crate::limits::SILENCE) without a
    /// response, since the handle's `reads` was `reads`.
    pub(crate) fn doubt(&self, reads: u64) {
        let StreamSeat { partition, id, .. } = &self.seat;
        partition.step(|state, now, steps| state.doubt_http2(*id, reads, now, steps));
    }

    /// What is known about the connection.
    pub(crate) fn meta(&self) -> &Arc<C::Meta> {
        &self.stream.meta
    }

    /// Whether the connection was made for another request or was kept idle: it may have been
    /// closed since.
    pub(crate) fn is_reused(&self) -> bool {
        !self.stream.fresh
    }

    /// Stops new requests from using the connection. Its open streams continue.
    pub(crate) fn report_fault(&self) {
        let StreamSeat { partition, id, .. } = &self.seat;
        partition.step(|state, now, steps| state.fault_http2(*id, now, steps));
    }
}

/// The count of streams.
struct StreamSeat<C: Connect> {
    partition: Arc<Partition<C>>,
    id: HandleId,
    end: StreamEnd,
}

impl<C: Connect> Drop for StreamSeat<C> {
    fn drop(&mut self) {
        self.partition
            .step(|state, now, steps| state.release(self.id, self.end, now, steps));
    }
}
