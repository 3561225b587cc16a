//! Keys that are held elsewhere.

use std::error::Error as _;
use std::sync::Arc;

use bonafide::Kind;
use bonafide::verify::identity::{ExternalSigner, IdentityError, IdentityHandle, SignError};
use bonafide::verify::x509::Certificate;
use bonafide::verify::{ClientIdentity, Code, ConfigError, SignatureScheme, TlsError};
use bonafide_testkit::{Identity, KeyKind, Recipe};
use rustls::sign::SigningKey;

use super::stage::{Stage, WAYS, get, ours, shown};

/// A module that has a key and does not give it away.
struct Module {
    key: Arc<dyn SigningKey>,
    schemes: Vec<SignatureScheme>,
    public_key: Option<Vec<u8>>,
}

impl Module {
    fn with_key_of(identity: &Identity) -> Self {
        Self {
            key: Arc::clone(&identity.certified_key().key),
            schemes: vec![SignatureScheme::ECDSA_NISTP256_SHA256],
            public_key: None,
        }
    }

    fn with_public_key_of(mut self, identity: &Identity) -> Self {
        let leaf = Certificate::from_der(identity.leaf()).unwrap();
        self.public_key = Some(leaf.subject_public_key_info().to_vec());
        self
    }
}

impl ExternalSigner for Module {
    fn schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.key
            .choose_scheme(&[scheme])
            .ok_or_else(|| SignError::new("no such scheme"))?
            .sign(message)
            .map_err(|error| SignError::new("the module failed").caused_by(error))
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.public_key.clone()
    }
}

/// A module that is not plugged in.
struct Absent;

impl ExternalSigner for Absent {
    fn schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8]) -> Result<Vec<u8>, SignError> {
        let beneath = std::io::Error::other("slot 3 is empty");
        Err(SignError::new("the module is not plugged in").caused_by(beneath))
    }
}

#[tokio::test]
async fn a_key_that_is_held_elsewhere_authenticates_and_is_rotated_like_any_other() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let external = |identity: &Identity| {
            let module = Module::with_key_of(identity).with_public_key_of(identity);
            ClientIdentity::with_signer(identity.chain().to_vec(), module).unwrap()
        };
        let handle = IdentityHandle::new(external(&old));
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        handle.replace(external(&new)).unwrap();
        get(&client, &server).await.unwrap();
        handle.replace(external(&new)).unwrap();
        get(&client, &server).await.unwrap();
        assert_eq!(shown(&server, &[&old, &new]), [0, 1, 1]);
        assert_eq!(server.tcp_connections(), 3, "the module's key is unknown");
    }
}

#[tokio::test]
async fn an_rsa_key_elsewhere_signs_as_the_version_demands() {
    for way in WAYS {
        let stage = Stage::new();
        let recipe = Recipe::for_host("rsa").client().key(KeyKind::Rsa2048);
        let identity = stage.clients.issue(recipe);
        let server = stage.demanding(way).start().await;
        let module = Module {
            schemes: vec![
                SignatureScheme::RSA_PSS_SHA256,
                SignatureScheme::RSA_PKCS1_SHA256,
            ],
            ..Module::with_key_of(&identity)
        };
        let external = ClientIdentity::with_signer(identity.chain().to_vec(), module).unwrap();
        get(&stage.client(external), &server).await.unwrap();
        assert_eq!(shown(&server, &[&identity]), [0]);
    }
}

#[tokio::test]
async fn a_signer_that_fails_is_named_with_its_cause() {
    for way in WAYS {
        let stage = Stage::new();
        let server = stage.demanding(way).start().await;
        let chain = stage.issue("lost").chain().to_vec();
        let client = stage.client(ClientIdentity::with_signer(chain, Absent).unwrap());
        let error = get(&client, &server).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Tls);
        assert_eq!(error.code(), Some(Code::ClientIdentity));
        assert_eq!(
            error.to_string(),
            format!(
                "{}: the TLS handshake failed: the external signer of the client certificate failed: \
                 the module is not plugged in: slot 3 is empty",
                server.url("/")
            )
        );
        assert!(matches!(
            error.source().unwrap().downcast_ref(),
            Some(TlsError::Identity(IdentityError::Signer(_)))
        ));
        assert_eq!(server.request_count(), 0);
    }
}

