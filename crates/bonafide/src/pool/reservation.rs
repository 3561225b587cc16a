//! A connection that is reserved for a request.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::connection::{Connect, Http1Conn, Recall as _};
use super::eviction::Cause;
use super::lease::{Http1Lease, Http2Lease, Lease};
use super::partition::{Partition, now};
use super::state::{Loan, StreamEnd};

/// How long a returned connection may take until it is ready again. It is ready as soon as the last
/// byte of a response has been read, unless it still sends the request; then a new connection is
/// the better choice.
const READY_GRACE: Duration = Duration::from_millis(100);

/// A connection that is reserved for a request. Dropped before the request claims it, it goes back
/// to its partition.
pub(super) struct Reservation<C: Connect> {
    /// Taken when the connection is claimed or found unusable.
    held: Option<(Arc<Partition<C>>, Loan<C>)>,
}

impl<C: Connect> Reservation<C> {
    pub(super) fn new(partition: Arc<Partition<C>>, loan: Loan<C>) -> Self {
        Self {
            held: Some((partition, loan)),
        }
    }

    /// Waits until the connection can take a request; `false` when it cannot, and then it is
    /// closed.
    pub(super) async fn is_ready(&mut self) -> bool {
        let Some((_, Loan::Http1(member))) = &mut self.held else {
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
        if let Some((partition, Loan::Http1(member))) = self.held.take() {
            Http1Lease::new(partition, member).close(cause);
        }
        false
    }

    /// Whether the connection was called back and is not for this request any more.
    pub(super) fn is_recalled(&self) -> bool {
        let (meta, fresh) = match &self.held {
            None => return false,
            Some((_, Loan::Http1(member))) => (&member.meta, member.fresh),
            Some((_, Loan::Http2(stream))) => (&stream.meta, stream.fresh),
        };
        // The clock is read only for a connection that is called back.
        meta.recalled_at().is_some_and(|at| at <= now()) && (!fresh || meta.binds_first_request())
    }

    /// Hands the connection to the request. `None` after [`Reservation::is_ready`] said `false`.
    pub(super) fn claim(mut self) -> Option<Lease<C>> {
        let (partition, loan) = self.held.take()?;
        partition.counters().claimed(loan.is_reused());
        Some(match loan {
            Loan::Http1(member) => Lease::Http1(Http1Lease::new(partition, member)),
            Loan::Http2(stream) => Lease::Http2(Http2Lease::new(partition, stream)),
        })
    }
}

impl<C: Connect> Drop for Reservation<C> {
    fn drop(&mut self) {
        let Some((partition, loan)) = self.held.take() else {
            return;
        };
        partition.step(|state, now, steps| match loan {
            Loan::Http1(member) => state.give_back(member, now, steps),
            Loan::Http2(stream) => state.release(stream.id, StreamEnd::Done, now, steps),
        });
    }
}
