//! How a form is written; what a caller sees of it is [`crate::multipart`].

mod boundary;
mod escaping;
mod form;
mod part;
mod sending;

pub use self::form::Form;
pub use self::part::Part;
