//! Whatever a server does, the events are well formed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bonafide::events::{CallId, ConnectionId, Event};
use bonafide::{Client, Response};
use bonafide_testkit::{Alpn, Ending, TestServer};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::support::{builder, server};

/// What a caller does with a call.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Reads,
    DropsTheBody,
    /// Drops the call after so many milliseconds.
    GivesUp(u64),
}

type Events = Arc<Mutex<Vec<(Option<CallId>, Option<ConnectionId>, &'static str)>>>;

fn a_caller() -> impl Strategy<Value = Caller> {
    prop_oneof![
        Just(Caller::Reads),
        Just(Caller::DropsTheBody),
        (0..20u64).prop_map(Caller::GivesUp),
    ]
}

fn an_ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        Just(Ending::CloseNotify),
        Just(Ending::CloseAfterResponse),
        Just(Ending::CloseAfterRequest),
        Just(Ending::Reset),
        Just(Ending::ResetAfterHeaders),
        Just(Ending::StallBeforeHeaders),
        Just(Ending::StallAfterHeaders),
        Just(Ending::StallInHandshake),
        Just(Ending::CloseInHandshake),
        Just(Ending::TruncatedBody {
            declared: 9,
            sent: 3
        }),
    ]
}

async fn call(client: Client, server: &TestServer, caller: Caller) {
    let request = client.post(server.url("/")).body("body");
    let sending = request.timeout(Duration::from_millis(100)).send();
    let read = async |response: Result<Response, bonafide::Error>| {
        if let Ok(response) = response {
            // However it ends.
            let _ = response.bytes().await;
        }
    };
    match caller {
        Caller::Reads => read(sending.await).await,
        Caller::DropsTheBody => drop(sending.await),
        Caller::GivesUp(after) => {
            let all = async { read(sending.await).await };
            let _ = tokio::time::timeout(Duration::from_millis(after), all).await;
        }
    }
}

/// Each beginning has one end and nothing follows the end of a call or of an opening.
fn check(events: &[(Option<CallId>, Option<ConnectionId>, &'static str)]) -> Result<(), String> {
    let mut calls: HashMap<CallId, Vec<&str>> = HashMap::new();
    let mut openings: HashMap<ConnectionId, Vec<&str>> = HashMap::new();
    for (call, connection, name) in events {
        match (call, connection) {
            (Some(call), _) => calls.entry(*call).or_default().push(name),
            (None, Some(connection)) => openings.entry(*connection).or_default().push(name),
            (None, None) => return Err(format!("{name} has no subject")),
        }
    }
    let count = |names: &[&str], name: &str| names.iter().filter(|one| **one == name).count();
    for names in calls.values() {
        let is_framed = names.first() == Some(&"call-started")
            && names.last() == Some(&"call-ended")
            && count(names, "call-started") == 1
            && count(names, "call-ended") == 1;
        let leases = count(names, "connection-acquired");
        let asked = count(names, "pool-hit") + count(names, "pool-miss");
        let is_ordered = leases <= asked
            && asked <= leases + 1
            && count(names, "send-started") == leases
            && count(names, "request-sent") <= leases
            && count(names, "response-head") <= leases
            && count(names, "body-ended") <= 1;
        if !is_framed || !is_ordered {
            return Err(format!("{names:?}"));
        }
    }
    for names in openings.values() {
        if names.first() != Some(&"opening-started") || names.last() != Some(&"opening-ended") {
            return Err(format!("{names:?}"));
        }
        let mut open: Option<&str> = None;
        for name in &names[1..names.len() - 1] {
            match (name.strip_suffix("-started"), name.strip_suffix("-ended")) {
                (Some(step), _) if open.is_none() => open = Some(step),
                (_, Some(step)) if open == Some(step) => open = None,
                (None, None) if open == Some("tls") => {}
                _ => return Err(format!("{names:?}")),
            }
        }
        if open.is_some() {
            return Err(format!("{names:?}"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn each_beginning_has_one_end_and_nothing_follows_the_end_of_a_call(
        alpn in prop_oneof![Just(Alpn::Http1), Just(Alpn::Http2)],
        endings in proptest::collection::vec(an_ending(), 1..4),
        callers in proptest::collection::vec(a_caller(), 1..5),
        together in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let events = Events::default();
        let sink = Arc::clone(&events);
        let count = callers.len();
        runtime.block_on(async {
            let server = server(alpn).endings(endings).start().await;
            let client = builder()
                .event_listener(move |event: &Event<'_>| {
                    let event = (event.call(), event.connection(), event.name());
                    sink.lock().expect("unpoisoned").push(event);
                })
                .build()
                .expect("a client");
            if together {
                let calls = callers.iter().map(|caller| call(client.clone(), &server, *caller));
                futures_util::future::join_all(calls).await;
            } else {
                for caller in callers {
                    call(client.clone(), &server, caller).await;
                }
            }
        });
        // Ends what still connects.
        drop(runtime);
        let events = events.lock().expect("unpoisoned");
        check(&events).map_err(TestCaseError::fail)?;
        let ends = events.iter().filter(|event| event.2 == "call-ended").count();
        prop_assert!(ends <= count);
    }
}
