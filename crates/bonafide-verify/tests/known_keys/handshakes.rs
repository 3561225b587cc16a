//! First contacts and later ones, on real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Barrier, Mutex};

use bonafide_testkit::{Alpn, Identity, Recipe, TestServer};
use bonafide_verify::events::Event;
use bonafide_verify::first_use::{
    FileFirstUse, FirstUse, FirstUseError, KeyReason, KnownBy, KnownKey, MemoryFirstUse, Swap,
};
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::refusal::Reason;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Code, Policy, PolicyHandle, Refusal, TlsError, Verdict, VerifiedStream, Zone,
};
use rustls::ClientConnection;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] =
    [&rustls::version::TLS13, &rustls::version::TLS12];
const HOST: &str = "localhost";

fn device() -> Identity {
    Identity::self_signed(Recipe::for_host("made-by-itself").expired())
}

fn key_of(identity: &Identity) -> SpkiSha256 {
    identity.spki_pin().parse().unwrap()
}

fn name() -> ServerName<'static> {
    ServerName::try_from(HOST).unwrap()
}

/// A policy that believes what `store` says, and the events that it tells.
fn believing(store: impl FirstUse + 'static) -> (Policy, Arc<Mutex<Vec<Event>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let policy = Policy::builder()
        .closed()
        .zone(Zone::for_host(HOST).first_use(store))
        .events(move |event: &Event| told.lock().unwrap().push(event.clone()))
        .build()
        .unwrap();
    (policy, events)
}

async fn start(
    identity: Identity,
    version: &'static rustls::SupportedProtocolVersion,
) -> TestServer {
    TestServer::builder(identity)
        .alpn(Alpn::Http1)
        .tls_versions(&[version])
        .start()
        .await
}

async fn connect(
    policy: &Policy,
    address: SocketAddr,
) -> Result<VerifiedStream<TcpStream>, TlsError> {
    let tcp = TcpStream::connect(address).await.unwrap();
    policy.connect_alpn(name(), tcp, &[b"http/1.1"]).await
}

/// Connects and converses, after which any session ticket has arrived; gives why the peer is
/// believed.
async fn exchange(policy: &Policy, server: &TestServer) -> Result<KnownBy, TlsError> {
    let mut stream = connect(policy, server.addr()).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let receipt = stream.receipt();
    assert!(receipt.is_known_key() && !receipt.is_verified());
    match receipt.verdict() {
        Verdict::KnownKey { by, .. } => Ok(*by),
        other => panic!("{other:?}"),
    }
}

