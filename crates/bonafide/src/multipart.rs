//! Forms with files: `multipart/form-data` (RFC 7578).
//!
//! ```no_run
//! # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
//! use bonafide::multipart::{Form, Part};
//!
//! let form = Form::new()
//!     .text("title", "Sunset")
//!     .part("photo", Part::file("sunset.jpg").await?.content_type("image/jpeg")?)
//!     .part("notes", Part::new("no filter").file_name("notes.txt"));
//! client.post("https://photos.example/").multipart(form).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Progress is watched on a body, here on that of the file:
//!
//! ```no_run
//! # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
//! use std::time::Duration;
//!
//! use bonafide::Body;
//! use bonafide::multipart::{Form, Part};
//!
//! let photo = Body::from_file("sunset.jpg").await?;
//! let photo = photo.on_progress(|sent, total| println!("{sent} of {total:?}"));
//! let form = Form::new().part("photo", Part::new(photo).file_name("sunset.jpg"));
//! let upload = client.post("https://photos.example/").multipart(form);
//! upload.timeout(Duration::from_secs(300)).send().await?; // for the whole call
//! # Ok(())
//! # }
//! ```
//!
//! Names and file names may come from anywhere. They are escaped as browsers do (WHATWG HTML,
//! "multipart/form-data encoding algorithm"): `"` is sent as `%22`, CR as `%0D` and LF as `%0A`,
//! and nothing else is changed. So no name ends its quotes or its line. A backslash is sent as it
//! is: a receiver that reads it as an escape, against WHATWG, may not see where a name ends.
//!
//! A part has the fields `Content-Disposition` and `Content-Type`, and no others (RFC 7578
//! section 4.8). Parts are separated by a boundary of 128 random bits, which is drawn after the
//! parts exist, so that no content can be written to contain it.
//!
//! If all parts know their length, the form is sent with `Content-Length`, otherwise chunked. If
//! all parts can be sent again, so can the form: after a redirect with 307 or 308, or on another
//! connection.

pub use crate::body::multipart::{Form, Part};
