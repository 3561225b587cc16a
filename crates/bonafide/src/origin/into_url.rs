//! What callers may write where a URL is wanted.

use http::Uri;
use url::Url;

use self::sealed::Written;

/// A URL in any of the usual forms: text, [`Url`], or [`http::Uri`].
///
/// Sealed: the forms are `&str`, `String`, `&String`, `Url`, `&Url`, `Uri` and `&Uri`.
pub trait IntoUrl: sealed::Sealed {}

pub(crate) mod sealed {
    use http::Uri;
    use url::Url;

    /// A URL as its caller has it.
    #[derive(Clone, Copy)]
    pub enum Written<'a> {
        /// As text.
        Text(&'a str),
        /// Parsed by the `url` crate.
        Url(&'a Url),
        /// Parsed by the `http` crate.
        Uri(&'a Uri),
    }

    /// Lends the URL to `read`, in the form that costs least.
    pub trait Sealed {
        #[doc(hidden)]
        fn lend<R>(&self, read: impl FnOnce(Written<'_>) -> R) -> R;
    }
}

macro_rules! into_url {
    ($($form:ty => |$this:ident| $written:expr;)*) => {$(
        impl IntoUrl for $form {}

        impl sealed::Sealed for $form {
            fn lend<R>(&self, read: impl FnOnce(Written<'_>) -> R) -> R {
                let $this = self;
                read($written)
            }
        }
    )*};
}

into_url! {
    &str => |text| Written::Text(text);
    String => |text| Written::Text(text);
    &String => |text| Written::Text(text);
    Url => |url| Written::Url(url);
    &Url => |url| Written::Url(url);
    Uri => |uri| Written::Uri(uri);
    &Uri => |uri| Written::Uri(uri);
}
