use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use proptest::prelude::*;
use url::Url;

use crate::redirect::{Redirects, Seen, Step};
use crate::shown::is_http;

/// Bytes that a `Location` may hold, most of them near a URL.
fn location() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "http:",
        "https:",
        "HTTP:",
        "ftp:",
        "data:",
        "/",
        "//",
        "\\",
        "\t",
        " ",
        "@",
        ":",
        "?",
        "#",
        "..",
        "%",
        "[::1]",
        "h",
        "there.example",
        "443",
        "99999",
        "s3cret",
        "\u{fc}",
        "\u{ff0f}",
    ];
    let near = prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8)
        .prop_map(|pieces| pieces.concat().into_bytes());
    let any = prop::collection::vec(any::<u8>(), 0..24);
    prop_oneof![4 => near, 1 => any].prop_filter("no header value", |value| {
        HeaderValue::from_bytes(value).is_ok()
    })
}

fn status() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => prop::sample::select(vec![301_u16, 302, 303, 307, 308]),
        1 => 100_u16..600,
    ]
}

fn method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ])
}

/// Up to three of `pieces`.
fn some_of(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(pieces), 0..4)
}

proptest! {
    #[test]
    fn what_is_followed_keeps_every_promise(
        scheme in prop::sample::select(vec!["https", "http"]),
        status in status(),
        method in method(),
        values in prop::collection::vec(location(), 0..3),
        limit in 0_usize..3,
        followed in 0_usize..4,
        can_repeat_body in any::<bool>(),
    ) {
        let url = Url::parse(&format!("{scheme}://us:pw@here.example/a/b?c")).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let mut headers = HeaderMap::new();
        for value in &values {
            headers.append(LOCATION, HeaderValue::from_bytes(value).unwrap());
        }
        let redirects = Redirects::up_to(limit);
        let step = redirects.judge(&Seen {
            url: &url,
            method: &method,
            status,
            headers: &headers,
            followed,
            can_repeat_body,
        });
        if !redirects.follows(status) {
            prop_assert_eq!(&step.unwrap(), &Step::Respond);
            return Ok(());
        }
        let Ok(Step::Follow(follow)) = step else {
            return Ok(());
        };
        prop_assert!(followed < limit);
        prop_assert!(is_http(&follow.url) && follow.url.has_host());
        prop_assert!(scheme == "http" || follow.url.scheme() == "https");
        prop_assert_eq!((follow.url.username(), follow.url.password()), ("", None));
        prop_assert!(can_repeat_body || !follow.keeps_body);
        if follow.keeps_body {
            prop_assert_eq!(&follow.method, &method);
        } else {
            prop_assert_eq!(&follow.method, &Method::GET);
            prop_assert_ne!(&method, &Method::GET);
        }
        prop_assert!(values.iter().all(|value| value == &values[0]));
    }

    #[test]
    fn no_text_of_an_error_shows_what_stands_before_an_at_sign_or_after_a_number_sign(
        before in some_of(&["https:", "ftp:", "//", "/", "?", "a", ":", "%40"]),
        after in some_of(&["h", ":", "99999", "/", "?x", "[", "#s3cret"]),
    ) {
        let location = format!("{}s3cret@{}", before.concat(), after.concat());
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(&location).unwrap());
        // A path may hold it; only an error must not.
        let step = Redirects::up_to(1).judge(&Seen {
            url: &Url::parse("https://here.example/").unwrap(),
            method: &Method::GET,
            status: StatusCode::FOUND,
            headers: &headers,
            followed: 1,
            can_repeat_body: true,
        });
        if let Err(error) = step {
            let text = format!("{error} {error:?}");
            prop_assert!(!text.contains("s3cret"), "{}: {}", location, text);
        }
    }
}
