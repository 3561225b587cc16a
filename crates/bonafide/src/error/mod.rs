//! The one error of this crate.

#[cfg(feature = "retry")]
mod attempts;
mod causes;
mod context;
mod failure;
mod io;
mod kind;
mod proxy;
mod text;
mod timed;

use std::convert::Infallible;
use std::error::Error as StdError;
use std::sync::Arc;

use bonafide_tower::redirect::Hop;
#[cfg(feature = "retry")]
use bonafide_tower::retry::Attempts;
use bonafide_verify::explain::Explanation;
use bonafide_verify::{Code, ConfigError, Receipt, Refusal};
use http::StatusCode;
use url::Url;

pub use bonafide_tower::delivery::Delivery;

pub(crate) use self::causes::{causes, h2_cause};
pub(crate) use self::failure::{Cause, Failure};
pub use self::kind::{Kind, Phase};
pub use self::proxy::{ProxyError, ProxyRefusal, SocksReply};
use crate::observe::Timings;

/// Why a request failed.
///
/// `Display` is one line that starts with the URL and names the cause:
///
/// ```text
/// https://shop.example/: refused: BF-UNKNOWN-ISSUER: …
/// https://shop.example/: could not connect to 192.0.2.7:443: Connection refused (os error 111)
/// https://shop.example/: the proxy http://h:3128 refused the tunnel: 403 Forbidden
/// ```
///
/// No text of an error, neither `Display` nor `Debug`, has the URL's user name, password or
/// fragment, nor the values of query parameters that are secret by their names: those that
/// OpenTelemetry's semantic conventions redact (`sig`, `Signature`, `AWSAccessKeyId`,
/// `X-Amz-Signature`, `X-Amz-Credential`, `X-Amz-Security-Token`, `X-Goog-Signature`), `key`,
/// `code`, `auth`, `jwt`, `pass`, `pwd`, `otp`, and whatever ends with `token`, `signature`,
/// `credential`, `secret`, `password`, `apikey` or `assertion`, in any case. A secret in a path is
/// shown: [`without_url`](Self::without_url) removes the whole URL.
///
/// [`source`](StdError::source) is the unchanged error beneath, which a program can downcast. Its
/// text is already in that of the `Error`: a program that prints the sources as well, as anyhow's
/// `{:#}` does, prints causes twice. An `Error` is as large as a pointer.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    failure: Failure,
    url: Option<Url>,
    status: Option<StatusCode>,
    receipt: Option<Arc<Receipt>>,
    /// The redirects that were followed before.
    hops: Vec<Hop>,
    timings: Option<Timings>,
    /// None where no rule of retries counted them.
    #[cfg(feature = "retry")]
    attempts: Option<Attempts>,
}

impl Error {
    /// What went wrong.
    #[doc(alias("is_request", "is_dns"))]
    pub fn kind(&self) -> Kind {
        self.inner.failure.kind
    }

    /// In which part of the work; `None` if it failed before the network was touched.
    pub fn phase(&self) -> Option<Phase> {
        self.inner.failure.phase
    }

