//! One event.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::error::{Delivery, Error};
use crate::response::parse_json;

/// One server-sent event: its type, its data and the ID that the stream had then.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    pub(super) event_type: Option<String>,
    pub(super) data: String,
    pub(super) id: Arc<str>,
}

impl Event {
    /// The event's type: the value of its last field `event`, or `message` if it has none or an
    /// empty one.
    pub fn event_type(&self) -> &str {
        self.event_type.as_deref().unwrap_or("message")
    }

    /// The values of its fields `data`, joined by line feeds.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The data, without a copy.
    pub fn into_data(self) -> String {
        self.data
    }

    /// The last event ID: the value of the last field `id` of this event or of an earlier one;
    /// empty if there was none.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The data as JSON.
    ///
    /// ```
    /// use bonafide::sse::Parser;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut bytes = &b"event: price\ndata: 7.5\n\n"[..];
    /// if let Some(event) = Parser::new().read(&mut bytes)? {
    ///     let price: f64 = event.json()?;
    ///     assert_eq!((event.event_type(), price), ("price", 7.5));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`](crate::Kind::Decode) if the JSON is not valid or does not fit `T`: the text
    /// names the path, the line and the column of the mistake, and quotes no value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let what = "the event's data is not JSON of the expected type";
        parse_json(self.data.as_bytes(), what)
            .map_err(|failure| failure.delivered(Delivery::Answered).into())
    }
}