fn key_reason(error: &TlsError) -> &KeyReason {
    match error.refusal().map(Refusal::reason) {
        Some(Reason::Key(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn changed(error: &TlsError) -> (KnownKey, SpkiSha256) {
    match key_reason(error) {
        KeyReason::Changed {
            host,
            known,
            observed,
        } => {
            assert_eq!(host, HOST);
            (*known, *observed)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_key_is_written_down_and_believed_again_by_another_policy_over_the_same_file() {
    for version in VERSIONS {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("devices");
        let device = device();
        let server = start(device.clone(), version).await;
        let store = FileFirstUse::open_or_create(&path).unwrap();
        let (policy, events) = believing(store.clone());
        let stream = connect(&policy, server.addr()).await.unwrap();
        // Known as soon as the handshake is done, before anything was sent.
        let known = store.look_up(HOST).unwrap().unwrap();
        assert_eq!(known.key, key_of(&device));
        assert_eq!(known.first_seen, stream.receipt().time());
        assert_eq!(
            *stream.receipt().verdict(),
            Verdict::KnownKey {
                key: known.key,
                by: KnownBy::FirstContact
            }
        );
        match &events.lock().unwrap()[..] {
            [Event::FirstContact(event)] => {
                assert_eq!((event.host.as_str(), event.key), (HOST, known.key));
            }
            other => panic!("{other:?}"),
        }
        let (another, events) = believing(FileFirstUse::open(&path).unwrap());
        let since = KnownBy::FirstUse {
            since: known.first_seen,
        };
        assert_eq!(exchange(&another, &server).await.unwrap(), since);
        assert_eq!(events.lock().unwrap()[..], []);
        assert_eq!(store.entries().unwrap(), [(HOST.to_owned(), known)]);
    }
}

#[tokio::test]
async fn a_peer_that_does_not_hold_the_key_of_its_certificate_does_not_become_known() {
    for version in VERSIONS {
        let (device, thief) = (device(), device());
        let server = start(device.with_key_of(&thief), version).await;
        let store = MemoryFirstUse::new();
        let (policy, events) = believing(store.clone());
        let error = connect(&policy, server.addr()).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::BadHandshakeSignature), "{error}");
        assert_eq!(store.look_up(HOST).unwrap(), None);
        assert_eq!(events.lock().unwrap()[..], []);
        // The real one is not kept out by that.
        let server = start(device, version).await;
        assert_eq!(
            exchange(&policy, &server).await.unwrap(),
            KnownBy::FirstContact
        );
    }
}

#[tokio::test]
async fn another_key_is_refused_with_both_and_receives_nothing() {
    for version in VERSIONS {
        let (first, second) = (device(), device());
        let store = MemoryFirstUse::new();
        let (policy, events) = believing(store.clone());
        let server = start(first.clone(), version).await;
        exchange(&policy, &server).await.unwrap();
        let known = store.look_up(HOST).unwrap().unwrap();
        server.set_identity(&second);
        for _ in 0..2 {
            // Without the session that began with the first key.
            let (other, _) = believing(store.clone());
            let error = connect(&other, server.addr()).await.unwrap_err();
            assert_eq!(error.code(), Some(Code::KeyChanged));
            assert_eq!(changed(&error), (known, key_of(&second)));
        }
        server.wait_for(|stats| stats.failed_handshakes == 2).await;
        assert_eq!(server.request_count(), 1);
        assert_eq!(store.look_up(HOST).unwrap(), Some(known));
        assert_eq!(events.lock().unwrap().len(), 1);
        let (told, events) = believing(store.clone());
        connect(&told, server.addr()).await.unwrap_err();
        match &events.lock().unwrap()[..] {
            [Event::KeyChanged(event)] => {
                assert_eq!((event.known, event.observed), (known.key, key_of(&second)));
                assert_eq!(event.since, known.first_seen);
            }
            other => panic!("{other:?}"),
        }
        // Replaced on purpose.
        store.replace(HOST, known.key, key_of(&second)).unwrap();
        assert!(matches!(
            exchange(&told, &server).await.unwrap(),
            KnownBy::FirstUse { .. }
        ));
    }
}

#[tokio::test]
async fn a_session_is_resumed_while_the_store_has_its_key_and_never_after() {
    for version in VERSIONS {
        let device = device();
        let store = MemoryFirstUse::new();
        let (policy, _) = believing(store.clone());
        let server = start(device.clone(), version).await;
        assert_eq!(
            exchange(&policy, &server).await.unwrap(),
            KnownBy::FirstContact
        );
        let known = store.look_up(HOST).unwrap().unwrap();
        // The receipt of a resumed session says what the store says now.
        let since = KnownBy::FirstUse {
            since: known.first_seen,
        };
        assert_eq!(exchange(&policy, &server).await.unwrap(), since);
        assert_eq!(server.resumed_handshakes(), 1);
        // Forgotten: a full handshake, in which the key is proved and written down again.
        store.forget(HOST, known.key).unwrap();
        assert_eq!(
            exchange(&policy, &server).await.unwrap(),
            KnownBy::FirstContact
        );
        assert_eq!(server.resumed_handshakes(), 1);
        assert_eq!(store.look_up(HOST).unwrap().unwrap().key, known.key);
        // Replaced by another: a full handshake, which is refused.
        assert_eq!(exchange(&policy, &server).await.unwrap(), since_of(&store));
        assert_eq!(server.resumed_handshakes(), 2);
        let other = SpkiSha256([7; 32]);
        store.replace(HOST, known.key, other).unwrap();
        let error = connect(&policy, server.addr()).await.unwrap_err();
        let (expected, observed) = changed(&error);
        assert_eq!((expected.key, observed), (other, known.key));
        assert_eq!(server.resumed_handshakes(), 2);
    }
}

fn since_of(store: &MemoryFirstUse) -> KnownBy {
    KnownBy::FirstUse {
        since: store.look_up(HOST).unwrap().unwrap().first_seen,
    }
}

/// A store that says nothing of a change to the sessions: its first answers of every kind are all
/// that is looked at.
#[derive(Debug)]
struct ChangesBehind {
    inner: MemoryFirstUse,
    /// How many answers are given from what was there at first.
    old_answers: Mutex<Option<(usize, Option<KnownKey>)>>,
}

impl FirstUse for ChangesBehind {
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError> {
        match &mut *self.old_answers.lock().unwrap() {
            Some((left, old)) if *left > 0 => {
                *left -= 1;
                Ok(*old)
            }
            _ => self.inner.look_up(host),
        }
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        self.inner.compare_and_set(host, expected, new)
    }
}

#[tokio::test]
async fn a_key_that_is_replaced_while_a_session_is_resumed_is_noticed_before_anything_is_sent() {
    for version in VERSIONS {
        let store = Arc::new(ChangesBehind {
            inner: MemoryFirstUse::new(),
            old_answers: Mutex::default(),
        });
        let (policy, _) = believing(Arc::clone(&store));
        let server = start(device(), version).await;
        exchange(&policy, &server).await.unwrap();
        let known = store.look_up(HOST).unwrap().unwrap();
        // The ticket is handed out by the old answer; the change comes then.
        let asked_for_tickets = if *version == rustls::version::TLS13 {
            1
        } else {
            // For one of TLS 1.3 first.
            2
        };
        *store.old_answers.lock().unwrap() = Some((asked_for_tickets, Some(known)));
        let other = SpkiSha256([7; 32]);
        store.inner.replace(HOST, known.key, other).unwrap();
        let error = connect(&policy, server.addr()).await.unwrap_err();
        let (expected, observed) = changed(&error);
        assert_eq!((expected.key, observed), (other, known.key));
        server.wait_for(|stats| stats.resumed_handshakes == 1).await;
        assert_eq!(server.request_count(), 1);
    }
}

/// Handshakes as another client of rustls makes them, which asks for no receipt.
async fn handshake_of_another_client(
    config: &Arc<rustls::ClientConfig>,
    server: &TestServer,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(config));
    let mut stream = connector.connect(name(), tcp).await?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(stream)
}

#[tokio::test]
async fn another_client_of_rustls_gets_the_same_and_resumes_nothing() {
    for version in VERSIONS {
        let (first, second) = (device(), device());
        let store = MemoryFirstUse::new();
        let (policy, _) = believing(store.clone());
        let config = Arc::new(policy.client_config().unwrap());
        let server = start(first.clone(), version).await;
        for _ in 0..3 {
            let stream = handshake_of_another_client(&config, &server).await.unwrap();
            let connection: &ClientConnection = stream.get_ref().1;
            let receipt = policy.receipt_of(&name(), connection).unwrap();
            assert!(receipt.is_known_key());
        }
        assert_eq!(
            (server.tls_handshakes(), server.resumed_handshakes()),
            (3, 0)
        );
        assert_eq!(store.look_up(HOST).unwrap().unwrap().key, key_of(&first));
        server.set_identity(&second);
        let error = handshake_of_another_client(&config, &server)
            .await
            .unwrap_err();
        assert_eq!(
            Refusal::find_in(&error).map(Refusal::code),
            Some(Code::KeyChanged)
        );
        assert_eq!(server.request_count(), 3);
    }
}

#[tokio::test]
async fn a_damaged_store_refuses_every_peer_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let store = FileFirstUse::open_or_create(&path).unwrap();
    let (policy, events) = believing(store);
    let server = start(device(), &rustls::version::TLS13).await;
    std::fs::write(&path, "").unwrap();
    let error = connect(&policy, server.addr()).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::KeyStore), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    server.wait_for(|stats| stats.failed_handshakes == 1).await;
    assert_eq!(server.request_count(), 0);
    assert_eq!(events.lock().unwrap()[..], []);
}

/// Knows nobody, and cannot learn.
#[derive(Debug)]
enum Unwritable {
    Fails,
    LosesIt,
}

impl FirstUse for Unwritable {
    fn look_up(&self, _: &str) -> Result<Option<KnownKey>, FirstUseError> {
        Ok(None)
    }

    fn compare_and_set(
        &self,
        _: &str,
        _: Option<SpkiSha256>,
        _: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        match self {
            Self::Fails => Err(FirstUseError::Other("read-only".into())),
            Self::LosesIt => Ok(Swap::Found(None)),
        }
    }
}

#[tokio::test]
async fn a_first_contact_that_cannot_be_written_down_is_refused() {
    for version in VERSIONS {
        for (store, why) in [
            (
                Unwritable::Fails,
                "the store of known keys failed: read-only",
            ),
            (
                Unwritable::LosesIt,
                "the store of known keys failed: the store has no key for the host and did not accept one",
            ),
        ] {
            let (policy, _) = believing(store);
            let server = start(device(), version).await;
            let error = connect(&policy, server.addr()).await.unwrap_err();
            match key_reason(&error) {
                KeyReason::Store { error } => assert_eq!(error.to_string(), why),
                other => panic!("{other:?}"),
            }
            server.wait_for(|stats| stats.failed_handshakes == 1).await;
            assert_eq!(server.request_count(), 0);
        }
    }
}

/// Answers two first questions only once both are asked.
#[derive(Debug)]
struct AsksTogether {
    inner: MemoryFirstUse,
    both: Barrier,
    asked: Mutex<usize>,
}

impl FirstUse for AsksTogether {
    fn look_up(&self, host: &str) -> Result<Option<KnownKey>, FirstUseError> {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        let known = self.inner.look_up(host);
        if number <= 2 {
            self.both.wait();
        }
        known
    }

    fn compare_and_set(
        &self,
        host: &str,
        expected: Option<SpkiSha256>,
        new: Option<KnownKey>,
    ) -> Result<Swap, FirstUseError> {
        self.inner.compare_and_set(host, expected, new)
    }
}

async fn race(one: Identity, two: Identity) -> (Vec<Result<KnownBy, TlsError>>, KnownKey) {
    let store = Arc::new(AsksTogether {
        inner: MemoryFirstUse::new(),
        both: Barrier::new(2),
        asked: Mutex::default(),
    });
    let (policy, _) = believing(Arc::clone(&store));
    let mut racers = Vec::new();
    for identity in [one, two] {
        let policy = policy.clone();
        racers.push(tokio::spawn(async move {
            let server = start(identity, &rustls::version::TLS13).await;
            exchange(&policy, &server).await
        }));
    }
    let mut outcomes = Vec::new();
    for racer in racers {
        outcomes.push(racer.await.unwrap());
    }
    (outcomes, store.inner.look_up(HOST).unwrap().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_first_contacts_at_once_one_wins_and_the_other_is_judged_by_its_key() {
    let (one, two) = (device(), device());
    let (outcomes, known) = race(one.clone(), two.clone()).await;
    let loser = match known.key == key_of(&one) {
        true => key_of(&two),
        false => key_of(&one),
    };
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert_eq!(*won[0].as_ref().unwrap(), KnownBy::FirstContact);
    assert_eq!(changed(lost[0].as_ref().unwrap_err()), (known, loser));
    // Of one device both are believed.
    let (outcomes, known) = race(one.clone(), one).await;
    let since = KnownBy::FirstUse {
        since: known.first_seen,
    };
    let mut believed: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    believed.sort_by_key(|by| *by == since);
    assert!(believed[0] == KnownBy::FirstContact || believed[0] == since);
    assert_eq!(believed[1], since);
}

#[tokio::test]
async fn a_policy_that_is_put_back_writes_nothing_and_knows_what_is_known() {
    let store = MemoryFirstUse::new();
    let (policy, _) = believing(store.clone());
    let server = start(device(), &rustls::version::TLS13).await;
    exchange(&policy, &server).await.unwrap();
    let known = store.look_up(HOST).unwrap();
    let handle = PolicyHandle::new(policy.clone());
    handle.replace(policy).unwrap();
    assert_eq!(store.look_up(HOST).unwrap(), known);
    let again = Policy::clone(&handle.current());
    assert_eq!(exchange(&again, &server).await.unwrap(), since_of(&store));
    assert_eq!(server.resumed_handshakes(), 0);
    assert!(known.unwrap().first_seen <= UnixTime::now());
}

#[tokio::test]
async fn exactly_the_named_key_is_believed_and_its_sessions_are_resumed() {
    for version in VERSIONS {
        let (device, other) = (device(), device());
        let key = key_of(&device);
        let policy = Policy::builder()
            .closed()
            .zone(Zone::for_host(HOST).exactly([key]))
            .build()
            .unwrap();
        let server = start(device.clone(), version).await;
        for _ in 0..2 {
            let by = exchange(&policy, &server).await.unwrap();
            assert_eq!(by, KnownBy::Exactly(key.into()));
        }
        assert_eq!(server.resumed_handshakes(), 1);
        // Somebody who has the certificate and not its key, and somebody else.
        for (identity, code) in [
            (device.with_key_of(&other), Code::BadHandshakeSignature),
            (other, Code::NotTheKey),
        ] {
            let server = start(identity, version).await;
            let fresh = Policy::builder()
                .closed()
                .zone(Zone::for_host(HOST).exactly([key]))
                .build()
                .unwrap();
            let error = connect(&fresh, server.addr()).await.unwrap_err();
            assert_eq!(error.code(), Some(code), "{error}");
            server.wait_for(|stats| stats.failed_handshakes == 1).await;
            assert_eq!(server.request_count(), 0);
        }
    }
}
