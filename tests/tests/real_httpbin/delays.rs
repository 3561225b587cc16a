//! Slow responses, time limits, and statuses that are worth another attempt.

use std::time::{Duration, Instant};

use bonafide::retry::{Attempts, Backoff, Retry};
use bonafide::{Delivery, Kind, Phase};
use bonafide_tests::{Http, client_over};

use super::{clients, echoed, sent, started};

const SHORT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug)]
enum Limit {
    OfReading(Duration),
    OfTheCall(Duration),
}

fn quick() -> Retry {
    Retry::standard().with_backoff(Backoff::new(
        Duration::from_millis(1),
        Duration::from_millis(5),
    ))
}

#[tokio::test]
async fn a_response_that_comes_too_late_is_a_timeout_of_its_phase() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        let request = client.get(httpbin.url("/delay/0.2"));
        let seen = echoed(request.headers_timeout(Duration::from_secs(5))).await;
        assert_eq!(seen["url"], httpbin.url("/delay/0.2"));

        let url = httpbin.url("/delay/4");
        for request in [
            client.get(&url).headers_timeout(SHORT),
            client.get(&url).timeout(3 * SHORT),
        ] {
            let error = request.send().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.phase(), error.delivery()),
                (
                    Kind::Timeout,
                    Some(Phase::Headers),
                    Delivery::MaybeProcessed
                ),
                "{http:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_body_that_drips_is_read_to_its_end_within_the_limits() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for (http, client) in clients(&ca) {
        // Each byte comes long before the read limit, the last one after it.
        let url = httpbin.url("/drip?numbytes=10&duration=2&delay=0");
        let begun = Instant::now();
        let limit = Duration::from_millis(1_500);
        let mut response = sent(client.get(&url).read_timeout(limit)).await;
        assert_eq!(response.content_length(), Some(10));
        let mut chunks = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            chunks.push(chunk);
        }
        assert_eq!(chunks.concat(), b"**********", "{http:?}");
        assert!(chunks.len() > 1, "{http:?} {chunks:?}");
        assert!(begun.elapsed() > limit, "{http:?}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_or_takes_too_long_is_a_timeout_after_its_beginning() {
    let Some((httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let url = httpbin.url("/drip?numbytes=2&duration=8&delay=0");
        for limit in [Limit::OfReading(SHORT), Limit::OfTheCall(5 * SHORT)] {
            // gunicorn is busy with the stream of a connection until it ends.
            let client = client_over(http, &ca).build().unwrap();
            let request = match limit {
                Limit::OfReading(limit) => client.get(&url).read_timeout(limit),
                Limit::OfTheCall(limit) => client.get(&url).timeout(limit),
            };
            let mut response = sent(request).await;
            assert_eq!(response.chunk().await.unwrap().unwrap(), "*");
            let error = response.chunk().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.phase(), error.delivery()),
                (Kind::Timeout, Some(Phase::Body), Delivery::Answered),
                "{http:?} {limit:?}"
            );
            assert!(error.receipt().is_some());
        }
    }
}

#[tokio::test]
async fn a_503_is_asked_for_three_times_where_that_is_safe() {
    for http in Http::BOTH {
        let Some((mut httpbin, ca)) = started().await else {
            return;
        };
        let client = client_over(http, &ca).retry(quick()).build().unwrap();
        let mut asked = 0;
        // status, attempts of a GET, attempts of a POST
        for (status, idempotent, other) in [
            (200, 1, 1),
            (404, 1, 1),
            (408, 3, 1),
            (429, 3, 1),
            (500, 3, 1),
            (501, 1, 1),
            (503, 3, 1),
            (504, 3, 1),
        ] {
            let url = httpbin.url(&format!("/status/{status}"));
            for (request, expected) in [(client.get(&url), idempotent), (client.post(&url), other)]
            {
                let response = request.send().await.unwrap();
                assert_eq!(response.status().as_u16(), status);
                let attempts = response.extensions().get::<Attempts>().unwrap();
                assert_eq!(attempts.made(), expected, "{http:?} {status}");
                asked += expected as usize;
                assert_eq!(httpbin.requests(asked).await.len(), asked);
            }
        }
    }
}

#[tokio::test]
async fn without_a_retry_each_status_is_asked_for_once() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    for (number, (_, client)) in clients(&ca).into_iter().enumerate() {
        let response = client.get(httpbin.url("/status/503")).send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(httpbin.requests(number + 1).await.len(), number + 1);
    }
}

#[tokio::test]
async fn an_attempt_that_gets_no_response_in_time_is_made_again_within_the_limit_of_the_call() {
    let Some((mut httpbin, ca)) = started().await else {
        return;
    };
    for http in Http::BOTH {
        let client = client_over(http, &ca).retry(quick()).build().unwrap();
        sent(client.get(httpbin.url("/get"))).await;
        let url = httpbin.url("/delay/2");
        let begun = Instant::now();
        let error = client.get(&url).headers_timeout(SHORT).send().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{error}");
        let elapsed = begun.elapsed();
        assert!(elapsed > 3 * SHORT, "{http:?} {elapsed:?}");
        if http == Http::One {
            // httpbin answers all of them in the end, each over its own connection.
            assert_eq!(httpbin.requests(4).await.len(), 4);
        }
        // The limit of the whole call is not one of an attempt.
        let begun = Instant::now();
        let limit = Duration::from_secs(1);
        let request = client.get(httpbin.url("/delay/5")).timeout(limit);
        let error = request.send().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout, "{error}");
        let elapsed = begun.elapsed();
        assert!(elapsed < 3 * limit, "{http:?} {elapsed:?}");
    }
}
