//! Bodies of requests that may be sent more than once.

use bytes::Buf;
use http_body::Body;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};
use http_body_util::{Either, Empty, Full};

/// A request's body that says whether it can be sent again, after a redirect or after a failed
/// attempt.
///
/// It is implemented for `()`, `String` and the bodies of `http-body-util`. Implement it for a body
/// of your own:
///
/// ```
/// # #[cfg(feature = "redirect")]
/// use bonafide_tower::redirect::RepeatBody;
/// # #[cfg(not(feature = "redirect"))]
/// # use bonafide_tower::retry::RepeatBody;
/// use bytes::Bytes;
///
/// enum Upload {
///     Bytes(Bytes),
///     Stream(Box<dyn std::io::Read + Send>),
/// }
///
/// impl RepeatBody for Upload {
///     fn empty() -> Self {
///         Self::Bytes(Bytes::new())
///     }
///
///     fn try_repeat(&self) -> Option<Self> {
///         match self {
///             Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
///             Self::Stream(_) => None,
///         }
///     }
/// }
/// ```
pub trait RepeatBody: Sized {
    /// A body without content, for a request whose body is dropped.
    fn empty() -> Self;

    /// A copy of the body; `None` if its content can be read only once. It is called before each
    /// request that may be redirected or repeated, so it should be cheap. A body without content
    /// must return `Some`; otherwise no redirect of a `GET` is followed and no `GET` is sent again.
    fn try_repeat(&self) -> Option<Self>;
}

impl RepeatBody for () {
    fn empty() -> Self {}

    fn try_repeat(&self) -> Option<Self> {
        Some(())
    }
}

/// Each repetition copies the text.
impl RepeatBody for String {
    fn empty() -> Self {
        Self::new()
    }

    fn try_repeat(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl<D> RepeatBody for Empty<D> {
    fn empty() -> Self {
        Self::new()
    }

    fn try_repeat(&self) -> Option<Self> {
        Some(Self::new())
    }
}

/// `D` is cloned, which is cheap for [`bytes::Bytes`].
impl<D: Buf + Clone> RepeatBody for Full<D> {
    fn empty() -> Self {
        Self::default()
    }

    fn try_repeat(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// Can be repeated only if it is known to be empty.
impl<D: Buf + 'static, E> RepeatBody for BoxBody<D, E> {
    fn empty() -> Self {
        Self::default()
    }

    fn try_repeat(&self) -> Option<Self> {
        self.is_end_stream().then(Self::default)
    }
}

/// Can be repeated only if it is known to be empty.
impl<D: Buf + 'static, E> RepeatBody for UnsyncBoxBody<D, E> {
    fn empty() -> Self {
        Self::default()
    }

    fn try_repeat(&self) -> Option<Self> {
        self.is_end_stream().then(Self::default)
    }
}

/// Repeats the left or the right body. [`empty`](RepeatBody::empty) is a left one.
impl<L: RepeatBody, R: RepeatBody> RepeatBody for Either<L, R> {
    fn empty() -> Self {
        Self::Left(L::empty())
    }

    fn try_repeat(&self) -> Option<Self> {
        match self {
            Self::Left(body) => body.try_repeat().map(Self::Left),
            Self::Right(body) => body.try_repeat().map(Self::Right),
        }
    }
}
