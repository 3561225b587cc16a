//! What becomes of the texts and the headers of a proxy.

use super::*;

#[test]
fn the_password_is_used_and_never_shown() {
    let proxy = Proxy::http("http://us%20er:s3cret@[::1]:3128").expect("a proxy");
    assert_eq!(proxy.address(), ("::1", 3128));
    assert_eq!(proxy.credentials(), Some((&b"us er"[..], &b"s3cret"[..])));
    assert_eq!(
        proxy.authorization().expect("credentials"),
        "Basic dXMgZXI6czNjcmV0"
    );
    assert_eq!(proxy.to_string(), "http://[::1]:3128");
    assert_eq!(format!("{proxy:?}"), "Proxy(http://[::1]:3128)");
    assert!(!format!("{:?}", Route::Proxy(proxy)).contains("s3cret"));
}

#[test]
fn each_form_takes_its_own_scheme_only() {
    assert_eq!(
        Proxy::socks5("socks5://h").expect("a proxy").address(),
        ("h", 1080)
    );
    assert_eq!(
        Proxy::http("http://h").expect("a proxy").address(),
        ("h", 80)
    );
    for outcome in [
        Proxy::http("https://h:3128"),
        Proxy::http("socks5://h:1080"),
        Proxy::socks5("http://h:1080"),
        Proxy::http("h:3128"),
        Proxy::http("h"),
        Proxy::http("user:s3cret@h:3128"),
        Proxy::http("http://h:0"),
        Proxy::http("http://h:3128/path?s3cret"),
        Proxy::http("http://h:3128?s3cret"),
        Proxy::http("http://h:3128#s3cret"),
    ] {
        let error = outcome.expect_err("another form");
        let found = (error.kind(), error.delivery());
        assert_eq!(found, (Kind::Url, Delivery::NotSent));
        let text = error.to_string();
        assert!(text.contains("://host:port"), "{text}");
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
}

#[test]
fn a_text_becomes_the_proxy_that_its_scheme_names() {
    for (text, proxy) in [
        ("http://h", Proxy::http("http://h:80")),
        ("HTTP://us:s3cret@h:1", Proxy::http("http://us:s3cret@h:1")),
        ("socks5://h", Proxy::socks5("socks5://h:1080")),
        (
            "socks5://us:s3cret@h",
            Proxy::socks5("socks5://us:s3cret@h"),
        ),
    ] {
        assert_eq!(
            text.parse::<Proxy>().expect(text),
            proxy.expect("a proxy"),
            "{text}"
        );
    }
    let neither = "the proxy's URL is neither http://host:port nor socks5://host:port";
    for (text, expected) in [
        ("https://s3cret@h:3128", neither),
        ("socks5h://s3cret@h", neither),
        ("s3cret:s3cret@h:3128", neither),
        (
            "http://s3cret@h/path",
            "the proxy's URL is not of the form http://host:port",
        ),
        (
            "socks5://s3cret@h?x",
            "the proxy's URL is not of the form socks5://host:port",
        ),
        (
            "s3cret",
            "the proxy's URL is neither http://host:port nor socks5://host:port: relative URL \
             without a base",
        ),
    ] {
        let error = text.parse::<Proxy>().expect_err(text);
        assert_eq!(error.kind(), Kind::Url, "{text}");
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn credentials_that_a_protocol_cannot_carry_are_refused() {
    let text = |proxy: Result<Proxy, Error>| proxy.expect_err("unusable").to_string();
    assert_eq!(
        text(Proxy::http("http://a%3Ab:c@h")),
        "the user name for the proxy has a colon"
    );
    Proxy::http("http://a:b%3Ac@h").expect("the password may have one");
    let long = "a".repeat(256);
    for url in [
        format!("socks5://{long}:b@h"),
        format!("socks5://a:{long}@h"),
    ] {
        assert_eq!(
            text(Proxy::socks5(&url)),
            "the user name or the password for the proxy has more than 255 bytes"
        );
    }
    let longest = "a".repeat(255);
    Proxy::socks5(&format!("socks5://{longest}:{longest}@h")).expect("short enough");
    let bytes = Proxy::socks5("socks5://%ff:%00@h").expect("any bytes");
    assert_eq!(bytes.credentials(), Some((&b"\xff"[..], &b"\0"[..])));
}

#[test]
fn header_fields_are_the_callers_but_for_target_framing_and_connection() {
    let proxy = || Proxy::http("http://h:3128").expect("a proxy");
    let text = |proxy: Result<Proxy, Error>| {
        let error = proxy.expect_err("unusable");
        let found = (error.kind(), error.delivery());
        assert_eq!(found, (Kind::Config, Delivery::NotSent));
        error.to_string()
    };
    for name in OURS {
        let expected = format!("the header {name} cannot be set for a proxy");
        assert_eq!(text(proxy().header(name, "1")), expected);
    }
    assert_eq!(
        text(proxy().header("a b", "1")),
        "the header's name is not valid: invalid HTTP header name"
    );
    assert_eq!(
        text(proxy().header("a", "1\r\nb: 2")),
        "the header's value is not valid: failed to parse header value"
    );
    let socks = Proxy::socks5("socks5://h").expect("a proxy");
    assert_eq!(
        text(socks.header("a", "1")),
        "a cannot be sent to a SOCKS proxy"
    );

    let proxy = ["Bearer s3cret", "Bearer s3cret2"]
        .into_iter()
        .try_fold(proxy(), |proxy, token| {
            proxy.header("proxy-authorization", token)
        });
    let proxy = proxy.and_then(|proxy| proxy.header("x-own", "1")?.header("x-own", "2"));
    let proxy = proxy.expect("good headers");
    assert_eq!(proxy.headers()["proxy-authorization"], "Bearer s3cret2");
    assert!(proxy.headers()["proxy-authorization"].is_sensitive());
    assert_eq!(proxy.headers().get_all("x-own").iter().count(), 2);
    assert_eq!(proxy.headers().len(), 3);
    assert_eq!(format!("{proxy:?}"), "Proxy(http://h:3128)");
}
