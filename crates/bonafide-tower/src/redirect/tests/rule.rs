use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use crate::redirect::{
    Follow, Hop, RedirectError, Redirects, Seen, Step, Target, strip_credentials,
};

const HERE: &str = "https://here.example/a";

/// What `redirects` makes of a redirect at `url` with `status` to `location`, after `followed`
/// others.
fn judge(
    redirects: Redirects,
    url: &str,
    (status, method): (u16, &str),
    location: &str,
    followed: usize,
    can_repeat_body: bool,
) -> Result<Step, RedirectError> {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
    redirects.judge(&Seen {
        url: &Url::parse(url).unwrap(),
        method: &Method::from_bytes(method.as_bytes()).unwrap(),
        status: StatusCode::from_u16(status).unwrap(),
        headers: &headers,
        followed,
        can_repeat_body,
    })
}

fn follow(url: &str, of: (u16, &str), location: &str) -> Option<Follow> {
    match judge(Redirects::default(), url, of, location, 0, true).unwrap() {
        Step::Follow(follow) => Some(follow),
        Step::Respond => None,
    }
}

#[test]
fn methods_change_as_browsers_change_them() {
    // status, method before, method after (None: not followed), body kept
    for (status, before, after) in [
        (301, "GET", Some(("GET", true))),
        (301, "POST", Some(("GET", false))),
        (301, "PUT", Some(("PUT", true))),
        (302, "POST", Some(("GET", false))),
        (302, "HEAD", Some(("HEAD", true))),
        (302, "DELETE", Some(("DELETE", true))),
        (303, "GET", Some(("GET", true))),
        (303, "POST", Some(("GET", false))),
        (303, "PUT", Some(("GET", false))),
        (303, "HEAD", Some(("HEAD", true))),
        (307, "POST", Some(("POST", true))),
        (308, "PUT", Some(("PUT", true))),
        (300, "GET", None),
        (304, "GET", None),
        (305, "GET", None),
        (306, "GET", None),
        (200, "GET", None),
        (400, "GET", None),
    ] {
        let follow = follow(HERE, (status, before), "/b");
        let got = follow
            .as_ref()
            .map(|follow| (follow.method.as_str(), follow.keeps_body));
        assert_eq!(got, after, "{status} {before}");
        let status_code = StatusCode::from_u16(status).unwrap();
        assert_eq!(Redirects::default().follows(status_code), after.is_some());
    }
}

#[test]
fn a_body_that_cannot_be_repeated_makes_the_redirect_the_response_before_its_location_is_read() {
    for (status, method) in [(301, "PUT"), (303, "HEAD"), (307, "POST"), (308, "POST")] {
        for location in ["/b", "ftp://h/", "http://here.example/"] {
            let step = judge(
                Redirects::default(),
                HERE,
                (status, method),
                location,
                0,
                false,
            );
            assert_eq!(step.unwrap(), Step::Respond, "{status} {method} {location}");
        }
    }
    let step = judge(Redirects::default(), HERE, (303, "POST"), "/b", 0, false);
    match step.unwrap() {
        Step::Follow(follow) => assert!(!follow.keeps_body),
        Step::Respond => panic!("a dropped body needs no repetition"),
    }
}

#[test]
fn one_redirect_more_than_the_limit_is_an_error_and_a_limit_of_none_a_response() {
    let of = (302, "GET");
    for limit in [1, 10] {
        let redirects = Redirects::up_to(limit);
        let last = judge(redirects.clone(), HERE, of, "/b", limit - 1, true).unwrap();
        assert!(matches!(last, Step::Follow(_)), "{last:?}");
        let error = judge(redirects, HERE, of, "//there:1/b?sig=s3cret", limit, true).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("more than {limit} redirects, the next one to https://there:1")
        );
        match error {
            RedirectError::TooMany { limit: named, next } => {
                assert_eq!(named, limit);
                assert_eq!(next.ascii_serialization(), "https://there:1");
            }
            other => panic!("{other:?}"),
        }
    }
    let step = judge(Redirects::none(), HERE, of, "ftp://h/", 0, true).unwrap();
    assert_eq!(step, Step::Respond);
    assert_eq!(Redirects::none().limit(), 0);
    assert_eq!(Redirects::default().limit(), 10);
}

#[test]
fn https_never_leads_to_http() {
    for location in [
        "http://here.example/a",
        "HTTP:there?sig=s3cret",
        "http://us:s3cret@h/",
    ] {
        let error = judge(Redirects::default(), HERE, (307, "GET"), location, 0, true).unwrap_err();
        let text = error.to_string();
        assert!(!format!("{text}{error:?}").contains("s3cret"), "{error:?}");
        match error {
            RedirectError::Insecure { to } => assert_eq!(
                text,
                format!(
                    "a redirect from https to {} is refused",
                    to.ascii_serialization()
                )
            ),
            other => panic!("{other:?}"),
        }
    }
    let plain = follow("http://here.example/a", (307, "GET"), "http://there/").unwrap();
    assert_eq!(plain.url.as_str(), "http://there/");
    let up = follow("http://here.example/a", (307, "GET"), "https://there/").unwrap();
    assert_eq!(up.url.as_str(), "https://there/");
}

