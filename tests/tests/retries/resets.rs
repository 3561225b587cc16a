//! HTTP/2 streams that the server ends without an answer.

use std::sync::{Arc, Mutex};

use bonafide_testkit::TestCa;
use bonafide_tower::connector::VerifiedConnector;
use bonafide_tower::delivery::Delivery;
use bonafide_tower::retry::{Attempts, Decision, Outcome, RetryLayer};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer as _, ServiceExt as _};

use crate::stage::{MAYBE, request, trusting};

/// How a stream ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// RST_STREAM with this error code.
    Reset(u8),
    /// GOAWAY with this error code; the stream is above the last one that it names.
    GoAway(u8),
}

impl End {
    fn frame(self, stream: &[u8]) -> Vec<u8> {
        match self {
            Self::Reset(code) => [&[0, 0, 4, 3, 0][..], stream, &[0, 0, 0, code]].concat(),
            Self::GoAway(code) => vec![0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, code],
        }
    }
}

/// Ends the first stream in this way, and answers those on this and further connections.
async fn serve(listener: TcpListener, end: End) {
    let mut end = Some(end);
    while let Ok((tcp, _)) = listener.accept().await {
        serve_one(tcp, &mut end).await;
    }
}

async fn serve_one(mut tcp: TcpStream, end: &mut Option<End>) {
    let mut preface = [0; 24];
    tcp.read_exact(&mut preface).await.unwrap();
    // SETTINGS without one.
    tcp.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    loop {
        let mut head = [0; 9];
        if tcp.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        tcp.read_exact(&mut payload).await.unwrap();
        // HEADERS begin a stream.
        if head[3] == 1 {
            let stream = &head[5..];
            // The indexed field `:status: 200`, with END_STREAM and END_HEADERS.
            let answer = || [&[0, 0, 1, 1, 5][..], stream, &[0x88]].concat();
            let frame = end.take().map_or_else(answer, |end| end.frame(stream));
            tcp.write_all(&frame).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_stream_without_an_answer_is_repeated_as_the_code_of_its_end_allows() {
    let (unprocessed, http1) = (
        Outcome::Failed(Delivery::RefusedUnprocessed),
        Outcome::Http1Required,
    );
    // The error codes of RFC 9113 section 7.
    for (end, outcome, attempts) in [
        (End::Reset(7), unprocessed, 2),
        (End::Reset(13), http1, 2),
        (End::Reset(2), MAYBE, 1),
        (End::GoAway(0), unprocessed, 2),
        (End::GoAway(11), unprocessed, 2),
        (End::GoAway(13), http1, 2),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serving = tokio::spawn(serve(listener, end));
        let connector = VerifiedConnector::new(trusting(&TestCa::new())).allow_plain_http();
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
            .http2_only(true)
            .build(connector);
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let log = Arc::clone(&seen);
        let service = RetryLayer::new()
            .with_observer(move |it: &Decision<'_>| log.lock().unwrap().push(it.outcome))
            .layer(client);
        let counted = Attempts::new();
        let mut request = request(Method::POST, &url);
        request.extensions_mut().insert(counted.clone());
        let result = service.oneshot(request).await;
        assert_eq!(result.is_ok(), attempts == 2, "{end:?}: {result:?}");
        assert_eq!(*seen.lock().unwrap(), [outcome], "{end:?}");
        assert_eq!(counted.made(), attempts, "{end:?}");
        serving.abort();
    }
}
