use http::header::{HeaderMap, WWW_AUTHENTICATE};

use super::*;
use crate::auth::UnsupportedDigest;

pub(super) fn challenges(fields: &[&str]) -> Vec<Challenge> {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(field).unwrap());
    }
    Challenge::all(&headers, &WWW_AUTHENTICATE)
}

fn origin() -> Origin {
    "https://example.com".parse().unwrap()
}

fn digest() -> Digest {
    Digest::new("Mufasa", "Circle of Life").unwrap()
}

#[test]
fn the_key_of_a_session_is_made_of_its_first_nonce_and_cnonce() {
    // RFC 7616 section 3.4.2: A1 = H(user:realm:password):nonce:cnonce.
    let challenge = "Digest realm=r, nonce=n, qop=auth, algorithm=MD5-sess";
    let offer = Offer::strongest(&challenges(&[challenge]))
        .unwrap()
        .unwrap();
    let session = Session::new(offer, "u", &"p".into(), || Ok("c".to_owned())).unwrap();
    let md5 = |text: &str| algorithm::Hash::Md5.hex(&[text.as_bytes()]).to_string();
    let key = md5(&format!("{}:n:c", md5("u:r:p")));
    let response = |nonce, nc| md5(&format!("{key}:{nonce}:{nc}:c:auth:{}", md5("GET:/")));

    let answer = |session: &Session| {
        let sent = Sent {
            nc: session.count().unwrap(),
            cnonce: session.cnonce().unwrap().to_owned(),
            target: "/".to_owned(),
        };
        let value = session.answer("u", &Method::GET, &sent).unwrap();
        let value = value.to_str().unwrap().to_owned();
        value
            .split("response=")
            .nth(1)
            .unwrap()
            .trim_matches('"')
            .to_owned()
    };
    assert_eq!(answer(&session), response("n", "00000001"));
    assert_eq!(answer(&session), response("n", "00000002"));
    assert_eq!(answer(&session.with_nonce(b"o")), response("o", "00000001"));
}

#[test]
fn the_strongest_offer_that_can_be_answered_is_chosen() {
    let of = |algorithm: &str| format!("Digest realm=r, nonce=n, qop=\"auth\"{algorithm}");
    let md5 = of("");
    let md5_sess = of(", algorithm=md5-SESS");
    let sha256 = of(", algorithm=\"SHA-256\"");
    let sha512 = of(", algorithm=SHA-512-256");
    let unknown = of(", algorithm=SHA-3");
    for (offers, chosen) in [
        (vec![&md5], "MD5"),
        (vec![&md5_sess, &md5], "MD5-sess"),
        (vec![&md5, &sha256], "SHA-256"),
        (vec![&sha256, &md5], "SHA-256"),
        (vec![&unknown, &md5], "MD5"),
        (vec![&md5, &sha512], "SHA-512-256"),
        (vec![&sha512, &sha256], "SHA-256"),
    ] {
        let fields: Vec<&str> = offers.iter().map(|offer| offer.as_str()).collect();
        let offer = Offer::strongest(&challenges(&fields)).unwrap().unwrap();
        assert_eq!(offer.algorithm.name(), chosen, "{fields:?}");
    }
}

#[test]
fn an_offer_that_cannot_be_answered_is_refused_in_words() {
    for (offer, reason, words) in [
        (
            "Digest realm=r, qop=auth",
            UnsupportedDigest::Incomplete,
            "it has no realm or no nonce",
        ),
        (
            "Digest nonce=n, qop=auth",
            UnsupportedDigest::Incomplete,
            "it has no realm or no nonce",
        ),
        (
            "Digest realm=r, nonce=n",
            UnsupportedDigest::Protection,
            "it does not offer qop=auth",
        ),
        (
            "Digest realm=r, nonce=n, qop=\"auth-int\"",
            UnsupportedDigest::Protection,
            "it does not offer qop=auth",
        ),
        (
            "Digest realm=r, nonce=n, qop=auth, algorithm=SHA-1",
            UnsupportedDigest::Algorithm,
            "its algorithm is not supported",
        ),
    ] {
        let error = digest()
            .challenged(&origin(), None, false, &challenges(&[offer]))
            .unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(&error, AuthError::UnsupportedDigest { origin: at, reason: why }
                if *at == origin() && *why == reason),
            "{error:?}"
        );
        assert_eq!(
            text,
            format!("the Digest challenge of https://example.com cannot be answered: {words}")
        );
    }
}

const SHA256: &str = "Digest realm=r, nonce=n, qop=auth, algorithm=SHA-256";
const MD5: &str = "Digest realm=r, nonce=n, qop=auth";

#[test]
fn a_server_that_has_offered_digest_gets_neither_basic_nor_a_weaker_hash() {
    let digest = digest();
    let ask = |fields: &[&str]| digest.challenged(&origin(), None, false, &challenges(fields));
    // Before Digest is known, a server that asks for Basic is not answered.
    assert!(!ask(&["Basic realm=r"]).unwrap());
    assert!(ask(&[MD5, "Basic realm=r"]).unwrap());
    assert!(ask(&[SHA256]).unwrap());
    for fields in [&["Basic realm=r"][..], &[MD5], &[MD5, "Basic realm=r"]] {
        let error = ask(fields).unwrap_err();
        assert!(
            matches!(&error, AuthError::Downgraded { origin: at } if *at == origin()),
            "{error:?}"
        );
        assert_eq!(
            error.to_string(),
            "https://example.com asks for weaker authentication than before; the password was not sent"
        );
    }
    assert!(!ask(&["Negotiate"]).unwrap());
    assert!(ask(&[SHA256]).unwrap());
    let other: Origin = "https://other.example".parse().unwrap();
    assert!(
        digest
            .challenged(&other, None, false, &challenges(&[MD5]))
            .unwrap()
    );
}

