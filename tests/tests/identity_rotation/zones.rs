//! Each zone has its own identity.

use bonafide::Client;
use bonafide::verify::Zone;
use bonafide::verify::identity::IdentityHandle;

use super::stage::{Stage, WAYS, get_url, left_open, ours, shown};

#[tokio::test]
async fn rotating_the_identity_of_one_zone_leaves_the_connections_of_another_alone() {
    for way in WAYS {
        let stage = Stage::new();
        let (a1, a2, b) = (stage.issue("a1"), stage.issue("a2"), stage.issue("b"));
        let server = stage.demanding(way).start().await;
        let of_a = IdentityHandle::new(ours(&a1));
        let of_b = IdentityHandle::new(ours(&b));
        let policy = stage
            .policy()
            .zone(Zone::for_host("a.test").identity(&of_a))
            .zone(Zone::for_host("b.test").identity(&of_b))
            .build()
            .unwrap();
        let client = Client::builder()
            .policy(policy)
            .resolve("a.test", server.addr())
            .resolve("b.test", server.addr())
            .build()
            .unwrap();
        let a = || get_url(&client, server.url_for("a.test", "/"));
        let b_again = || get_url(&client, server.url_for("b.test", "/"));
        a().await.unwrap();
        b_again().await.unwrap();
        of_a.replace(ours(&a2)).unwrap();
        left_open(&server, 1).await;
        a().await.unwrap();
        b_again().await.unwrap();
        assert_eq!(shown(&server, &[&a1, &a2, &b]), [0, 2, 1, 2]);
        assert_eq!(server.tcp_connections(), 3);
        assert_eq!(server.resumed_handshakes(), 0);
    }
}

#[tokio::test]
async fn one_handle_serves_many_policies_and_clients() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let handle = IdentityHandle::new(ours(&old));
        let clients = [stage.client(&handle), stage.client(&handle)];
        let policy = clients[0].policy().unwrap().clone();
        for client in &clients {
            get_url(client, server.url("/")).await.unwrap();
        }
        policy
            .replace(stage.policy().identity(&handle).build().unwrap())
            .unwrap();
        get_url(&clients[0], server.url("/")).await.unwrap();
        left_open(&server, 2).await;
        handle.replace(ours(&new)).unwrap();
        left_open(&server, 0).await;
        for client in &clients {
            get_url(client, server.url("/")).await.unwrap();
        }
        assert_eq!(shown(&server, &[&old, &new]), [0, 0, 0, 1, 1]);
    }
}
