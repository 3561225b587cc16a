use http::header::{HeaderValue, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use proptest::prelude::*;

use super::*;

fn read(fields: &[&[u8]]) -> Vec<Challenge> {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_bytes(field).unwrap());
    }
    Challenge::all(&headers, &WWW_AUTHENTICATE)
}

/// `Scheme token name=value name=value` for each challenge.
fn shown(fields: &[&[u8]]) -> Vec<String> {
    let text = |challenge: &Challenge| {
        let mut parts = vec![challenge.scheme.clone()];
        parts.extend(challenge.token.clone());
        parts.extend(
            challenge
                .parameters
                .iter()
                .map(|(name, value)| format!("{name}={}", value.escape_ascii())),
        );
        parts.join(" ")
    };
    read(fields).iter().map(text).collect()
}

#[test]
fn lists_of_challenges_are_read_as_the_rfc_has_them() {
    // fields, what is read of them
    let table: &[(&[&[u8]], &[&str])] = &[
        (&[b"Basic"], &["Basic"]),
        (&[b"Basic realm=\"a\""], &["Basic realm=a"]),
        (&[b"basic REALM=a"], &["basic realm=a"]),
        (&[b"Basic realm = \"a\" , charset=\"UTF-8\""], &["Basic realm=a charset=UTF-8"]),
        (&[b"Basic realm=\"\""], &["Basic realm="]),
        (&[b"Basic realm=\"a \\\"b\\\" \\\\ c\""], &["Basic realm=a \\\"b\\\" \\\\ c"]),
        (&[b"Basic realm=\"a, Digest b=c\""], &["Basic realm=a, Digest b=c"]),
        (&[b"Basic realm=\"\xe9\""], &["Basic realm=\\xe9"]),
        (&[b"Negotiate"], &["Negotiate"]),
        (&[b"Negotiate YII+/a=="], &["Negotiate YII+/a=="]),
        (&[b"Negotiate abc"], &["Negotiate abc"]),
        (&[b"Negotiate, NTLM"], &["Negotiate", "NTLM"]),
        (&[b"Negotiate abc==, Basic realm=x"], &["Negotiate abc==", "Basic realm=x"]),
        (
            &[b"Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\""],
            &[
                "Newauth realm=apps type=1 title=Login to \\\"apps\\\"",
                "Basic realm=simple",
            ],
        ),
        (&[b"Basic realm=a", b"Digest realm=b"], &["Basic realm=a", "Digest realm=b"]),
        (&[b", ,Basic realm=a,, ,Digest realm=b,"], &["Basic realm=a", "Digest realm=b"]),
        (&[b"\tBasic\trealm=a\t"], &["Basic realm=a"]),
        (&[b"", b"Basic"], &["Basic"]),
    ];
    for (fields, challenges) in table {
        assert_eq!(shown(fields), *challenges, "{}", fields[0].escape_ascii());
    }
}

#[test]
fn what_servers_write_in_place_of_the_rfc_is_read_as_far_as_it_is_clear() {
    let table: &[(&[&[u8]], &[&str])] = &[
        // Registries of container images once wrote URLs without quotation marks.
        (
            &[b"Bearer realm=https://a.example/token?x=y,service=b"],
            &["Bearer realm=https://a.example/token?x=y service=b"],
        ),
        (
            &[b"Digest nonce=YWJj==, realm='x'"],
            &["Digest nonce=YWJj== realm=\\'x\\'"],
        ),
        (
            &[b"Digest realm=\"a\" nonce=\"b\""],
            &["Digest realm=a nonce=b"],
        ),
        (
            &[b"Digest realm=\"a\"nonce=\"b\""],
            &["Digest realm=a nonce=b"],
        ),
        (
            &[b"Digest realm=\"a\", qop=\"auth\", Basic"],
            &["Digest realm=a qop=auth", "Basic"],
        ),
        (&[b"Digest , realm=a"], &["Digest realm=a"]),
        // It reads as a token, and so does the RFC's grammar.
        (&[b"Basic realm="], &["Basic realm="]),
        (
            &[b"Basic realm, Digest realm=b"],
            &["Basic realm", "Digest realm=b"],
        ),
    ];
    for (fields, challenges) in table {
        assert_eq!(shown(fields), *challenges, "{}", fields[0].escape_ascii());
    }
}

