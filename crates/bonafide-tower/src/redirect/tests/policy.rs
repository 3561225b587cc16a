use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use crate::redirect::{
    Choice, Follow, PRIVATE_HEADERS, RedirectError, Redirects, Scope, Seen, Step, Target,
    strip_credentials,
};

/// What `redirects` makes of a redirect from `from` to `to`, and the headers of the next request,
/// whose first one had `headers`.
fn follow(
    redirects: &Redirects,
    from: &str,
    to: &str,
    headers: &mut HeaderMap,
) -> Result<Option<Follow>, RedirectError> {
    let mut answered = HeaderMap::new();
    answered.insert(LOCATION, HeaderValue::from_str(to).unwrap());
    let seen = Seen {
        url: &Url::parse(from).unwrap(),
        method: &Method::GET,
        status: StatusCode::FOUND,
        headers: &answered,
        followed: 0,
        can_repeat_body: true,
    };
    let Step::Follow(follow) = redirects.judge(&seen)? else {
        return Ok(None);
    };
    let target = follow.target(seen.url);
    Ok(match redirects.prepare(&seen, &follow, target, headers) {
        Choice::Follow => Some(follow),
        Choice::Stop => None,
    })
}

#[test]
fn a_redirect_out_of_the_scope_is_the_response() {
    const WWW: &str = "https://www.example.co.uk/a";
    // from, to, followed within the site, within the origin
    for (from, to, site, origin) in [
        (WWW, "/b", true, true),
        (WWW, "https://www.example.co.uk:443/", true, true),
        (WWW, "https://www.example.co.uk:8443/", true, false),
        (WWW, "https://api.example.co.uk/", true, false),
        (WWW, "https://example.co.uk/", true, false),
        (WWW, "https://other.co.uk/", false, false),
        (WWW, "https://www.example.co.uk.evil.example/", false, false),
        ("https://a.github.io/", "https://b.github.io/", false, false),
        (
            "http://example.com/",
            "https://www.example.com/",
            true,
            false,
        ),
        ("https://127.0.0.1/", "https://127.0.0.1:1/", true, false),
        ("https://127.0.0.1/", "https://127.0.0.2/", false, false),
        ("https://1.2.3.4/", "https://example.com/", false, false),
        ("https://localhost/", "https://localhost./", true, false),
    ] {
        for (scope, expected) in [
            (Scope::Any, true),
            (Scope::SameSite, site),
            (Scope::SameOrigin, origin),
        ] {
            let redirects = Redirects::default().with_scope(scope);
            let followed = follow(&redirects, from, to, &mut HeaderMap::new()).unwrap();
            assert_eq!(followed.is_some(), expected, "{from} to {to} in {scope:?}");
        }
    }
    let insecure = Redirects::default().with_scope(Scope::SameOrigin);
    let error = follow(
        &insecure,
        WWW,
        "http://www.example.co.uk/",
        &mut HeaderMap::new(),
    );
    assert!(
        matches!(error, Err(RedirectError::Insecure { .. })),
        "{error:?}"
    );
}

#[test]
fn a_policy_sees_the_next_request_and_may_stop_or_change_its_headers() {
    let redirects = Redirects::default().with_policy(|proposal| {
        assert_eq!((proposal.status, proposal.followed), (StatusCode::FOUND, 0));
        assert!(
            !proposal.headers.contains_key("authorization"),
            "{proposal:?}"
        );
        if proposal.to.path() == "/login" {
            proposal.headers.clear();
            return Choice::Stop;
        }
        let from = HeaderValue::from_str(proposal.from.path()).unwrap();
        proposal.headers.insert("x-from", from);
        Choice::Follow
    });
    let first = || {
        HeaderMap::from_iter([("authorization", "Basic YTpi"), ("accept", "*/*")].map(
            |(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            },
        ))
    };
    let (from, mut headers) = ("https://a.example/start", first());
    assert!(
        follow(&redirects, from, "https://b.example/login", &mut headers)
            .unwrap()
            .is_none()
    );
    assert_eq!(headers, first(), "a stop leaves the headers as they were");

    assert!(
        follow(&redirects, from, "https://b.example/", &mut headers)
            .unwrap()
            .is_some()
    );
    assert_eq!(headers["x-from"], "/start");
    assert!(!headers.contains_key("authorization"));
    assert_eq!(headers["accept"], "*/*");
}