#[tokio::test]
async fn a_signer_with_another_key_is_found_out_before_its_signature_is_sent() {
    for way in WAYS {
        let stage = Stage::new();
        let (identity, other) = (stage.issue("ours"), stage.issue("other"));
        let server = stage.demanding(way).start().await;
        let module = Module::with_key_of(&other);
        let external = ClientIdentity::with_signer(identity.chain().to_vec(), module).unwrap();
        let error = get(&stage.client(external), &server).await.unwrap_err();
        match error.source().unwrap().downcast_ref() {
            Some(TlsError::Identity(IdentityError::WrongKey { subject })) => {
                assert_eq!(subject, "CN=ours");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.request_count(), 0);
    }
}

#[test]
fn a_signer_that_tells_another_key_than_the_certificates_makes_no_identity() {
    let stage = Stage::new();
    let (identity, other) = (stage.issue("ours"), stage.issue("other"));
    let module = Module::with_key_of(&other).with_public_key_of(&other);
    let made = ClientIdentity::with_signer(identity.chain().to_vec(), module);
    assert!(matches!(made, Err(ConfigError::KeyMismatch)));
    let empty = ClientIdentity::with_signer(Vec::new(), Absent);
    assert!(matches!(
        empty,
        Err(ConfigError::IdentityPem {
            what: "client certificate",
            ..
        })
    ));
    let garbage = ClientIdentity::with_signer(vec![vec![1, 2, 3].into()], Absent);
    assert!(matches!(garbage, Err(ConfigError::MalformedIdentity(_))));
}

#[test]
fn debug_shows_no_key_nor_what_a_signer_would_tell() {
    let stage = Stage::new();
    let identity = stage.issue("shown");
    let external = ClientIdentity::with_signer(identity.chain().to_vec(), Absent).unwrap();
    for identity in [external, ours(&identity)] {
        let handle = IdentityHandle::new(identity);
        let policy = stage.policy().identity(&handle).build().unwrap();
        let secret = stage.issue("other").key_pem();
        assert!(!secret.is_empty());
        for text in [format!("{handle:?}"), format!("{policy:?}")] {
            assert!(
                text.contains(r#"ClientIdentity { subject: "CN=shown", .. }"#),
                "{text}"
            );
            assert!(!text.contains("PrivateKey"), "{text}");
        }
    }
}

/// A module behind a server of its own, to which each signature makes a handshake on the same
/// thread.
struct Remote {
    key: Arc<dyn SigningKey>,
    channel: rustls::ClientConfig,
}

impl ExternalSigner for Remote {
    fn schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, SignError> {
        // What that handshake does when the module's server asks for a certificate.
        self.channel
            .client_auth_cert_resolver
            .resolve(&[], &[scheme]);
        let signer = self.key.choose_scheme(&[scheme]);
        signer
            .ok_or_else(|| SignError::new("no such scheme"))?
            .sign(message)
            .map_err(|error| SignError::new("the module failed").caused_by(error))
    }
}

#[tokio::test]
async fn a_handshake_that_a_signer_makes_does_not_pass_for_the_one_it_signs_for() {
    for way in WAYS {
        let stage = Stage::new();
        let (old, new) = (stage.issue("old"), stage.issue("new"));
        let server = stage.demanding(way).start().await;
        let remote = |identity: &Identity| {
            let signer = Remote {
                key: Arc::clone(&identity.certified_key().key),
                channel: stage.policy().build().unwrap().client_config().unwrap(),
            };
            ClientIdentity::with_signer(identity.chain().to_vec(), signer).unwrap()
        };
        let handle = IdentityHandle::new(remote(&old));
        let client = stage.client(&handle);
        get(&client, &server).await.unwrap();
        handle.replace(remote(&new)).unwrap();
        get(&client, &server).await.unwrap();
        assert_eq!(shown(&server, &[&old, &new]), [0, 1]);
    }
}
