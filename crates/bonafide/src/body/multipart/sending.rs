//! A form as a body.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use crate::body::Body;
use crate::body::repeat::Again;
use crate::error::{Error, Failure, Kind, Phase};

/// A part as it is sent.
pub(super) struct Section {
    /// The boundary and the part's fields.
    head: Bytes,
    content: Body,
}

impl Section {
    pub(super) fn new(head: String, content: Body) -> Self {
        Self {
            head: head.into(),
            content,
        }
    }

    fn try_clone(&self) -> Option<Self> {
        Some(Self {
            head: self.head.clone(),
            content: self.content.try_clone()?,
        })
    }
}

/// The body of `sections`, closed by `end`. It can be repeated if all of them can.
pub(super) fn body(sections: Vec<Section>, end: Bytes) -> Body {
    let spares: Option<Arc<[Section]>> = sections.iter().map(Section::try_clone).collect();
    let body = Body::composed(Sending::new(sections, end.clone()));
    let Some(spares) = spares else {
        return body;
    };
    body.repeated_by(Again::new(move || {
        let sections = spares.iter().map(Section::try_clone);
        let sections = sections.collect::<Option<Vec<_>>>()?;
        Some(Body::composed(Sending::new(sections, end.clone())))
    }))
}

/// A form that is being sent.
struct Sending {
    sections: VecDeque<Section>,
    end: Bytes,
    /// The number of the part that is being sent; the first is 1.
    number: usize,
    /// The bytes to come, if all parts know their length.
    left: Option<u64>,
}

impl Sending {
    fn new(sections: Vec<Section>, end: Bytes) -> Self {
        let left = sections.iter().try_fold(end.len() as u64, |sum, section| {
            let length = section.content.known_length()?;
            sum.checked_add(section.head.len() as u64)?
                .checked_add(length)
        });
        Self {
            sections: sections.into(),
            end,
            number: 1,
            left,
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        while let Some(section) = self.sections.front_mut() {
            if !section.head.is_empty() {
                return Poll::Ready(Some(Ok(std::mem::take(&mut section.head))));
            }
            match ready!(Pin::new(&mut section.content).poll_frame(cx)) {
                None => {
                    self.sections.pop_front();
                    self.number += 1;
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(self.fail(error)))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(Ok(data))),
                    _ => {}
                },
            }
        }
        let end = std::mem::take(&mut self.end);
        Poll::Ready((!end.is_empty()).then_some(Ok(end)))
    }

    #[cold]
    fn fail(&mut self, error: Error) -> Error {
        self.sections.clear();
        self.end.clear();
        let what = format!("part {} of the form could not be read", self.number);
        Failure::new(Kind::Body, what)
            .during(Phase::Send)
            .caused_by(error)
            .into()
    }
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let piece = ready!(self.poll_piece(cx));
        if let (Some(Ok(piece)), Some(left)) = (&piece, &mut self.left) {
            *left = left.saturating_sub(piece.len() as u64);
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.sections.is_empty() && self.end.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
