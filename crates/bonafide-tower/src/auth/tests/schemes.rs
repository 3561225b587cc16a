use http::header::AUTHORIZATION;

use super::inner::{Inner, get, ok};
use crate::auth::{Basic, Bearer, Credential, CredentialError, Digest, Token};
use crate::origin::OriginError;

#[tokio::test]
async fn basic_is_base64_of_utf_8() {
    // RFC 7617 sections 2 and 2.1, and a password with colons.
    for (user, password, value) in [
        (
            "Aladdin",
            "open sesame",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        ("test", "123\u{a3}", "Basic dGVzdDoxMjPCow=="),
        ("u", "a:b:", "Basic dTphOmI6"),
        ("", "", "Basic Og=="),
    ] {
        let inner = Inner::new(|_| ok());
        let basic = Basic::new(user, password).unwrap();
        let credential = Credential::for_origin("https://example.com", basic).unwrap();
        get(credential, &inner, "https://example.com/")
            .await
            .unwrap();
        assert_eq!(inner.values(), [Some(value.to_owned())]);
        assert!(inner.take()[0].headers()[AUTHORIZATION].is_sensitive());
    }
}

#[test]
fn a_user_name_with_a_colon_and_control_characters_are_refused() {
    for (user, password, error) in [
        ("us:er", "s3cret", CredentialError::ColonInUser),
        ("us\ner", "s3cret", CredentialError::ControlCharacter),
        ("user", "s3cret\r\n", CredentialError::ControlCharacter),
        ("user", "s3cret\u{7f}", CredentialError::ControlCharacter),
        ("user", "s3cret\u{85}", CredentialError::ControlCharacter),
    ] {
        let basic = Basic::new(user, password).unwrap_err();
        let digest = Digest::new(user, password).unwrap_err();
        assert_eq!((&basic, &digest), (&error, &error));
        assert!(!format!("{basic} {basic:?}").contains("s3cret"));
    }
}

#[test]
fn a_bearer_token_is_a_token68() {
    for token in ["mF_9.B5f-4.1JqM", "a", "~+/", "abc=", "abc=="] {
        assert!(Bearer::new(token).is_ok(), "{token}");
    }
    for token in ["", "=", "a b", "a=b", "a,b", "a\n", "\u{e9}", "\"a\""] {
        let error = CredentialError::NotABearerToken;
        assert_eq!(Bearer::new(token).unwrap_err(), error, "{token}");
        assert_eq!(Token::new(token).unwrap_err(), error, "{token}");
    }
}

#[test]
fn a_credential_is_bound_to_an_https_origin_or_to_hosts_of_one_owner() {
    let of = |origin| Credential::for_origin(origin, Bearer::new("t").unwrap());
    let host = "example.com".to_owned();
    let error = of("http://example.com").unwrap_err();
    assert_eq!(
        error.to_string(),
        "a credential cannot be bound to http://example.com: it would be sent unencrypted"
    );
    assert_eq!(error, CredentialError::PlainHttp { host });
    let source = OriginError::MoreThanOrigin;
    let error = of("https://us:s3cret@example.com").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    assert_eq!(error, CredentialError::NotAnOrigin { source });
    let zone = |zone| Credential::for_zone(zone, Bearer::new("t").unwrap()).map(drop);
    assert_eq!(zone("**.com"), Err(CredentialError::PublicSuffix));
    assert_eq!(zone("https://example.com"), Err(CredentialError::NotAZone));
    assert_eq!(zone("**.example.com"), Ok(()));
}
