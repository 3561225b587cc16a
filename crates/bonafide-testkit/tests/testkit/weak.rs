//! Servers with weak parameters: strict clients refuse each of them, and lax ones go on.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bonafide_testkit::TestCa;
use bonafide_testkit::weak::{ClientMove, WeakServer, Weakness};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::openssl::OpenSsl;

#[tokio::test]
async fn rustls_refuses_every_weakness_by_an_alert() {
    let ca = TestCa::new();
    for weakness in Weakness::ALL {
        let server = WeakServer::start(*weakness, &ca).await;
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(ca.client_config()))
            .connect(name, tcp)
            .await
            .unwrap_err();
        let moves = server.next_moves(1).await;
        assert!(
            matches!(moves[..], [ClientMove::Alerted(40 | 47 | 51 | 70)]),
            "{weakness:?}: {moves:?}"
        );
        assert_eq!(server.client_hellos(), 1);
    }
}

#[tokio::test]
async fn a_connection_without_a_hello_is_told_apart() {
    let server = WeakServer::start(Weakness::Null, &TestCa::new()).await;
    drop(TcpStream::connect(server.addr()).await.unwrap());
    assert_eq!(server.next_moves(1).await, [ClientMove::SaidNothing]);
    assert_eq!(server.client_hellos(), 0);
}

/// What OpenSSL does when it is configured to accept all that it still supports.
#[tokio::test]
async fn openssl_without_a_security_level_goes_on() {
    let Some(openssl) = OpenSsl::find() else {
        return;
    };
    let ca = TestCa::new();
    let roots = openssl.file("ca.pem", &ca.pem());
    for (weakness, version) in [
        (Weakness::Tls10, "-tls1"),
        (Weakness::Tls11, "-tls1_1"),
        (Weakness::Cbc, "-tls1_2"),
        (Weakness::Null, "-tls1_2"),
        (Weakness::Anonymous, "-tls1_2"),
        (Weakness::StaticRsa, "-tls1_2"),
        (Weakness::Dh1024, "-tls1_2"),
        (Weakness::Dh2048, "-tls1_2"),
        (Weakness::DhComposite, "-tls1_2"),
    ] {
        let moves = move_of_openssl(weakness, version, &ca, &roots)
            .await
            .unwrap();
        assert_eq!(moves, [ClientMove::WentOn], "{weakness:?}");
    }
    // Of the three secrets there are, OpenSSL refuses the one that is 1, and goes on with the
    // others.
    for _ in 0..60 {
        let small = Weakness::DhSmallSubgroup;
        let moves = move_of_openssl(small, "-tls1_2", &ca, &roots)
            .await
            .unwrap();
        match moves[..] {
            [ClientMove::WentOn] => return,
            [ClientMove::Alerted(47)] => {}
            ref other => panic!("{other:?}"),
        }
    }
    panic!("OpenSSL goes on with none of the secrets");
}

async fn move_of_openssl(
    weakness: Weakness,
    version: &str,
    ca: &TestCa,
    roots: &Path,
) -> std::io::Result<Vec<ClientMove>> {
    let server = WeakServer::start(weakness, ca).await;
    let mut client = tokio::process::Command::new("openssl")
        .args(["s_client", "-brief", "-verify_return_error", "-CAfile"])
        .arg(roots)
        .args(["-connect", &server.addr().to_string(), version])
        .args(["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let moves = server.next_moves(1).await;
    client.wait().await?;
    Ok(moves)
}