#[cfg(any(feature = "connector", feature = "require-verified"))]
#[test]
fn a_redirect_to_http_alone_has_a_code() {
    use bonafide_verify::Code;

    let to = |location| {
        judge(Redirects::default(), HERE, (302, "GET"), location, 0, true)
            .unwrap_err()
            .code()
    };
    assert_eq!(to("http://here.example/"), Some(Code::RedirectToHttp));
    assert_eq!(to("ftp://here.example/"), None);
}

#[test]
fn the_fragment_is_the_locations_own() {
    let from = "https://here.example/a#here";
    let url = |location| follow(from, (302, "GET"), location).unwrap().url;
    assert_eq!(url("/b").as_str(), "https://here.example/b");
    assert_eq!(url("/b#there").as_str(), "https://here.example/b#there");
}

#[test]
fn scheme_host_and_port_make_the_origin() {
    for (from, location, target) in [
        ("https://h/a", "/b", Target::SameOrigin),
        ("https://h/a", "https://H:443/b", Target::SameOrigin),
        ("https://us:pw@h/a", "https://h/b", Target::SameOrigin),
        ("https://h/a", "https://h:444/", Target::OtherOrigin),
        ("https://h/a", "https://www.h/", Target::OtherOrigin),
        ("https://h/a", "https://h./", Target::OtherOrigin),
        ("http://h/a", "https://h/", Target::OtherOrigin),
        ("http://h:443/a", "https://h:443/", Target::OtherOrigin),
    ] {
        let follow = follow(from, (302, "GET"), location).unwrap();
        let from = Url::parse(from).unwrap();
        assert_eq!(follow.target(&from), target, "{from} {location}");
    }
}

/// The names that are left of all that the rule knows, and of one that it does not.
fn left(status: u16, target: Target) -> Vec<String> {
    let mut headers = HeaderMap::new();
    for name in [
        "accept",
        "authorization",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
        "cookie",
        "cookie2",
        "host",
        "proxy-authorization",
        "transfer-encoding",
        "www-authenticate",
    ] {
        headers.append(name, HeaderValue::from_static("1"));
        headers.append(name, HeaderValue::from_static("2"));
    }
    let follow = follow(HERE, (status, "POST"), "/b").unwrap();
    follow.edit_headers(&mut headers, target);
    assert_eq!(headers.len(), 2 * headers.keys_len());
    let mut names: Vec<_> = headers.keys().map(ToString::to_string).collect();
    names.sort();
    names
}

#[test]
fn headers_of_a_dropped_body_and_of_another_origin_are_left_out_and_the_rest_stays() {
    let of_the_body = [
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-type",
    ];
    let of_the_origin = [
        "authorization",
        "cookie",
        "cookie2",
        "host",
        "proxy-authorization",
    ];
    let expected = |parts: &[&[&str]]| {
        let mut names: Vec<_> = parts.concat().iter().map(ToString::to_string).collect();
        names.sort();
        names
    };
    for (status, target, names) in [
        (
            307,
            Target::OtherOrigin,
            &[&["accept", "transfer-encoding"][..], &of_the_body][..],
        ),
        (
            303,
            Target::SameOrigin,
            &[&["accept", "www-authenticate"], &of_the_origin],
        ),
        (303, Target::OtherOrigin, &[&["accept"]]),
        (
            307,
            Target::SameOrigin,
            &[
                &["accept", "transfer-encoding", "www-authenticate"],
                &of_the_body,
                &of_the_origin,
            ],
        ),
    ] {
        assert_eq!(left(status, target), expected(names), "{status} {target:?}");
    }
}

#[test]
fn credentials_alone_are_stripped_from_a_clients_own_headers() {
    let mut headers = HeaderMap::new();
    for name in [
        "authorization",
        "cookie",
        "cookie2",
        "proxy-authorization",
        "www-authenticate",
        "accept",
        "host",
    ] {
        headers.insert(name, HeaderValue::from_static("x"));
    }
    strip_credentials(&mut headers);
    let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
    left.sort_unstable();
    assert_eq!(left, ["accept", "host"]);
}

#[test]
fn debug_shows_no_secret_of_a_url() {
    let secret = Url::parse("https://us:s3cret@h/a?b=c&sig=s3cret#s3cret").unwrap();
    let hop = Hop::new(secret.clone(), StatusCode::FOUND);
    assert_eq!(hop.url.as_str(), "https://h/a?b=c&sig=s3cret");
    assert_eq!(
        format!("{hop:?}"),
        "Hop { url: \"https://h/a?b=c&sig=REDACTED\", status: 302 }"
    );
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_static("/b?sig=s3cret#s3cret"));
    let seen = Seen {
        url: &secret,
        method: &Method::GET,
        status: StatusCode::FOUND,
        headers: &headers,
        followed: 0,
        can_repeat_body: true,
    };
    let step = Redirects::default().judge(&seen).unwrap();
    for text in [format!("{seen:?}"), format!("{step:?}")] {
        assert!(text.contains("sig=REDACTED"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}
