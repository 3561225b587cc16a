//! One canonical form of hosts: no spelling reaches a host under another zone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bonafide_testkit::{Identity, Recipe, TestCa, TestServer};
use bonafide_verify::first_use::{FirstUse as _, MemoryFirstUse};
use bonafide_verify::host::{CanonicalHost, HostError, HostPattern};
use bonafide_verify::pki_types::ServerName;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{
    Anchors, Code, CustomCa, Peer, PinSet, Pins, Policy, PolicyBuilder, Receipt, Refusal, Zone,
};
use proptest::prelude::*;
use tokio::net::TcpStream;

/// The server name as any client of rustls may give it, in the spelling of `text`.
fn spelled(text: &str) -> ServerName<'static> {
    ServerName::try_from(text.to_owned()).unwrap()
}

fn trusting(ca: &TestCa) -> PolicyBuilder {
    Policy::builder().anchors(Anchors::only(ca.certificate().clone()))
}

fn judge(policy: &Policy, identity: &Identity, host: &str) -> Result<Arc<Receipt>, Refusal> {
    policy.verify(&Peer::new(identity.chain(), &spelled(host)))
}

#[test]
fn every_spelling_of_a_host_has_one_canonical_form() {
    // written, as text, as URLs write it
    for (written, text, in_urls) in [
        ("Example.COM", "example.com", "example.com"),
        ("example.com.", "example.com", "example.com"),
        (
            "B\u{dc}CHER.example",
            "xn--bcher-kva.example",
            "xn--bcher-kva.example",
        ),
        (
            "XN--BCHER-KVA.example.",
            "xn--bcher-kva.example",
            "xn--bcher-kva.example",
        ),
        ("example\u{3002}com\u{3002}", "example.com", "example.com"),
        ("_srv.example", "_srv.example", "_srv.example"),
        ("192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1.", "192.0.2.1", "192.0.2.1"),
        ("\u{ff11}92.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("[2001:DB8:0:0::1]", "2001:db8::1", "[2001:db8::1]"),
        ("2001:db8::1", "2001:db8::1", "[2001:db8::1]"),
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"),
        ("[::FFFF:c000:201]", "192.0.2.1", "192.0.2.1"),
        ("[0:0:0:0:0:ffff:192.0.2.1]", "192.0.2.1", "192.0.2.1"),
        // IPv4-compatible, translated, and behind NAT64: other hosts.
        ("[::192.0.2.1]", "::c000:201", "[::c000:201]"),
        (
            "[::ffff:0:192.0.2.1]",
            "::ffff:0:c000:201",
            "[::ffff:0:c000:201]",
        ),
        (
            "[64:ff9b::192.0.2.1]",
            "64:ff9b::c000:201",
            "[64:ff9b::c000:201]",
        ),
    ] {
        let host = CanonicalHost::parse(written).unwrap();
        assert_eq!(
            (host.as_str(), &*host.uri_host(), host.to_string()),
            (text, in_urls, text.to_owned()),
            "{written}"
        );
        assert_eq!(host.server_name(), &spelled(text), "{written}");
        assert_eq!(host.address(), text.parse::<IpAddr>().ok(), "{written}");
        assert_eq!(CanonicalHost::of(host.server_name()), host, "{written}");
    }
}

#[test]
fn what_is_not_a_host_is_an_error_that_does_not_repeat_it() {
    for written in [
        "",
        ".",
        "a..b",
        "a b",
        "a:443",
        "[2001:db8::1]:443",
        "[192.0.2.1]",
        "[example.com]",
        "fe80::1%eth0",
        "%31.example",
        "127.1",
        "0x7f.0.0.1",
        "2130706433",
        "user:secret@example.com",
    ] {
        let error = CanonicalHost::parse(written).unwrap_err();
        assert!(matches!(error, HostError { .. }), "{written}");
        assert_eq!(
            format!("{error} {error:?}"),
            "not a valid DNS name or IP address HostError",
            "{written}"
        );
    }
}

#[test]
fn a_pattern_matches_every_spelling_of_its_hosts() {
    // pattern, a host in another spelling
    for (pattern, host) in [
        ("127.0.0.1", "[::ffff:127.0.0.1]"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("::ffff:7f00:1", "[::FFFF:7f00:1]"),
        ("*.b\u{fc}cher.example", "A.XN--BCHER-KVA.Example."),
        ("**.xn--bcher-kva.example", "B\u{dc}CHER.example"),
    ] {
        let read: HostPattern = pattern.parse().unwrap();
        assert!(read.matches(host), "{pattern} and {host}");
        assert!(!read.matches("user@b\u{fc}cher.example"), "{pattern}");
    }
}

#[test]
fn the_pins_of_a_host_are_found_in_any_spelling() {
    let pins = |host: &str| {
        let pins = Pins::for_host(host).ca(SpkiSha256([9; 32]));
        pins.without_backup().never_expires().build().unwrap()
    };
    let set = PinSet::new([pins("127.0.0.1"), pins("**.b\u{fc}cher.example")]).unwrap();
    for host in [
        "[::ffff:127.0.0.1]",
        "A.B\u{dc}CHER.example.",
        "xn--bcher-kva.example",
    ] {
        assert_eq!(set.for_host(host).count(), 1, "{host}");
    }
    assert_eq!(set.for_host("user@127.0.0.1").count(), 0);
}

#[test]
fn a_mapped_address_is_judged_as_the_ipv4_address_in_it() {
    let (public, private) = (TestCa::new(), TestCa::new());
    let policy = trusting(&public)
        .zone(Zone::for_host("127.0.0.1").anchors(Anchors::only(private.certificate().clone())))
        .build()
        .unwrap();
    let mapped = "::ffff:127.0.0.1";
    let receipt = judge(
        &policy,
        &private.issue(Recipe::for_host("127.0.0.1")),
        mapped,
    )
    .unwrap();
    assert_eq!(
        (receipt.zone(), receipt.host()),
        ("127.0.0.1", Some("127.0.0.1"))
    );
    let by_public = public.issue(Recipe::for_host("127.0.0.1"));
    let refusal = judge(&policy, &by_public, mapped).unwrap_err();
    assert_eq!(refusal.code(), Code::UnknownIssuer);
}

#[test]
fn a_san_of_sixteen_octets_with_a_mapped_address_is_for_no_host() {
    let ca = TestCa::new();
    let policy = trusting(&ca).build().unwrap();
    let identity = ca.issue(Recipe::for_host("::ffff:127.0.0.1"));
    for asked in ["127.0.0.1", "::ffff:127.0.0.1"] {
        let refusal = judge(&policy, &identity, asked).unwrap_err();
        assert_eq!(refusal.code(), Code::NameMismatch, "{asked}");
    }
}

#[test]
fn pins_and_fences_hold_for_every_spelling() {
    let ca = TestCa::new();
    let identity = ca.issue(Recipe::for_host("10.1.2.3"));
    let pins = Pins::for_host("[::ffff:10.1.2.3]")
        .ca(SpkiSha256([9; 32]))
        .without_backup()
        .never_expires()
        .build()
        .unwrap();
    let pinned = trusting(&ca).pins(pins).build().unwrap();
    for asked in ["10.1.2.3", "::ffff:10.1.2.3"] {
        let refusal = judge(&pinned, &identity, asked).unwrap_err();
        assert_eq!(refusal.code(), Code::PinMismatch, "{asked}");
    }
    for (fence, code) in [
        ("::ffff:10.0.0.0/104", None),
        ("[::ffff:10.1.2.3]", None),
        ("::ffff:11.0.0.0/104", Some(Code::NameConstraint)),
    ] {
        let fenced = CustomCa::pem("corp", ca.pem()).only_for([fence]);
        let policy = Policy::builder().anchors(Anchors::only(fenced)).build();
        let policy = policy.unwrap();
        for asked in ["10.1.2.3", "::ffff:10.1.2.3"] {
            let refused = judge(&policy, &identity, asked).err();
            assert_eq!(
                refused.map(|refusal| refusal.code()),
                code,
                "{fence}, {asked}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_to_a_mapped_address_is_in_its_zone_and_known_by_one_key() {
    let store = Arc::new(MemoryFirstUse::default());
    let policy = Policy::builder()
        .closed()
        .zone(Zone::for_host("127.0.0.1").first_use(Arc::clone(&store)))
        .build()
        .unwrap();
    let identity = Identity::self_signed(Recipe::for_host("127.0.0.1"));
    let key: SpkiSha256 = identity.spki_pin().parse().unwrap();
    let server = TestServer::http1(identity).await;
    let tcp = TcpStream::connect(server.addr()).await.unwrap();
    let stream = policy
        .connect(spelled("::ffff:127.0.0.1"), tcp)
        .await
        .unwrap();
    assert_eq!(stream.receipt().host(), Some("127.0.0.1"));
    assert_eq!(store.look_up("127.0.0.1").unwrap().unwrap().key, key);
    assert_eq!(store.look_up("::ffff:127.0.0.1").unwrap(), None);
    server.shutdown().await;
}

/// What rustls does for any client: its own name for SNI, and the policy's configuration.
#[tokio::test]
async fn another_client_of_rustls_reaches_no_other_zone_by_spelling() {
    let (public, private) = (TestCa::new(), TestCa::new());
    let policy = trusting(&public)
        .zone(Zone::for_host("127.0.0.1").anchors(Anchors::only(private.certificate().clone())))
        .build()
        .unwrap();
    let server = TestServer::http1(public.issue(Recipe::for_host("127.0.0.1"))).await;
    let config = Arc::new(policy.client_config().unwrap());
    for asked in ["127.0.0.1", "::ffff:127.0.0.1"] {
        let tcp = TcpStream::connect(server.addr()).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&config));
        let error = connector.connect(spelled(asked), tcp).await.unwrap_err();
        let refusal = Refusal::find_in(&error).unwrap();
        assert_eq!(
            (refusal.code(), refusal.receipt().zone()),
            (Code::UnknownIssuer, "127.0.0.1"),
            "{asked}"
        );
    }
    server.shutdown().await;
}

/// A host, and another spelling of it.
fn spellings() -> impl Strategy<Value = (String, String)> {
    let mapped = any::<[u8; 4]>().prop_flat_map(|octets| {
        let [a, b, c, d] = octets;
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let address = Ipv4Addr::from(octets);
        prop::sample::select(vec![
            address.to_string(),
            format!("{address}."),
            format!("::ffff:{address}"),
            format!("::ffff:{high:x}:{low:x}"),
            format!("0:0:0:0:0:ffff:{high:04x}:{low:04x}"),
            format!("[::ffff:{address}]"),
            format!("[0000::0:FFFF:{high:X}:{low:X}]"),
        ])
        .prop_map(move |spelling| (address.to_string(), spelling))
    });
    let v6 = any::<[u16; 8]>().prop_map(|segments| {
        let written = segments.map(|segment| format!("{segment:04X}")).join(":");
        let address = Ipv6Addr::from(segments).to_canonical();
        (address.to_string(), format!("[{written}]"))
    });
    let label = prop::sample::select(vec![
        "a",
        "xn--bcher-kva",
        "b\u{fc}cher",
        "B\u{dc}CHER",
        "z9",
    ]);
    let name = (
        prop::collection::vec(label, 1..4),
        any::<u64>(),
        prop::sample::select(vec!["", "."]),
    );
    let name = name.prop_map(|(labels, cases, dot)| {
        let written = format!("{}.Example", labels.join("."));
        let canonical = written
            .to_lowercase()
            .replace("b\u{fc}cher", "xn--bcher-kva");
        let mixed: String = written
            .chars()
            .enumerate()
            .map(|(at, char)| match cases >> (at % 64) & 1 {
                0 => char.to_ascii_uppercase(),
                _ => char.to_ascii_lowercase(),
            })
            .collect();
        (canonical, format!("{mixed}{dot}"))
    });
    prop_oneof![mapped, v6, name]
}

proptest! {
    #[test]
    fn no_spelling_reaches_a_host_under_another_zone((host, spelling) in spellings()) {
        let policy = trusting(&TestCa::new())
            .zone(Zone::for_host(&host))
            .zone(Zone::for_host("**.xn--bcher-kva.example"))
            .build();
        // Its own pattern may be the other zone's.
        let policy = match policy {
            Ok(policy) => policy,
            Err(error) => panic!("{host}: {error}"),
        };
        let canonical = CanonicalHost::parse(&spelling).unwrap();
        prop_assert_eq!(canonical.as_str(), &host);
        let mut names = vec![canonical.server_name().clone()];
        names.extend(ServerName::try_from(spelling.clone()).ok());
        for name in names {
            prop_assert_eq!(policy.zone_of(&name).unwrap().name(), &host);
            prop_assert_eq!(&CanonicalHost::of(&name), &canonical);
        }
        let pattern: HostPattern = spelling.parse().unwrap();
        prop_assert_eq!(pattern.to_string(), host);
        prop_assert!(policy.client_config_for(&spelling).is_ok());
    }
}