    /// How far the request got. After redirects this is the delivery of the last hop if the method
    /// is idempotent. Otherwise it is [`Delivery::Answered`], since the servers that redirected did
    /// process the request.
    ///
    /// ```
    /// use bonafide::Delivery;
    ///
    /// # async fn show(client: bonafide::Client) {
    /// let order = client.post("https://shop.example/orders").body("one cake");
    /// if let Err(error) = order.send().await {
    ///     match error.delivery() {
    ///         Delivery::NotSent | Delivery::RefusedUnprocessed => println!("no cake yet: order again"),
    ///         Delivery::MaybeProcessed => println!("ask the shop before you order again"),
    ///         Delivery::Answered => println!("the shop has the order"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn delivery(&self) -> Delivery {
        self.inner.failure.delivery
    }

    /// Whether another try may succeed and is safe: the server provably did not process the
    /// request. After redirects the method also has to be idempotent (RFC 9110 section 9.2.2),
    /// since the servers that redirected did process the request.
    ///
    /// A refusal is not retryable, nor is a response whose body was cut off. If a proxy opened no
    /// tunnel, the server received nothing: another try may succeed after a 5xx (except 501, 505
    /// and 511), after the SOCKS replies 1 and 3 to 6, and after a closed connection. It will not
    /// after a 4xx such as 407, nor after a 3xx.
    pub fn is_retryable(&self) -> bool {
        self.inner.failure.is_retryable()
    }

    /// Whether a time limit passed, in any phase.
    pub fn is_timeout(&self) -> bool {
        self.kind() == Kind::Timeout
    }

    /// Whether no connection to the server was made: resolving, connecting, the proxy or TLS
    /// failed.
    pub fn is_connect(&self) -> bool {
        self.phase().is_some_and(|phase| phase <= Phase::Tls)
    }

    /// Whether the caller's URL, request or configuration cannot be used. Nothing was sent.
    pub fn is_builder(&self) -> bool {
        matches!(self.kind(), Kind::Url | Kind::Request | Kind::Config)
    }

    /// Whether the response's body could not be decoded into the requested type.
    pub fn is_decode(&self) -> bool {
        self.kind() == Kind::Decode
    }

    /// Whether the server, or the host, was refused by the policy.
    pub fn is_refused(&self) -> bool {
        self.kind() == Kind::Refused
    }

    /// Whether a redirect was the cause.
    pub fn is_redirect(&self) -> bool {
        matches!(
            self.kind(),
            Kind::TooManyRedirects | Kind::InsecureRedirect | Kind::Redirect
        )
    }

    /// Whether the response's status was the cause.
    pub fn is_status(&self) -> bool {
        self.kind() == Kind::Status
    }

    /// Whether a body could not be read or decoded.
    pub fn is_body(&self) -> bool {
        matches!(self.kind(), Kind::Body | Kind::TooLarge | Kind::Decode)
    }

    /// The stable code of the refusal, or of the way the handshake failed.
    pub fn code(&self) -> Option<Code> {
        match (&self.inner.failure.cause, self.kind()) {
            (Cause::Tls(error), _) => error.code(),
            (Cause::Refusal(refusal), _) => Some(refusal.code()),
            (_, Kind::PlainHttpRefused) => Some(Code::PlainHttp),
            (_, Kind::InsecureRedirect) => Some(Code::RedirectToHttp),
            (Cause::None | Cause::Config(_) | Cause::Proxy(_) | Cause::Other(_), _) => None,
        }
    }

    /// Why the policy refused the server or the host, with the certificate at fault and the values
    /// that were compared.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.inner.failure.refusal()
    }

    /// Why the proxy opened no tunnel, if that is what happened.
    pub fn proxy_error(&self) -> Option<&ProxyError> {
        match &self.inner.failure.cause {
            Cause::Proxy(error) => Some(error),
            Cause::None
            | Cause::Tls(_)
            | Cause::Refusal(_)
            | Cause::Config(_)
            | Cause::Other(_) => None,
        }
    }

    /// The proxy's own answer, where it answered `CONNECT` with a status that is not 2xx.
    ///
    /// ```
    /// # async fn show(client: bonafide::Client) {
    /// if let Err(error) = client.get("https://example.com/").send().await
    ///     && let Some(refusal) = error.proxy_refusal()
    ///     && refusal.status() == bonafide::StatusCode::PROXY_AUTHENTICATION_REQUIRED
    /// {
    ///     eprintln!("the proxy wants {:?}", refusal.headers().get("proxy-authenticate"));
    /// }
    /// # }
    /// ```
    pub fn proxy_refusal(&self) -> Option<&ProxyRefusal> {
        match self.proxy_error()? {
            ProxyError::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Explains the failure where it has a [code](Self::code): what the server presented, as a tree
    /// with the certificate at fault marked, the clock, the anchors, what was checked, and what
    /// would help. It is for people to read, and implements `serde::Serialize`.
    ///
    /// Judges the server's certificates again with one premise changed, and may read the system's
    /// trust store for that. Do not call it on an async thread that must not block.
    ///
    /// ```
    /// # async fn show() {
    /// if let Err(error) = bonafide::get("https://example.com/").await
    ///     && let Some(explanation) = error.explain()
    /// {
    ///     eprintln!("{}", explanation.for_terminal(&std::io::stderr()));
    /// }
    /// # }
    /// ```
    pub fn explain(&self) -> Option<Explanation> {
        match &self.inner.failure.cause {
            Cause::Tls(error) => error.explain(),
            Cause::Refusal(refusal) => Some(refusal.explain()),
            Cause::None | Cause::Config(_) | Cause::Proxy(_) | Cause::Other(_) => {
                self.code().map(Explanation::of)
            }
        }
    }

    /// What was checked: of the refused handshake or host, or of the connection on which a later
    /// phase failed.
    pub fn receipt(&self) -> Option<&Arc<Receipt>> {
        let refusal = self.inner.failure.refusal().map(Refusal::receipt);
        refusal.or(self.inner.receipt.as_ref())
    }

    /// The URL of the request, or of the hop that failed, without user name and password. Its query
    /// may hold secrets, which the error's texts redact and this method does not. `None` if the URL
    /// was not usable.
    pub fn url(&self) -> Option<&Url> {
        self.inner.url.as_ref()
    }

    /// The error without its URL and those of redirects, for logs that must not have them.
    ///
    /// ```
    /// # async fn show() {
    /// if let Err(error) = bonafide::get("https://hooks.example/T0/s3cret").await {
    ///     eprintln!("{}", error.without_url());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn without_url(mut self) -> Self {
        self.inner.url = None;
        self.inner.hops.clear();
        self
    }

    /// The response's status, if it is an error of [`Kind::Status`]. The status of a proxy's answer
    /// is in [`proxy_refusal`](Self::proxy_refusal).
    pub fn status(&self) -> Option<StatusCode> {
        self.inner.status
    }

    /// The redirects that were followed before the failure, in order.
    pub fn redirects(&self) -> &[Hop] {
        &self.inner.hops
    }

    /// The failure, without the request that it affected.
    pub(crate) fn to_failure(&self) -> Failure {
        self.inner.failure.clone()
    }
}

