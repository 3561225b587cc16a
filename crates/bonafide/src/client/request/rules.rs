//! Limits and rules that a request has in place of its client's.

use std::time::Duration;

use bonafide_tower::redirect::Redirects;

use super::RequestBuilder;

impl<C> RequestBuilder<C> {
    /// The limit for the whole request; see
    /// [`ClientBuilder::timeout`](crate::ClientBuilder::timeout).
    pub fn timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeouts.total = Some(limit.into());
        self
    }

    /// How long this request waits for a connection: for the lookup of the host, the connection
    /// itself, the proxy and the handshake, and for a connection that other requests use. It holds
    /// each time that the request needs a connection: for each redirect and each retry. `None` is
    /// the default: the limits of the client alone, which hold beside this one.
    ///
    /// Then the request fails with [`Kind::Timeout`](crate::Kind::Timeout) in
    /// [`Phase::Connect`](crate::Phase::Connect), and nothing of it was sent. A connection that is
    /// being opened is shared: it goes on within the
    /// [client's limits](crate::ClientBuilder::connect_timeout), and serves other requests and
    /// later ones.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn show(client: bonafide::Client) {
    /// let request = client.get("https://shop.example/").connect_timeout(Duration::from_secs(1));
    /// # }
    /// ```
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeouts.connect = Some(limit.into());
        self
    }

    /// The limit for the server's response; see
    /// [`ClientBuilder::headers_timeout`](crate::ClientBuilder::headers_timeout).
    pub fn headers_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeouts.headers = Some(limit.into());
        self
    }

    /// The limit between two pieces of the response's body; see
    /// [`ClientBuilder::read_timeout`](crate::ClientBuilder::read_timeout).
    pub fn read_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.timeouts.read = Some(limit.into());
        self
    }

    /// Follows redirects of this request by this rule, in place of the client's
    /// ([`ClientBuilder::redirects`](crate::ClientBuilder::redirects)). Hosts that the client knows
    /// by HSTS are requested over https with any rule.
    ///
    /// ```
    /// use bonafide::redirect::Redirects;
    ///
    /// # async fn show(client: bonafide::Client) -> Result<(), bonafide::Error> {
    /// let request = client.get("https://shop.example/latest").redirects(Redirects::none());
    /// let response = request.send().await?;
    /// println!("{:?}", response.headers().get("location"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn redirects(self, rule: Redirects) -> Self {
        self.change(|call| {
            call.extensions.insert(rule);
            Ok(())
        })
    }
}