/// The nonce count and the cnonce of the next request.
fn next(digest: &Digest) -> (String, String, Answered) {
    let presented = digest.present(&origin(), &Method::GET, "/").unwrap();
    let (value, answered) = presented.expect("a session");
    let value = value.to_str().unwrap();
    let of = |name: &str| {
        let rest = value.split(&format!("{name}=")).nth(1).unwrap();
        rest.split(',').next().unwrap().trim_matches('"').to_owned()
    };
    (of(" nc"), of("cnonce"), answered)
}

#[test]
fn each_request_has_a_count_and_a_cnonce_of_its_own() {
    let digest = digest();
    assert!(
        digest
            .present(&origin(), &Method::GET, "/")
            .unwrap()
            .is_none()
    );
    assert!(
        digest
            .challenged(&origin(), None, false, &challenges(&[SHA256]))
            .unwrap()
    );
    let (first, cnonce, _) = next(&digest);
    let (second, other, _) = next(&digest);
    assert_eq!((&*first, &*second), ("00000001", "00000002"));
    assert_eq!((cnonce.len(), other.len()), (32, 32));
    assert_ne!(cnonce, other);
}

#[test]
fn a_stale_nonce_is_replaced_and_a_wrong_password_is_not_tried_again() {
    let digest = digest();
    let origin = origin();
    let ask = |answered: Option<&Answered>, is_fresh, field: &str| {
        digest
            .challenged(&origin, answered, is_fresh, &challenges(&[field]))
            .unwrap()
    };
    assert!(ask(None, false, SHA256));
    let stale = "Digest realm=r, nonce=m, qop=auth, algorithm=SHA-256, stale=TRUE";
    assert!(ask(Some(&next(&digest).2), true, stale));
    assert_eq!(next(&digest).0, "00000001");

    // A server that has forgotten its nonces does not always say that they are stale.
    let forgotten = "Digest realm=r, nonce=o, qop=auth, algorithm=SHA-256";
    assert!(ask(Some(&next(&digest).2), false, forgotten));
    // The same nonce, or the answer to a challenge of this very request: the password is wrong.
    assert!(!ask(Some(&next(&digest).2), false, forgotten));
    assert!(
        digest
            .present(&origin, &Method::GET, "/")
            .unwrap()
            .is_none()
    );
    assert!(ask(None, false, SHA256));
    assert!(!ask(Some(&next(&digest).2), true, forgotten));
    assert!(
        digest
            .present(&origin, &Method::GET, "/")
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_next_nonce_is_followed_and_a_wrong_proof_of_the_server_is_an_error() {
    let digest = digest();
    let origin = origin();
    assert!(
        digest
            .challenged(&origin, None, false, &challenges(&[SHA256]))
            .unwrap()
    );
    let (_, cnonce, answered) = next(&digest);
    digest
        .informed(&origin, &answered, b"nextnonce=\"m\"")
        .unwrap();
    let (count, _, second) = next(&digest);
    assert_eq!((&*count, second.session.nonce()), ("00000001", &b"m"[..]));
    // One that comes late does not take the place of a later one.
    digest
        .informed(&origin, &answered, b"nextnonce=\"late\"")
        .unwrap();
    assert_eq!(next(&digest).2.session.nonce(), b"m");

    let hash = |parts: &[&str]| {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        algorithm::Hash::Sha256.hex(&parts).to_string()
    };
    let key = hash(&["Mufasa", "r", "Circle of Life"]);
    let proof = hash(&[&key, "n", "00000001", &cnonce, "auth", &hash(&["", "/"])]);
    let right = format!("qop=auth, rspauth=\"{proof}\", nc=00000001");
    digest
        .informed(&origin, &answered, right.as_bytes())
        .unwrap();
    digest
        .informed(&origin, &answered, b"qop=auth-int, rspauth=\"00\"")
        .unwrap();
    let error = digest
        .informed(&origin, &answered, b"rspauth=\"00\"")
        .unwrap_err();
    assert!(
        matches!(&error, AuthError::WrongProof { origin: at } if *at == origin),
        "{error:?}"
    );
}

#[test]
fn the_origins_of_a_zone_have_sessions_of_their_own_up_to_a_bound() {
    let digest = digest();
    let of = |number: usize| {
        format!("https://h{number}.example")
            .parse::<Origin>()
            .unwrap()
    };
    for number in 0..MAX_ORIGINS + 1 {
        let origin = of(number);
        assert!(
            digest
                .present(&origin, &Method::GET, "/")
                .unwrap()
                .is_none()
        );
        assert!(
            digest
                .challenged(&origin, None, false, &challenges(&[SHA256]))
                .unwrap()
        );
    }
    assert_eq!(digest.servers().known.len(), MAX_ORIGINS);
    assert!(
        digest
            .present(&of(MAX_ORIGINS), &Method::GET, "/")
            .unwrap()
            .is_some()
    );
    assert!(digest.present(&of(0), &Method::GET, "/").unwrap().is_none());
}