impl From<Failure> for Error {
    #[cold]
    fn from(failure: Failure) -> Self {
        Self {
            inner: Box::new(Inner {
                failure,
                url: None,
                status: None,
                receipt: None,
                hops: Vec::new(),
                timings: None,
                #[cfg(feature = "retry")]
                attempts: None,
            }),
        }
    }
}

/// For conversions that cannot fail, such as that of a [`Request`](crate::Request) into itself.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The policy cannot be built: [`Kind::Config`], and nothing was sent. So `?` works both on what
/// builds a policy and on what sends a request.
impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Failure::config(error).into()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.failure.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_about_an_error_follow_its_kind() {
        // kind, and the questions that are answered by yes
        for (kind, expected) in [
            (Kind::Url, "builder"),
            (Kind::Request, "builder"),
            (Kind::Config, "builder"),
            (Kind::Timeout, "timeout"),
            (Kind::Refused, "refused"),
            (Kind::Redirect, "redirect"),
            (Kind::TooManyRedirects, "redirect"),
            (Kind::InsecureRedirect, "redirect"),
            (Kind::Status, "status"),
            (Kind::Body, "body"),
            (Kind::TooLarge, "body"),
            (Kind::Decode, "body decode"),
            (Kind::Closed, ""),
            (Kind::Protocol, ""),
        ] {
            let error = Error::from(Failure::new(kind, "it failed"));
            let answers = [
                ("builder", error.is_builder()),
                ("timeout", error.is_timeout()),
                ("refused", error.is_refused()),
                ("redirect", error.is_redirect()),
                ("status", error.is_status()),
                ("body", error.is_body()),
                ("decode", error.is_decode()),
            ];
            let yes: Vec<_> = answers
                .iter()
                .filter(|answer| answer.1)
                .map(|answer| answer.0)
                .collect();
            assert_eq!(yes.join(" "), expected, "{kind:?}");
        }
    }

    #[test]
    fn an_error_names_a_url_whose_credentials_it_can_take_off_and_no_other() {
        for (written, named) in [
            ("https://us:s3cret@h/a?b", Some("https://h/a?b")),
            ("us:s3cret@h", None),
            ("data:s3cret", None),
            ("ftp://us:s3cret@h/", None),
        ] {
            let url = Url::parse(written).expect("a URL");
            let error = Error::from(Failure::new(Kind::Url, "why")).at(|| Some(url));
            assert_eq!(error.url().map(Url::as_str), named, "{written}");
        }
    }
}
