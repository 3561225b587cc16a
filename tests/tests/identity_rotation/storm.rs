//! Rotations while many requests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bonafide::verify::identity::IdentityHandle;

use super::stage::{Stage, WAYS, ours, shown};

/// How long the storm lasts.
const LONG: Duration = Duration::from_millis(1500);
/// The header that says how many rotations had returned when the request began.
const ROTATIONS: &str = "x-rotations";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotations_during_many_requests_lose_nothing_and_no_request_shows_what_was_replaced_before_it()
 {
    for way in [WAYS[1], WAYS[3]] {
        let stage = Stage::new();
        let identities: Vec<_> = (0..64)
            .map(|number| stage.issue(&format!("n{number}")))
            .collect();
        let server = stage.demanding(way).request_log(1_000_000).start().await;
        let handle = IdentityHandle::new(ours(&identities[0]));
        let client = stage.client(&handle);
        let rotations = Arc::new(AtomicUsize::new(0));
        let end = Instant::now() + LONG;
        let requests: Vec<_> = (0..64)
            .map(|_| {
                let (client, url) = (client.clone(), server.url("/"));
                let rotations = Arc::clone(&rotations);
                tokio::spawn(async move {
                    let mut answers = 0;
                    while Instant::now() < end {
                        let returned = rotations.load(Ordering::SeqCst).to_string();
                        let request = client.get(&url).header(ROTATIONS, returned);
                        request.send().await.unwrap().text().await.unwrap();
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        for identity in &identities[1..] {
            tokio::time::sleep(LONG / 80).await;
            handle.replace(ours(identity)).unwrap();
            rotations.fetch_add(1, Ordering::SeqCst);
        }
        let mut answers = 0;
        for request in requests {
            answers += request.await.unwrap();
        }
        assert_eq!(server.request_count(), answers, "nothing is sent twice");
        let all: Vec<_> = identities.iter().collect();
        let shown = shown(&server, &all);
        for (request, shown) in server.requests().iter().zip(shown) {
            let returned: usize = request.headers[ROTATIONS]
                .to_str()
                .unwrap()
                .parse()
                .unwrap();
            assert!(shown >= returned, "{shown} after {returned} rotations");
        }
    }
}
