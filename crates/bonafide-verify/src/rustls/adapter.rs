//! The only implementation of rustls' verifier trait, and the only code that installs a verifier.

use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::sync::{Mutex, PoisonError};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind,
    OtherError, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::config::error::ConfigError;
use crate::host::name::{canonical, host_text};
#[cfg(feature = "tokio")]
use crate::identity::Credential;
use crate::identity::{Shown, ZoneIdentity};
use crate::path::presented::{Peer, PresentedChain};
use crate::record::{Handshake, PendingFirstContact, Recorder};
use crate::rustls::demand::CertificateResolver;
use crate::rustls::possession::Possession;
use crate::rustls::sessions::{ResumedSessions, Sessions};
use crate::verdict::receipt::connection::{Connection, IdentityUse};
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;
use crate::zone::{Zone, ZoneId};

/// A policy, or one zone of it, as rustls' verifier.
#[derive(Debug)]
struct Verifier {
    recorder: Arc<Recorder>,
    /// The zone of the configuration, if it is for one zone. Names of other zones are then refused.
    only: Option<ZoneId>,
    /// The state between the verdict and the proof that the peer holds its key.
    possession: Possession,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain = PresentedChain::from_parts(end_entity, intermediates);
        let peer = Peer::from_chain(chain, server_name)
            .with_ocsp_staple(ocsp_response)
            .at_handshake(now);
        self.possession.begin();
        self.allowed(server_name).map_err(refused)?;
        let judged = self.recorder.verify_handshake(&peer);
        let receipt = judged.as_ref().unwrap_or_else(|refusal| refusal.receipt());
        self.recorder.show(&peer, receipt);
        let receipt = judged.map_err(refused)?;
        self.possession
            .expect(end_entity, PendingFirstContact::of(&receipt, &peer));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let proof = verify_tls12_signature(
            message,
            cert,
            dss,
            self.recorder.judge.provider.signature_algorithms(),
        )?;
        self.proved(cert).map(|()| proof)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let proof = verify_tls13_signature(
            message,
            cert,
            dss,
            self.recorder.judge.provider.signature_algorithms(),
        )?;
        self.proved(cert).map(|()| proof)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.recorder
            .judge
            .provider
            .signature_algorithms()
            .supported_schemes()
    }
}

fn refused(refusal: Refusal) -> rustls::Error {
    CertificateError::Other(OtherError(Arc::new(refusal))).into()
}

impl Verifier {
    /// Called when the peer has proved that it holds the key of `cert`. Completes a pending first
    /// contact.
    fn proved(&self, cert: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        match self.possession.proved(cert)? {
            Some(contact) => self.recorder.complete(contact).map_err(refused),
            None => Ok(()),
        }
    }

    fn allowed(&self, name: &ServerName<'_>) -> Result<(), Refusal> {
        let zone = self.recorder.judge.zone_of(name)?;
        match self.only {
            Some(only) if only != zone.id() => {
                Err(self.recorder.judge.refuse_host(&host_text(name)))
            }
            _ => Ok(()),
        }
    }
}

/// Makes a configuration for `zone`. Its verifier is for the zone `only`, or for all zones if
/// `only` is `None`.
///
/// Each handshake presents the zone's current client certificate. A session is authenticated by the
/// certificate of its first handshake, and a ticket does not show which one that was. So no session
/// is resumed if the certificate may change.
pub(crate) fn client_config(
    recorder: &Arc<Recorder>,
    zone: &Zone,
    only: Option<ZoneId>,
    resumed_sessions: ResumedSessions,
) -> Result<ClientConfig, ConfigError> {
    let resolver = zone
        .identity
        .clone()
        .map_or(CertificateResolver::Nothing, CertificateResolver::OfZone);
    let mut config = configure(recorder, zone, only, resumed_sessions, resolver)?;
    if zone
        .identity
        .as_ref()
        .is_some_and(|identity| !identity.is_fixed())
    {
        config.resumption = Resumption::disabled();
    }
    Ok(config)
}

fn configure(
    recorder: &Arc<Recorder>,
    zone: &Zone,
    only: Option<ZoneId>,
    resumed_sessions: ResumedSessions,
    resolver: CertificateResolver,
) -> Result<ClientConfig, ConfigError> {
    let verifier = Arc::new(Verifier {
        recorder: Arc::clone(recorder),
        only,
        possession: Possession::of(recorder),
    });
    let judge = &recorder.judge;
    let provider = judge.provider.offering(&zone.groups);
    let builder = ClientConfig::builder_with_details(provider, Arc::new(judge.clock.clone()))
        .with_protocol_versions(zone.min_version.and_later())
        .map_err(ConfigError::CryptoProvider)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "rustls has no other way to set a verifier, and this one verifies"
    )]
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_cert_resolver(Arc::new(resolver));
    config.resumption = Resumption::store(Arc::new(Sessions::new(
        Arc::clone(recorder),
        resumed_sessions,
    )));
    Ok(config)
}

