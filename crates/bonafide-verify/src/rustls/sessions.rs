//! Session tickets that do not outlive the verdict which they rest on.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls_pki_types::{ServerName, UnixTime};

use crate::record::{Recorder, StoreState};

/// How many servers one configuration keeps sessions for.
const SERVERS: usize = 256;

/// rustls' own store in memory, asked only before the deadline of the receipts that the sessions of
/// a server began with.
///
/// rustls resumes without calling the verifier, and another client than ours does not ask for a
/// receipt: so the session itself must end with what it was believed for.
pub(crate) struct Sessions {
    kept: ClientSessionMemoryCache,
    recorder: Arc<Recorder>,
    resumed: ResumedSessions,
    begun: Mutex<HashMap<ServerName<'static>, Begun>>,
}

/// What becomes of a session that was resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumedSessions {
    /// Its chain is judged again before anything is sent.
    #[cfg_attr(
        not(feature = "tokio"),
        expect(dead_code, reason = "the only client of this crate needs tokio")
    )]
    AreJudgedAgain,
    /// Nobody asks: another client than this crate's has the configuration.
    AreNotJudged,
}

/// What the sessions of one server rest on.
#[derive(Clone, Copy, Debug)]
struct Begun {
    deadline: Deadline,
    /// What the store of first use said; the sessions end when it says something else.
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

    /// Notes what the session of a server rests on that begins, and says whether the session may be
    /// kept.
    fn begins(&self, server: &ServerName<'static>) -> bool {
        if self.resumed == ResumedSessions::AreNotJudged && self.recorder.is_first_use(server) {
            // The ticket may be of an older connection, whose key is another one than the store has
            // now.
            return false;
        }
        let Some(deadline) = self.recorder.deadline_of(server) else {
            return false;
        };
        let deadline = deadline.map_or(Deadline::Never, Deadline::At);
        let known = self.begun().get(server).map(|begun| begun.deadline);
        if known == Some(deadline) {
            // One more ticket of the same verdict. A peer may send them without end, and the store
            // is a file.
            return true;
        }
        let store_state = self.recorder.store_state(server);
        if store_state == StoreState::Unknown {
            return false;
        }
        let mut begun = self.begun();
        if begun.len() >= 2 * SERVERS && !begun.contains_key(server) {
            // The sessions of the forgotten are not resumed; that costs each of them one full
            // handshake.
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
