//! Settings of what every request is sent with.

use std::mem;

use bonafide_tower::default_headers::{
    DefaultHeaderError, DefaultHeaderValues, NOT_FOR_EVERY_REQUEST,
};
use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::ClientBuilder;
use crate::error::{Failure, Kind};
use crate::header_names::mark_secrets;

impl ClientBuilder {
    /// `User-Agent` of every request. Default: `bonafide/` and the version of this crate.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        match HeaderValue::from_str(user_agent.as_ref()) {
            Ok(value) => {
                self.default_headers.everywhere.insert(USER_AGENT, value);
            }
            Err(error) => {
                let failure =
                    Failure::new(Kind::Request, "the user agent is not a valid header value");
                self.mistake = Some(failure.caused_by(error));
            }
        }
        self
    }

    /// Headers of every request that does not set its own header of that name. They replace earlier
    /// defaults of the same name. Default: `Accept: */*` and the user agent.
    ///
    /// Once a redirect has led to another origin,
    /// [`PRIVATE_HEADERS`](crate::redirect::PRIVATE_HEADERS) such as `Authorization` and `Cookie`
    /// are left out, and so are headers that
    /// [you made private](crate::redirect::Redirects::with_private_header) and values that are
    /// marked as [sensitive](HeaderValue::set_sensitive). Headers that cannot be the same for every
    /// request are refused: `Host`; `Proxy-Authorization` (credentials for a proxy belong in the
    /// URL of [`Proxy`](crate::Proxy), or in [`Proxy::header`](crate::Proxy::header));
    /// `Content-Length`, `Transfer-Encoding`, `Trailer` and `Expect`, which belong to a body; and
    /// the fields about a connection, `Connection`, `Keep-Alive`, `Proxy-Connection`, `TE`,
    /// `Upgrade` and `HTTP2-Settings`.
    pub fn default_headers(mut self, mut headers: HeaderMap) -> Self {
        mark_secrets(&mut headers);
        for name in NOT_FOR_EVERY_REQUEST {
            if headers.contains_key(&name) {
                let what = format!("{name} cannot be a default header");
                self.mistake = Some(Failure::new(Kind::Config, what));
            }
        }
        for name in headers.keys() {
            self.default_headers.everywhere.remove(name);
        }
        self.default_headers.everywhere.extend(headers);
        self
    }

    /// Adds a header of every request to one origin, such as `https://api.example.com`, that does
    /// not set its own header of that name. It takes precedence over a [header of all
    /// requests](Self::default_headers). If the name was added for the origin before, both values
    /// are sent. Default: none.
    ///
    /// It is added for each connection, so it goes to no other origin after a redirect. Once a
    /// redirect has led from another origin to this one, headers that
    /// [cannot cross origins](crate::redirect::PRIVATE_HEADERS) are left out.
    /// `Authorization`, `Cookie` and [sensitive](HeaderValue::set_sensitive) values are secrets:
    /// see [`secret_header_at`](Self::secret_header_at). Where responses are decoded, the client's
    /// `Accept-Encoding` replaces one that is added here.
    ///
    /// [`build`](Self::build) fails with [`Kind::Config`] for an origin that is not one, a header
    /// that cannot be a default, and a secret for an `http://` origin. A base URL with a path is
    /// not an origin; `url.origin().ascii_serialization()` is that of a [`Url`](crate::Url).
    ///
    /// ```
    /// use bonafide::{Client, header};
    ///
    /// let client = Client::builder()
    ///     .default_header_at("https://api.example.com", header::ACCEPT, "application/json")
    ///     .secret_header_at("https://api.example.com", "x-api-key", "s3cret")
    ///     .build()?;
    /// # let _ = client;
    /// # Ok::<(), bonafide::Error>(())
    /// ```
    pub fn default_header_at<K, V>(self, origin: &str, name: K, value: V) -> Self
    where
        HeaderName: TryFrom<K>,
        <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
        HeaderValue: TryFrom<V>,
        <HeaderValue as TryFrom<V>>::Error: Into<http::Error>,
    {
        let value = HeaderValue::try_from(value).map_err(Into::into);
        match (name_of(name), value) {
            (Ok(name), Ok(value)) => self.add_at(|values| values.at(origin, name, value)),
            (Err(failure), _) => self.refuse(failure),
            (Ok(_), Err(error)) => {
                let what = "the value of a default header is not valid";
                self.refuse(Failure::new(Kind::Config, what).caused_by(error))
            }
        }
    }

    /// Adds a secret header, such as an API key, of every request to one `https` origin. It is as
    /// [`default_header_at`](Self::default_header_at) has it; but it is left out on a connection
    /// whose server was not verified: one under a grant, or one to a server that is known only by
    /// its key. The value is shown nowhere.
    pub fn secret_header_at<K>(self, origin: &str, name: K, value: impl AsRef<str>) -> Self
    where
        HeaderName: TryFrom<K>,
        <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
    {
        match name_of(name) {
            Ok(name) => self.add_at(|values| values.secret_at(origin, name, value)),
            Err(failure) => self.refuse(failure),
        }
    }

    fn add_at(
        mut self,
        add: impl FnOnce(DefaultHeaderValues) -> Result<DefaultHeaderValues, DefaultHeaderError>,
    ) -> Self {
        match add(mem::take(&mut self.default_headers.at)) {
            Ok(values) => {
                self.default_headers.at = values;
                self
            }
            Err(error) => {
                let what = "a default header cannot be used";
                self.refuse(Failure::new(Kind::Config, what).caused_by(error))
            }
        }
    }

    fn refuse(mut self, mistake: Failure) -> Self {
        self.mistake = Some(mistake);
        self
    }
}

fn name_of<K>(name: K) -> Result<HeaderName, Failure>
where
    HeaderName: TryFrom<K>,
    <HeaderName as TryFrom<K>>::Error: Into<http::Error>,
{
    HeaderName::try_from(name).map_err(|error| {
        let what = "the name of a default header is not valid";
        Failure::new(Kind::Config, what).caused_by(error.into())
    })
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn default_headers_that_are_private_by_their_name_are_sensitive() {
        let (key, other) = (
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-other"),
        );
        let value = HeaderValue::from_static("s3cret");
        let names = [AUTHORIZATION, key, other];
        let given = names.clone().map(|name| (name, value.clone()));
        let builder = ClientBuilder::default().default_headers(HeaderMap::from_iter(given));
        let values = &builder.default_headers.everywhere;
        assert_eq!(
            names.map(|name| values[name].is_sensitive()),
            [true, true, false]
        );
    }
}
