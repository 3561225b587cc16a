//! The settings of a server, and the state that all of its connections share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use http::Request;

use super::bind::BindAddr;
use super::connection::AcceptedConnection;
use super::control::Control;
use super::ending::Endings;
use super::failure::Failures;
use super::handler::Handler;
use super::record::{Received, RequestLog};
use super::script::{Script, Scripted};
use super::stats::Counters;

/// How many requests a log holds by default.
const LOGGED_REQUESTS: usize = 1024;

/// How much of each body a log holds by default: 16 MiB.
const LOGGED_BODY_BYTES: usize = 16 << 20;

/// The choices that servers with and without TLS have in common.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) bind: BindAddr,
    pub(super) handler: Option<Handler>,
    pub(super) script: Option<Vec<Scripted>>,
    pub(super) endings: Endings,
    pub(super) logged_requests: usize,
    pub(super) logged_body_bytes: usize,
    pub(super) http: HttpOptions,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HttpOptions {
    /// `None` is without a limit.
    pub(super) max_concurrent_streams: Option<u32>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            bind: BindAddr::default(),
            handler: None,
            script: None,
            endings: Endings::default(),
            logged_requests: LOGGED_REQUESTS,
            logged_body_bytes: LOGGED_BODY_BYTES,
            http: HttpOptions::default(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Core {
    handler: Option<Handler>,
    script: Script,
    endings: Endings,
    http: HttpOptions,
    log: RequestLog,
    counters: Arc<Counters>,
    failures: Failures,
    connections: Mutex<HashMap<u64, Weak<Control>>>,
}

impl Core {
    pub(super) fn new(plan: Plan) -> Self {
        let Plan {
            bind: _,
            handler,
            script,
            endings,
            logged_requests,
            logged_body_bytes,
            http,
        } = plan;
        Self {
            handler,
            script: Script::new(script),
            endings,
            http,
            log: RequestLog::holding(logged_requests, logged_body_bytes),
            counters: Arc::default(),
            failures: Failures::default(),
            connections: Mutex::default(),
        }
    }

    pub(super) fn handler(&self) -> Option<&Handler> {
        self.handler.as_ref()
    }

    pub(super) fn script(&self) -> &Script {
        &self.script
    }

    /// How much of a request's body is of use.
    pub(super) fn wanted_body_bytes(&self) -> usize {
        match &self.handler {
            Some(_) => usize::MAX,
            None => self.log.body_bytes(),
        }
    }

    pub(super) fn endings(&self) -> &Endings {
        &self.endings
    }

    pub(super) fn http_options(&self) -> HttpOptions {
        self.http
    }

    pub(super) fn log(&self) -> &RequestLog {
        &self.log
    }

    pub(super) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    pub(super) fn failures(&self) -> &Failures {
        &self.failures
    }

    /// Records and counts a request.
    pub(super) fn record(
        &self,
        request: &Request<Bytes>,
        received: Received,
        connection: &AcceptedConnection,
    ) {
        self.log.record(request, received, connection);
        self.counters.request();
    }

    /// Lets [`close_connections`](Self::close_connections) find a connection until the
    /// answer is dropped.
    pub(super) fn register(self: &Arc<Self>, number: u64, control: &Arc<Control>) -> Registered {
        self.open().insert(number, Arc::downgrade(control));
        Registered {
            core: Arc::clone(self),
            number,
        }
    }

    pub(super) fn close_connections(&self) {
        for control in self.open().values().filter_map(Weak::upgrade) {
            control.close();
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Weak<Control>>> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Registered {
    core: Arc<Core>,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.core.open().remove(&self.number);
    }
}
