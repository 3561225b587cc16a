//! What a client that follows redirects has to do: situations as data, and the servers that they
//! are about.
//!
//! ```ignore
//! for situation in redirects::situations() {
//!     let stage = Stage::start(&situation, Alpn::Http2).await;
//!     let ended = /* the client sends `stage.request(&situation)` */;
//!     stage.judge(&situation, &ended)?;
//! }
//! ```

mod situation;
mod stage;
mod table;

pub use situation::{Arrival, Ended, Outcome, RedirectFailure, Sent, Situation};
pub use stage::Stage;
pub use table::situations;
