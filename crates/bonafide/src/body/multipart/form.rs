//! A form.

use std::fmt;

use bytes::Bytes;

use super::boundary::Boundary;
use super::part::Part;
use super::sending::{Section, body};
use crate::body::Body;
use crate::error::Failure;

/// A form for [`RequestBuilder::multipart`](crate::RequestBuilder::multipart): parts with names, in
/// the order in which they were added. Several parts may have the same name.
///
/// ```
/// use bonafide::multipart::{Form, Part};
///
/// let form = Form::new()
///     .text("title", "Sunset")
///     .part("photo", Part::new(vec![0xff, 0xd8]).file_name("sunset.jpg"));
/// ```
#[derive(Default)]
#[must_use = "a form does nothing until it is sent"]
pub struct Form {
    parts: Vec<(String, Part)>,
}

impl Form {
    /// A form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text, which is sent as UTF-8.
    pub fn text(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.part(name, Part::new(value.into()))
    }

    /// Adds `part`.
    #[doc(alias = "file")]
    pub fn part(mut self, name: impl Into<String>, part: Part) -> Self {
        self.parts.push((name.into(), part));
        self
    }

    /// The body of the form and its `Content-Type`.
    pub(crate) fn into_body(self) -> Result<(Body, String), Failure> {
        let boundary = Boundary::random()?;
        let mut sections = Vec::with_capacity(self.parts.len());
        for (name, part) in self.parts {
            let before = if sections.is_empty() { "" } else { "\r\n" };
            let boundary = boundary.as_str();
            let head = format!("{before}--{boundary}\r\n{}", part.head(&name));
            sections.push(Section::new(head, part.content));
        }
        let before = if sections.is_empty() { "" } else { "\r\n" };
        let end = Bytes::from(format!("{before}--{}--\r\n", boundary.as_str()));
        let content_type = format!("multipart/form-data; boundary={}", boundary.as_str());
        Ok((body(sections, end), content_type))
    }
}

/// Shows the names of the parts and not their content.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts.iter().map(|(name, part)| (name, part));
        f.debug_map().entries(parts).finish()
    }
}