/// The client certificate of a connection by any client, for the receipt. It is known only if the
/// zone has a fixed certificate.
pub(crate) fn identity_at_hand(zone: &Zone) -> IdentityUse {
    match &zone.identity {
        None => IdentityUse::None,
        Some(ZoneIdentity::Fixed(
            Shown {
                credential: Some(credential),
                ..
            },
            _,
        )) => IdentityUse::AtHand(Some(Arc::clone(credential.record()))),
        Some(_) => IdentityUse::AtHand(None),
    }
}

/// The receipt of a finished handshake, by the chain that rustls verified in it or kept from the
/// handshake of the resumed session.
pub(crate) fn receipt_of(
    recorder: &Recorder,
    name: &ServerName<'_>,
    connection: &ClientConnection,
    client_identity: Option<IdentityUse>,
) -> Result<Arc<Receipt>, Refusal> {
    let chain = PresentedChain::new(connection.peer_certificates().unwrap_or_default());
    let name = canonical(name);
    let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    let handshake = match resumed {
        true => Handshake::Resumed,
        false => Handshake::Full,
    };
    let receipt = recorder.receipt_of_chain(&name, chain, handshake)?;
    if resumed {
        recorder.announce(&receipt);
    }
    let zone = recorder.judge.zone_of(&name)?;
    let (Some(version), Some(suite)) = (
        connection.protocol_version(),
        connection.negotiated_cipher_suite(),
    ) else {
        return Ok(receipt);
    };
    Ok(Arc::new(Receipt {
        verification: Arc::clone(&receipt.verification),
        connection: Some(Connection {
            version,
            cipher_suite: suite.suite(),
            group: connection
                .negotiated_key_exchange_group()
                .map(|group| group.name()),
            alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
            resumed,
            client_identity: client_identity.unwrap_or_else(|| identity_at_hand(zone)),
        }),
    }))
}

/// The configurations of a policy, one for each zone and list of application protocols. They share
/// no tickets. When the client certificate of a zone is replaced, the zone gets new configurations.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    recorder: Arc<Recorder>,
    made: Mutex<Vec<MadeConfig>>,
}

/// A configuration, and the client certificate of all its handshakes and tickets.
#[cfg(feature = "tokio")]
#[derive(Clone, Debug)]
pub(crate) struct TlsConfig {
    pub(crate) config: Arc<ClientConfig>,
    /// `None` if the zone has no client certificate, or if a callback chooses it in each handshake.
    pub(crate) credential: Option<Arc<Credential>>,
}

#[cfg(feature = "tokio")]
#[derive(Debug)]
struct MadeConfig {
    zone: ZoneId,
    alpn: Vec<Vec<u8>>,
    config: TlsConfig,
}

#[cfg(feature = "tokio")]
impl TlsConfigs {
    pub(crate) fn new(recorder: Arc<Recorder>) -> Self {
        Self {
            recorder,
            made: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn get(&self, zone: &Zone, alpn: &[&[u8]]) -> Result<TlsConfig, ConfigError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let for_this = |made: &MadeConfig| {
            made.zone == zone.id() && made.alpn.iter().map(Vec::as_slice).eq(alpn.iter().copied())
        };
        // Read under the lock, so that an older generation does not replace a newer one.
        let generation = zone.identity.as_ref().and_then(ZoneIdentity::generation);
        if let Some(made) = made.iter().find(|made| for_this(made)) {
            let of_made = made.config.credential.as_ref();
            if of_made.map(|credential| credential.generation()) == generation {
                return Ok(made.config.clone());
            }
        }
        let config = self.make(zone, alpn)?;
        made.retain(|made| !for_this(made));
        made.push(MadeConfig {
            zone: zone.id(),
            alpn: config.config.alpn_protocols.clone(),
            config: config.clone(),
        });
        Ok(config)
    }

    fn make(&self, zone: &Zone, alpn: &[&[u8]]) -> Result<TlsConfig, ConfigError> {
        let current = match &zone.identity {
            Some(identity) => identity.current()?,
            None => None,
        };
        let (only, resumed_sessions) = (Some(zone.id()), ResumedSessions::AreJudgedAgain);
        let (mut config, credential) = match current {
            Some(shown) => {
                let credential = shown.credential.clone();
                let config = configure(
                    &self.recorder,
                    zone,
                    only,
                    resumed_sessions,
                    CertificateResolver::One(shown),
                )?;
                (config, credential)
            }
            None => (
                client_config(&self.recorder, zone, only, resumed_sessions)?,
                None,
            ),
        };
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(TlsConfig {
            config: Arc::new(config),
            credential,
        })
    }
}
