//! The middleware over scripted services: the rule, the layer, and what no text shows.

mod bound;
mod challenged;
mod inner;
mod schemes;
mod secrets;
