//! One part of a form.

use std::fmt;
use std::path::PathBuf;

use mime::Mime;

use super::escaping::push_escaped;
use crate::body::Body;
use crate::error::{Delivery, Error, Failure, Kind};

/// A value of a [`Form`](super::Form): text, bytes, a file or a stream, with a file name and a
/// content type if they are set.
///
/// ```
/// use bonafide::multipart::Part;
///
/// # fn show() -> Result<(), bonafide::Error> {
/// let table = Part::new("a,b\n1,2\n")
///     .file_name("table.csv")
///     .content_type("text/csv; charset=utf-8")?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a part does nothing until it is added to a form"]
pub struct Part {
    pub(super) content: Body,
    file_name: Option<String>,
    content_type: Option<Mime>,
}

impl Part {
    /// A part with `content`: text, bytes, or any [`Body`]. It has no file name.
    ///
    /// The length of a [`Body::sized_stream`] is part of the form's length, and counted. After a
    /// [`Body::from_stream`] the length of the form is not known, so that HTTP/1.1 sends it
    /// chunked. Trailers of a body are left out.
    #[doc(alias("text", "bytes", "stream"))]
    pub fn new(content: impl Into<Body>) -> Self {
        Self {
            content: content.into(),
            file_name: None,
            content_type: None,
        }
    }

    /// The file at `path`, streamed as [`Body::from_file`] describes. Its file name is the last
    /// component of `path`; the folders are not sent.
    ///
    /// # Errors
    ///
    /// Those of [`Body::from_file`].
    pub async fn file(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let part = Self::new(Body::from_file(path).await?);
        Ok(match name {
            Some(name) => part.file_name(name),
            None => part,
        })
    }

    /// Sets the file name, which makes this part a file for the server. Without a
    /// [content type](Self::content_type), the part is then sent as `application/octet-stream`.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Sets the content type, such as `image/png`. By default a part with a file name has
    /// `application/octet-stream`, and another part has none, which means `text/plain`
    /// (RFC 7578 section 4.4).
    ///
    /// # Errors
    ///
    /// [`Kind::Request`] if `content_type` is not a media type (RFC 9110 section 8.3.1).
    #[doc(alias = "mime_str")]
    pub fn content_type(mut self, content_type: &str) -> Result<Self, Error> {
        let parsed = content_type.parse::<Mime>().map_err(|error| {
            Failure::new(Kind::Request, "the content type of a part is not valid")
                .delivered(Delivery::NotSent)
                .caused_by(error)
        })?;
        self.content_type = Some(parsed);
        Ok(self)
    }

    /// The fields of the part with their line ends, and the empty line after them.
    pub(super) fn head(&self, name: &str) -> String {
        let mut head = String::from("Content-Disposition: form-data; name=\"");
        push_escaped(&mut head, name);
        head.push('"');
        if let Some(file_name) = &self.file_name {
            head.push_str("; filename=\"");
            push_escaped(&mut head, file_name);
            head.push('"');
        }
        let content_type = match &self.content_type {
            None if self.file_name.is_some() => Some("application/octet-stream"),
            None => None,
            Some(content_type) => Some(content_type.as_ref()),
        };
        if let Some(content_type) = content_type {
            head.push_str("\r\nContent-Type: ");
            head.push_str(content_type);
        }
        head.push_str("\r\n\r\n");
        head
    }
}

/// Does not show the content.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("file_name", &self.file_name)
            .field(
                "content_type",
                &self.content_type.as_ref().map(Mime::as_ref),
            )
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_a_media_type_and_nothing_more() {
        for good in [
            "text/plain",
            "text/csv; charset=utf-8",
            "multipart/mixed; boundary=\"a b\"",
        ] {
            let part = Part::new("").content_type(good).expect(good);
            assert!(
                part.head("n")
                    .ends_with(&format!("\r\nContent-Type: {good}\r\n\r\n"))
            );
        }
        for bad in [
            "",
            "text",
            "text/plain\r\nX-Injected: 1",
            "text/plain; a=\"b\r\nX-Injected: 1\"",
            "text/plain; a=\"\n\"",
            "text/plain\0",
            "text/pl\u{e4}in",
        ] {
            let error = Part::new("").content_type(bad).expect_err(bad);
            assert_eq!(
                (error.kind(), error.delivery()),
                (Kind::Request, Delivery::NotSent)
            );
            assert!(
                error
                    .to_string()
                    .starts_with("the content type of a part is not valid: ")
            );
        }
    }
}
