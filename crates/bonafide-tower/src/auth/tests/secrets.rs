use std::fmt::{Debug, Write as _};

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use tower::{Layer as _, Service as _};

use super::inner::{Inner, unauthorized};
use crate::BoxError;
use crate::auth::{
    Answering, Auth, AuthError, AuthLayer, AuthScheme, Authenticator, Basic, Bearer, Challenge,
    Challenged, Credential, CredentialError, Digest, Keyring, RefreshingToken, Secret, Seen, Step,
    Token,
};

/// In each secret here; in Base64 too.
const MARK: &str = "s3cret";

/// What must not be shown: the secrets, `user:s3cret` in Base64, and the hashes of a digest.
const HIDDEN: [&str; 4] = [MARK, "dXNlcjpzM2NyZXQ", "response", "cnonce"];

struct Answers;

impl Authenticator for Answers {
    fn answer(&self, _: Challenged) -> Answering {
        Box::pin(std::future::ready(Ok(Some(HeaderValue::from_static(
            "Own s3cret",
        )))))
    }

    fn ahead(&self, _: &Method, _: &Uri) -> Option<HeaderValue> {
        Some(HeaderValue::from_static("Own s3cret"))
    }
}

#[derive(Default)]
struct Shown(String);

impl Shown {
    fn debug(&mut self, value: &dyn Debug) {
        let _ = writeln!(self.0, "{value:?} {value:#?}");
    }

    fn error(&mut self, error: &(dyn std::error::Error + 'static)) {
        let _ = writeln!(self.0, "{error} {error:?} {error:#?}");
    }
}

fn schemes() -> Vec<AuthScheme> {
    let token = RefreshingToken::new(async || Ok(Token::new(MARK)?));
    vec![
        Basic::new("user", MARK).unwrap().into(),
        Bearer::new(MARK).unwrap().into(),
        Digest::new("user", MARK).unwrap().into(),
        token.into(),
        AuthScheme::custom(Answers),
    ]
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let mut shown = Shown::default();
    shown.debug(&Secret::from(MARK));
    shown.debug(&Secret::from(MARK.to_owned()).clone());
    shown.debug(&Basic::new("user", MARK).unwrap());
    shown.debug(&Bearer::new(MARK).unwrap());
    shown.debug(&Digest::new("user", MARK).unwrap());
    shown.debug(&Token::new(MARK).unwrap());
    shown.debug(&RefreshingToken::new(async || Ok(Token::new(MARK)?)));

    let uri: Uri = "https://example.com/?key=s3cret".parse().unwrap();
    let digest = "Digest realm=\"s3cret\", nonce=\"s3cret\", qop=auth, opaque=s3cret";
    let mut headers = HeaderMap::new();
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(digest));
    let seen = Seen {
        status: StatusCode::UNAUTHORIZED,
        headers: &headers,
        can_repeat_body: true,
    };
    shown.debug(&seen);
    shown.debug(&Challenge::all(&headers, &WWW_AUTHENTICATE));
    for scheme in schemes() {
        shown.debug(&scheme);
        let credential = Credential::for_origin("https://example.com", scheme)
            .unwrap()
            .pinned();
        shown.debug(&credential);
        shown.debug(credential.binding());
        let keyring = Keyring::from(credential.clone());
        shown.debug(&keyring);
        shown.debug(&AuthLayer::new(keyring.clone()));
        shown.debug(&Auth::new((), keyring.clone()));

        let mut rounds = credential.rounds(&uri).unwrap();
        for _ in 0..2 {
            let preparing = rounds.prepare();
            shown.debug(&preparing);
            let prepared = preparing.await.unwrap().unwrap();
            shown.debug(&prepared);
            let presented = prepared.present(&Method::GET, &uri).unwrap();
            shown.debug(&presented);
            shown.debug(&presented.value());
            let step = rounds.judge(&presented, &seen).unwrap();
            shown.debug(&step);
            if let Step::Again(preparing) = step {
                shown.debug(&preparing.await.unwrap());
            }
            shown.debug(&rounds);
        }

        let inner = Inner::new(|_| unauthorized(&[]));
        let mut service = AuthLayer::new(keyring).layer(inner);
        let request = Request::get(uri.clone())
            .body(Full::<Bytes>::default())
            .unwrap();
        let response: crate::auth::ResponseFuture<_, _, _, BoxError> = service.call(request);
        shown.debug(&response);
    }

    let origin = "https://example.com"
        .parse::<crate::origin::Origin>()
        .unwrap();
    for error in [
        Basic::new("us:er", MARK).unwrap_err(),
        Basic::new("user", "s3cret\n").unwrap_err(),
        Bearer::new("s3cret,").unwrap_err(),
        Credential::for_origin("https://u:s3cret@h", Bearer::new("t").unwrap()).unwrap_err(),
        Credential::for_origin("s3cret", Bearer::new("t").unwrap()).unwrap_err(),
        Credential::for_zone("s3cret@h", Bearer::new("t").unwrap()).unwrap_err(),
        CredentialError::PublicSuffix,
    ] {
        shown.error(&error);
    }
    shown.error(&AuthError::Downgraded {
        origin: origin.clone(),
    });
    shown.error(&AuthError::WrongProof { origin });

    for hidden in HIDDEN {
        let found = shown.0.lines().find(|line| line.contains(hidden));
        assert_eq!(found, None, "{hidden}");
    }
    assert!(shown.0.contains("https://example.com"));
}