#[test]
fn a_policy_is_not_asked_about_what_the_rule_refuses() {
    let redirects = Redirects::up_to(1).with_policy(|_| unreachable!("the rule refuses"));
    let (from, mut headers) = ("https://a.example/", HeaderMap::new());
    let error = follow(&redirects, from, "http://a.example/", &mut headers).unwrap_err();
    assert!(matches!(error, RedirectError::Insecure { .. }), "{error:?}");
    let error = follow(&redirects, from, "ftp://a.example/", &mut headers).unwrap_err();
    assert!(matches!(error, RedirectError::NotHttp { .. }), "{error:?}");
}

#[test]
fn private_headers_stay_with_their_origin_those_of_the_caller_too() {
    let ticket = HeaderName::from_static("x-corp-ticket");
    let redirects = Redirects::default().with_private_header(ticket.clone());
    let names = || PRIVATE_HEADERS.into_iter().chain([ticket.clone()]);
    let first: HeaderMap = names()
        .map(|name| (name, HeaderValue::from_static("s")))
        .collect();

    let mut headers = first.clone();
    follow(&redirects, "https://a.example/", "/b", &mut headers)
        .unwrap()
        .unwrap();
    assert_eq!(headers, first, "the origin stays");

    follow(
        &redirects,
        "https://a.example/",
        "https://b.example/",
        &mut headers,
    )
    .unwrap()
    .unwrap();
    assert!(headers.is_empty(), "{headers:?}");

    let mut headers = first.clone();
    strip_credentials(&mut headers);
    assert_eq!(headers.keys().collect::<Vec<_>>(), [&ticket]);
}

#[test]
fn an_edit_without_a_policy_is_that_of_the_rule() {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("a.example"));
    let next = follow(
        &Redirects::default(),
        "https://a.example/",
        "https://b.example/",
        &mut headers,
    );
    let next = next.unwrap().unwrap();
    assert_eq!(
        next.target(&Url::parse("https://a.example/").unwrap()),
        Target::OtherOrigin
    );
    assert!(headers.is_empty(), "{headers:?}");
}

/// The `https` URL of a host of `example`, and for other hosts what must not be followed.
fn of_example(url: &Url) -> Option<Url> {
    let to = match url.host_str()? {
        "known.example" => return Url::parse(&url.as_str().replacen("http", "https", 1)).ok(),
        "strays.example" => "https://evil.example/",
        "stays.example" => "http://stays.example/else",
        _ => return None,
    };
    Url::parse(to).ok()
}

#[test]
fn a_target_is_upgraded_before_the_redirect_is_judged() {
    const HTTPS: &str = "https://here.example/a";
    const HTTP: &str = "http://here.example/a";
    let redirects = Redirects::default().with_upgrade(of_example);
    // from, to, followed to (None: refused)
    for (from, to, followed_to) in [
        (
            HTTPS,
            "http://known.example/b?c",
            Some("https://known.example/b?c"),
        ),
        (
            HTTPS,
            "http://known.example:8080/",
            Some("https://known.example:8080/"),
        ),
        (
            HTTP,
            "http://known.example/",
            Some("https://known.example/"),
        ),
        (HTTPS, "http://unknown.example/", None),
        (HTTPS, "http://here.example/", None),
        (HTTPS, "http://strays.example/", None),
        (HTTPS, "http://stays.example/", None),
        (
            HTTP,
            "http://strays.example/b",
            Some("http://strays.example/b"),
        ),
    ] {
        let step = follow(&redirects, from, to, &mut HeaderMap::new());
        match (step, followed_to) {
            (Ok(Some(follow)), Some(url)) => assert_eq!(follow.url.as_str(), url, "{from} to {to}"),
            (Err(RedirectError::Insecure { .. }), None) => {}
            (step, expected) => panic!("{from} to {to}: {step:?}, not {expected:?}"),
        }
    }
    let error = follow(
        &Redirects::default(),
        HTTPS,
        "http://known.example/",
        &mut HeaderMap::new(),
    );
    assert!(
        matches!(error, Err(RedirectError::Insecure { .. })),
        "{error:?}"
    );
}

#[test]
fn an_upgrade_counts_for_the_scope_and_a_second_source_is_asked_after_the_first() {
    let first = |url: &Url| of_example(url).filter(|url| url.path() == "/first");
    let redirects = Redirects::default()
        .with_scope(Scope::SameOrigin)
        .with_upgrade(first)
        .with_upgrade(of_example);
    for path in ["/first", "/second"] {
        let from = "https://known.example/";
        let to = format!("http://known.example{path}");
        let followed = follow(&redirects, from, &to, &mut HeaderMap::new()).unwrap();
        assert_eq!(followed.unwrap().url.path(), path);
    }
}
