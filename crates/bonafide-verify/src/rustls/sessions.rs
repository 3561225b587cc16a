//! A session store whose sessions end with the verdict on which they depend.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls_pki_types::{ServerName, UnixTime};

use crate::record::{Recorder, StoreState};

/// Maximum number of servers for which a configuration keeps sessions.
const SERVERS: usize = 256;

/// rustls' own session store in memory, used only before the deadline of the receipts with which
/// the sessions of a server began.
///
/// rustls resumes a session without calling the verifier, and other clients do not request a
/// receipt. So the session itself must end with its verdict.
pub(crate) struct Sessions {
    kept: ClientSessionMemoryCache,
    recorder: Arc<Recorder>,
    resumed: ResumedSessions,
    begun: Mutex<HashMap<ServerName<'static>, Begun>>,
}

/// Whether the chain of a resumed session is judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumedSessions {
    /// Yes, before anything is sent.
    #[cfg_attr(
        not(feature = "tokio"),
        expect(dead_code, reason = "the only client of this crate needs tokio")
    )]
    AreJudgedAgain,
    /// No: the configuration belongs to another client than this crate's.
    AreNotJudged,
}

/// What the sessions of one server depend on.
#[derive(Clone, Copy, Debug)]
struct Begun {
    deadline: Deadline,
    /// What the store of known keys had. The sessions end when that changes.
    store_state: StoreState,
}

/// Until when the sessions of one server may be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadline {
    At(UnixTime),
    Never,
}

impl Sessions {
    pub(crate) fn new(recorder: Arc<Recorder>, resumed: ResumedSessions) -> Self {
        Self {
            kept: ClientSessionMemoryCache::new(SERVERS),
            recorder,
            resumed,
            begun: Mutex::default(),
        }
    }

    /// Records what a new session of a server depends on. Returns whether the session may be kept.
    fn begins(&self, server: &ServerName<'static>) -> bool {
        if self.resumed == ResumedSessions::AreNotJudged && self.recorder.is_first_use(server) {
            // The ticket may belong to an older connection, whose key is not the stored one.
            return false;
        }
        let Some(deadline) = self.recorder.deadline_of(server) else {
            return false;
        };
        let deadline = deadline.map_or(Deadline::Never, Deadline::At);
        let known = self.begun().get(server).map(|begun| begun.deadline);
        if known == Some(deadline) {
            // Another ticket of the same verdict. The peer may send any number of them, so the
            // store, which may be a file, is not read again.
            return true;
        }
        let store_state = self.recorder.store_state(server);
        if store_state == StoreState::Unknown {
            return false;
        }
        let mut begun = self.begun();
        if begun.len() >= 2 * SERVERS && !begun.contains_key(server) {
            // Sessions of the removed servers are not resumed, which costs one full handshake each.
            begun.clear();
        }
        begun.insert(
            server.clone(),
            Begun {
                deadline,
                store_state,
            },
        );
        true
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<ServerName<'static>, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_resume(&self, server: &ServerName<'_>) -> bool {
        let begun = self.begun().get(server).copied();
        let Some(Begun {
            deadline,
            store_state,
        }) = begun
        else {
            return false;
        };
        let in_time = match deadline {
            Deadline::Never => true,
            Deadline::At(deadline) => self.recorder.judge.clock.now() < deadline,
        };
        in_time && self.recorder.store_state(server) == store_state
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.kept.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        if self.begins(&server_name) {
            self.kept.set_tls12_session(server_name, value);
        }
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.may_resume(server_name)
            .then(|| self.kept.tls12_session(server_name))?
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.kept.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(
        &self,
        server_name: ServerName<'static>,
        value: Tls13ClientSessionValue,
    ) {
        if self.begins(&server_name) {
            self.kept.insert_tls13_ticket(server_name, value);
        }
    }

    fn take_tls13_ticket(
        &self,
        server_name: &ServerName<'static>,
    ) -> Option<Tls13ClientSessionValue> {
        self.may_resume(server_name)
            .then(|| self.kept.take_tls13_ticket(server_name))?
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("begun", &self.begun)
            .finish_non_exhaustive()
    }
}
