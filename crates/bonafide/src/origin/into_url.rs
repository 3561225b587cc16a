//! What callers may write where a URL is wanted.

use http::Uri;
use url::Url;

use self::sealed::Written;
use crate::error::Error;

/// A URL in any of the usual forms: `&str`, `String`, `&String`, [`Url`], `&Url`, [`Uri`] or
/// `&Uri`.
///
/// A function that passes a URL on takes `impl IntoUrl`, as the methods of
/// [`Client`](crate::Client) do. The trait is sealed: other crates can name it and call it, and
/// cannot implement it.
///
/// ```
/// use bonafide::{Client, Error, IntoUrl, RequestBuilder};
///
/// /// Starts a `GET` of the next page.
/// fn next_page(client: &Client, url: impl IntoUrl, page: u32) -> Result<RequestBuilder, Error> {
///     let mut url = url.into_url()?;
///     url.query_pairs_mut().append_pair("page", &page.to_string());
///     Ok(client.get(url))
/// }
///
/// # let client = Client::new();
/// let request = next_page(&client, "https://shop.example/orders", 2)?.build()?;
/// assert_eq!(request.url().as_str(), "https://shop.example/orders?page=2");
/// # Ok::<(), Error>(())
/// ```
pub trait IntoUrl: sealed::Sealed {
    /// The URL, if a request can be sent to it.
    ///
    /// User name, password and fragment stay in it. An `http://` URL is accepted here, and refused
    /// when the request is sent unless [`allow_plain_http`](crate::ClientBuilder::allow_plain_http)
    /// is set.
    ///
    /// # Errors
    ///
    /// [`Kind::Url`](crate::Kind::Url) if the text is not a URL (RFC 3986), if the scheme is
    /// neither `https` nor `http`, or if the host or the port cannot be connected to. The error
    /// does not repeat the password.
    fn into_url(self) -> Result<Url, Error>;
}

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
        impl IntoUrl for $form {
            fn into_url(self) -> Result<Url, Error> {
                let $this = &self;
                super::url_of($written)
            }
        }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn every_form_becomes_the_same_url() {
        let text = "https://shop.example/orders?page=2";
        let url = Url::parse(text).expect("a URL");
        let uri: Uri = text.parse().expect("a URI");
        for made in [
            text.into_url(),
            text.to_owned().into_url(),
            (&text.to_owned()).into_url(),
            url.clone().into_url(),
            (&url).into_url(),
            uri.clone().into_url(),
            (&uri).into_url(),
        ] {
            assert_eq!(made.expect("a URL that can be used"), url);
        }
    }

    #[test]
    fn user_name_password_and_fragment_stay_in_the_url() {
        let text = "https://user:secret@shop.example/#top";
        let url = text.into_url().expect("a URL that can be used");
        assert_eq!(url.as_str(), text);
    }

    #[test]
    fn a_url_that_no_request_can_be_sent_to_is_refused_in_every_form() {
        let ftp = "ftp://user:secret@h/x";
        let port_zero = "https://user:secret@h:0/";
        for (text, shown) in [
            (ftp, "the scheme is \"ftp\", not https"),
            (port_zero, "https://h:0/: port 0 cannot be connected to"),
        ] {
            let url = Url::parse(text).expect("a URL");
            let uri: Uri = text.parse().expect("a URI");
            for made in [text.into_url(), url.into_url(), uri.into_url()] {
                let error = made.expect_err(text);
                assert_eq!(error.kind(), Kind::Url, "{text}");
                assert_eq!(error.to_string(), shown);
            }
        }
        let error = "/path".into_url().expect_err("no origin");
        assert_eq!(
            error.to_string(),
            "the URL is not valid: relative URL without a base"
        );
        let error = "https://[fe80::1%25eth0]/"
            .into_url()
            .expect_err("a zone id");
        assert_eq!(error.kind(), Kind::Url);
    }
}
