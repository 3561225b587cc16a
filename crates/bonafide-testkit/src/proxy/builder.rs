//! The choices for a proxy.

use std::collections::HashMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;

use super::TestProxy;
use crate::server::BindAddr;

/// The choices for a [`TestProxy`].
///
/// ```
/// use bonafide_testkit::TestProxy;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let picky = TestProxy::builder().basic_auth("user", "secret").start().await;
/// let closed = TestProxy::builder().refuse(http::StatusCode::FORBIDDEN).start().await;
/// assert_ne!(picky.url(), closed.url());
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing listens before start()"]
pub struct TestProxyBuilder {
    bind: BindAddr,
    script: Script,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// The value of Proxy-Authorization that is demanded.
    pub(super) credentials: Option<String>,
    pub(super) routes: HashMap<String, SocketAddr>,
    pub(super) reply: ConnectReply,
}

#[derive(Clone, Debug, Default)]
pub(super) enum ConnectReply {
    #[default]
    Tunnel,
    Refuse(StatusCode),
    Stall,
    Bytes(Vec<u8>, AfterReply),
}

/// What a proxy does after [bytes of your own](TestProxyBuilder::reply_with).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterReply {
    /// Closes the connection.
    Close,
    /// Leaves the connection open and sends nothing more.
    Stall,
    /// Carries bytes to the server and back.
    Tunnel,
}

impl TestProxyBuilder {
    pub(super) fn new() -> Self {
        Self {
            bind: BindAddr::default(),
            script: Script::default(),
        }
    }

    /// Where to listen. Default: a free port of 127.0.0.1.
    pub fn bind(mut self, address: impl Into<BindAddr>) -> Self {
        self.bind = address.into();
        self
    }

    /// Answers 407 to a client that does not send these credentials by the Basic scheme (RFC 7617).
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        self.script.credentials = Some(format!("Basic {encoded}"));
        self
    }

    /// Answers every CONNECT with this status, and opens no tunnel.
    pub fn refuse(mut self, status: StatusCode) -> Self {
        self.script.reply = ConnectReply::Refuse(status);
        self
    }

    /// Never answers a CONNECT.
    pub fn stall(mut self) -> Self {
        self.script.reply = ConnectReply::Stall;
        self
    }

    /// Answers every CONNECT with these bytes, whatever they are, and continues as `then` says.
    /// Without bytes, [`AfterReply::Close`] closes the connection without an answer.
    ///
    /// ```
    /// use bonafide_testkit::TestProxy;
    /// use bonafide_testkit::proxy::AfterReply;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let confused = TestProxy::builder()
    ///     .reply_with("SSH-2.0-OpenSSH_9.2\r\n", AfterReply::Close)
    ///     .start()
    ///     .await;
    /// assert_eq!(confused.tunnels(), 0);
    /// # }
    /// ```
    pub fn reply_with(mut self, bytes: impl Into<Vec<u8>>, then: AfterReply) -> Self {
        self.script.reply = ConnectReply::Bytes(bytes.into(), then);
        self
    }

    /// The address that tunnels to this host lead to, whatever the port. Hosts without a route are
    /// looked up.
    pub fn route(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.script.routes.insert(host.into(), address);
        self
    }

    /// Starts listening.
    ///
    /// # Panics
    /// If the address cannot be listened on, or outside of a tokio runtime.
    pub async fn start(self) -> TestProxy {
        TestProxy::run(self.bind.socket_addr(), self.script).await
    }
}
