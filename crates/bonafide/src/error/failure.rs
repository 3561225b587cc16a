//! The part of an error that is the same for every request that it affects.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bonafide_verify::{ConfigError, Refusal, TlsError};

use super::{Delivery, Kind, Phase, ProxyError};
use crate::observe::OpeningTimes;

/// What failed and why. Cheap to clone: requests that waited for one connection share its failure.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) phase: Option<Phase>,
    /// What happened, without the cause.
    pub(crate) what: Cow<'static, str>,
    pub(crate) cause: Cause,
    /// How far the request got.
    pub(crate) delivery: Delivery,
    /// Another try may succeed.
    pub(crate) passing: bool,
    /// The times of the connection that could not be opened, if that is what failed.
    pub(crate) opening: Option<Arc<OpeningTimes>>,
}

/// The error beneath.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// There is none.
    None,
    /// The verifier's error on a handshake.
    Tls(Arc<TlsError>),
    /// The verifier's refusal of a host.
    Refusal(Refusal),
    /// The policy cannot be used.
    Config(Arc<ConfigError>),
    /// The proxy's answer.
    Proxy(Arc<ProxyError>),
    /// Any other error.
    Other(Arc<dyn StdError + Send + Sync>),
}

impl Failure {
    /// A failure of `kind` described by `what`, before any phase and without cause. The request may
    /// have been processed, and another try would fail too.
    pub(crate) fn new(kind: Kind, what: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            phase: None,
            what: what.into(),
            cause: Cause::None,
            delivery: Delivery::MaybeProcessed,
            passing: false,
            opening: None,
        }
    }

    /// The request took longer than its `limit`, whatever it did meanwhile.
    #[cold]
    pub(crate) fn overdue(limit: Duration) -> Self {
        let what = format!("the request took longer than {limit:?}");
        Self::new(Kind::Timeout, what)
    }

    /// `what` was polled outside a tokio runtime.
    #[cold]
    pub(crate) fn outside_a_runtime(what: &str) -> Self {
        let what = format!("{what} was polled outside a tokio runtime");
        Self::new(Kind::NoRuntime, what)
    }

    /// Sets the phase in which it happened.
    pub(crate) fn during(mut self, phase: Phase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// Adds the error beneath.
    pub(crate) fn caused_by(mut self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.cause = Cause::Other(Arc::new(cause));
        self
    }

    /// Adds the error beneath, already boxed.
    pub(crate) fn caused_by_boxed(mut self, cause: Box<dyn StdError + Send + Sync>) -> Self {
        self.cause = Cause::Other(Arc::from(cause));
        self
    }

    /// Rewrites the text of what happened.
    pub(crate) fn in_words(mut self, words: impl FnOnce(&str) -> String) -> Self {
        self.what = words(&self.what).into();
        self
    }

    /// Nothing was sent, and another try may succeed.
    pub(crate) fn retryable(mut self) -> Self {
        self.passing = true;
        self.delivered(Delivery::NotSent)
    }

    /// Sets how far the request got.
    pub(crate) fn delivered(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// It happened while a connection was opened, whose steps took these times.
    pub(crate) fn while_opening(mut self, times: OpeningTimes) -> Self {
        self.opening = Some(Arc::new(times));
        self
    }

    /// Whether another try is safe and may succeed.
    pub(crate) fn is_retryable(&self) -> bool {
        self.passing && self.delivery.is_unprocessed()
    }

    /// The host or the server was refused by the policy.
    pub(crate) fn refused(refusal: Refusal) -> Self {
        Self {
            cause: Cause::Refusal(refusal),
            ..Self::new(Kind::Refused, "refused")
        }
    }

    /// The policy cannot be used: nothing was sent.
    pub(crate) fn config(error: ConfigError) -> Self {
        Self {
            delivery: Delivery::NotSent,
            cause: Cause::Config(Arc::new(error)),
            ..Self::new(Kind::Config, "the policy cannot be used")
        }
    }

    /// `proxy` opened no tunnel.
    pub(crate) fn by_proxy(proxy: impl fmt::Display, error: ProxyError) -> Self {
        Self {
            kind: Kind::Proxy,
            phase: Some(Phase::Proxy),
            what: format!("the proxy {proxy} {}", error.deed()).into(),
            passing: error.is_retryable(),
            delivery: Delivery::NotSent,
            cause: Cause::Proxy(Arc::new(error)),
            opening: None,
        }
    }

    /// The error beneath, if there is one.
    pub(crate) fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.cause {
            Cause::None => None,
            Cause::Tls(error) => Some(&**error),
            Cause::Refusal(refusal) => Some(refusal),
            Cause::Config(error) => Some(&**error),
            Cause::Proxy(error) => Some(&**error),
            Cause::Other(error) => Some(&**error),
        }
    }

    /// The refusal, if there was one.
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match &self.cause {
            Cause::Tls(error) => error.refusal(),
            Cause::Refusal(refusal) => Some(refusal),
            Cause::None | Cause::Config(_) | Cause::Proxy(_) | Cause::Other(_) => None,
        }
    }
}

/// One line: what happened, then the causes down to the first one, each once.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(refusal) = self.refusal() {
            return write!(f, ": {}", one_line(&refusal.to_string()));
        }
        let mut written = self.what.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            let line = one_line(&cause.to_string());
            if !written.contains(&line) {
                write!(f, ": {line}")?;
                written = line;
            }
            next = cause.source();
        }
        Ok(())
    }
}

/// `text` without line breaks, which the error of another crate may have.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("; ")
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Failure::source(self)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn the_text_is_one_line_and_says_each_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer: {0}")]
        struct Outer(#[source] io::Error);

        let cause = Outer(io::Error::other("first\nsecond"));
        let failure =
            Failure::new(Kind::Connect, "could not connect to 127.0.0.1:1").caused_by(cause);
        assert_eq!(
            failure.to_string(),
            "could not connect to 127.0.0.1:1: outer: first; second"
        );
    }
}
