//! Rotations with an overlap.

use std::time::Duration;

use bonafide::verify::identity::IdentityHandle;

use super::stage::{Stage, WAYS, get, left_open, ours, shown};

const OVERLAP: Duration = Duration::from_secs(40);

/// The client's time goes on by `time` at once.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn old_connections_serve_requests_until_the_overlap_is_over_and_close_then() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::with_overlap(ours(&old), OVERLAP);
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        handle.replace(ours(&new)).unwrap();
        get(&client, &server).await.unwrap();
        pass(OVERLAP / 2).await;
        get(&client, &server).await.unwrap();
        assert_eq!(server.tcp_connections(), 1, "within the overlap");
        pass(OVERLAP / 2 + Duration::from_secs(1)).await;
        left_open(&server, 0).await;
        get(&client, &server).await.unwrap();
        assert_eq!(shown(&server, &[&old, &new]), [0, 0, 0, 1], "{way:?}");
        assert_eq!(server.tcp_connections(), 2);
        assert_eq!(server.resumed_handshakes(), 0);
    }
}

#[tokio::test]
async fn new_connections_are_made_with_the_new_certificate_from_the_first_moment() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let (one, two) = (
            stage.demanding(way).start().await,
            stage.demanding(way).start().await,
        );
        let handle = IdentityHandle::with_overlap(ours(&old), OVERLAP);
        let client = stage.client(&handle);
        get(&client, &one).await.unwrap();
        handle.replace(ours(&new)).unwrap();
        get(&client, &one).await.unwrap();
        get(&client, &two).await.unwrap();
        assert_eq!(shown(&one, &[&old, &new]), [0, 0]);
        assert_eq!(shown(&two, &[&old, &new]), [1]);
    }
}

#[tokio::test]
async fn a_second_rotation_does_not_lengthen_the_life_of_what_the_first_retired() {
    let stage = Stage::new();
    let identities = [stage.issue("1"), stage.issue("2"), stage.issue("3")];
    let server = stage.demanding(WAYS[3]).start().await;
    let handle = IdentityHandle::with_overlap(ours(&identities[0]), OVERLAP);
    let client = stage.client(&handle);
    get(&client, &server).await.unwrap();
    handle.replace(ours(&identities[1])).unwrap();
    pass(OVERLAP / 2).await;
    handle.replace(ours(&identities[2])).unwrap();
    get(&client, &server).await.unwrap();
    assert_eq!(server.tcp_connections(), 1);
    pass(OVERLAP / 2 + Duration::from_secs(1)).await;
    left_open(&server, 0).await;
    get(&client, &server).await.unwrap();
    let [one, two, three] = &identities;
    assert_eq!(shown(&server, &[one, two, three]), [0, 0, 2]);
}