#[test]
fn from_what_cannot_be_read_the_rest_of_the_field_is_left_out() {
    let table: &[(&[&[u8]], &[&str])] = &[
        (&[b"Basic realm=\"a"], &[]),
        (&[b"Basic realm=\"a\\"], &[]),
        (&[b"Basic realm=\"a\\\""], &[]),
        (
            &[b"Digest realm=a, Basic realm=\"b, Other"],
            &["Digest realm=a"],
        ),
        (
            &[b"Basic realm=\"a", b"Digest realm=b"],
            &["Digest realm=b"],
        ),
        (&[b"Basic realm=My Realm"], &[]),
        (&[b"\"quoted\""], &[]),
        (&[b"=a"], &[]),
        (&[b"realm=\"a\""], &[]),
        (&[b"Basic ="], &[]),
        (
            &[b"Digest realm=a, realm=b, Basic realm=c"],
            &["Basic realm=c"],
        ),
        (&[b"B\xe9sic realm=a"], &[]),
    ];
    for (fields, challenges) in table {
        assert_eq!(shown(fields), *challenges, "{}", fields[0].escape_ascii());
    }
}

#[test]
fn those_of_a_proxy_are_read_alike() {
    let mut headers = HeaderMap::new();
    headers.insert(
        PROXY_AUTHENTICATE,
        HeaderValue::from_static("Basic realm=p"),
    );
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=w"));
    let challenges = Challenge::all(&headers, &PROXY_AUTHENTICATE);
    assert_eq!(challenges.len(), 1);
    assert_eq!(challenges[0].parameter("Realm"), Some(&b"p"[..]));
}

#[test]
fn bytes_challenges_and_parameters_have_bounds() {
    let many = "A, ".repeat(100);
    assert_eq!(read(&[many.as_bytes()]).len(), MAX_CHALLENGES);
    let fields = vec![&b"A"[..]; 100];
    assert_eq!(read(&fields).len(), MAX_CHALLENGES);

    let long = format!("A realm=\"{}\"", "x".repeat(MAX_CHALLENGE_BYTES));
    assert_eq!(read(&[long.as_bytes(), b"B"]), []);
    let half = format!("A realm=\"{}\"", "x".repeat(MAX_CHALLENGE_BYTES / 2));
    assert_eq!(read(&[half.as_bytes(), half.as_bytes()]).len(), 1);

    let list = |count| {
        let parameters: Vec<_> = (0..count).map(|number| format!("p{number}=v")).collect();
        format!("A {}", parameters.join(", "))
    };
    assert_eq!(read(&[list(32).as_bytes()])[0].parameters.len(), 32);
    assert_eq!(read(&[list(33).as_bytes()]), []);
}

#[test]
fn parameters_of_authentication_info_are_read_or_left_alone() {
    let read = |field: &[u8]| parameters(field).map(|all| all.len());
    assert_eq!(read(b"nextnonce=\"a\", nc=00000001,qop=auth"), Some(3));
    assert_eq!(read(b""), Some(0));
    assert_eq!(read(b"nextnonce"), None);
    assert_eq!(read(b"nextnonce=\"a"), None);
    assert_eq!(read(b"nc=1, nc=2"), None);
}

/// Bytes of a header's value, with what the grammar is about in the majority.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "Basic", "Digest", " ", ", ", "=", "\"", "\\", "realm", "nonce=", "a", "==", "\t"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(
            prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff, Just(b'\t')],
            0..4
        ),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_field_is_read_without_a_panic_and_within_the_bounds(
        fields in prop::collection::vec(field(), 0..4),
    ) {
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        let challenges = read(&fields);
        prop_assert!(challenges.len() <= MAX_CHALLENGES);
        for challenge in challenges {
            prop_assert!(!challenge.scheme.is_empty());
            prop_assert!(challenge.token.is_none() || challenge.parameters.is_empty());
        }
        for field in fields {
            let _ = parameters(field);
        }
    }

    #[test]
    fn what_is_written_by_the_rfc_is_read_back(
        written in prop::collection::vec(
            ("[A-Za-z][A-Za-z0-9-]{0,8}", prop::collection::btree_map(
                "[a-z][a-z0-9]{0,5}",
                prop::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..12),
                1..5,
            )),
            1..5,
        ),
    ) {
        let mut field = Vec::new();
        for (scheme, parameters) in &written {
            if !field.is_empty() {
                field.extend_from_slice(b", ");
            }
            field.extend_from_slice(scheme.as_bytes());
            for (index, (name, value)) in parameters.iter().enumerate() {
                field.extend_from_slice(if index == 0 { b" " } else { b", " });
                field.extend_from_slice(name.as_bytes());
                field.extend_from_slice(b"=\"");
                for byte in value {
                    if matches!(byte, b'"' | b'\\') {
                        field.push(b'\\');
                    }
                    field.push(*byte);
                }
                field.push(b'"');
            }
        }
        let read = read(&[&field]);
        let expected: Vec<Challenge> = written
            .into_iter()
            .map(|(scheme, parameters)| Challenge {
                scheme,
                token: None,
                parameters: parameters.into_iter().collect(),
            })
            .collect();
        prop_assert_eq!(read, expected);
    }
}
