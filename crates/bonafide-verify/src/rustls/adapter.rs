//! The only implementation of rustls' verifier trait, and the only place that installs one.

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
use crate::record::{FirstContact, Handshake, Recorder};
use crate::rustls::demand::Offer;
use crate::rustls::possession::Possession;
use crate::rustls::sessions::{Resumption as Resumes, Sessions};
use crate::verdict::receipt::connection::{Connection, IdentityUse};
use crate::verdict::receipt::report::Receipt;
use crate::verdict::refusal::report::Refusal;
use crate::zone::{Zone, ZoneId};

/// A policy, or one zone of it, as rustls' verifier.
#[derive(Debug)]
struct Verifier {
    recorder: Arc<Recorder>,
    /// The zone that the configuration was made for; names of other zones are refused then.
    only: Option<ZoneId>,
    /// What waits for the peer to prove that it holds its key.
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
            .expect(end_entity, FirstContact::of(&receipt, &peer));
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
    /// The peer has proved that it holds the key of `cert`, which is what a first contact has
    /// waited for.
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

/// Makes a configuration for `zone`, whose verifier serves that zone only, or all zones where
/// `only` is none.
///
/// It shows the client certificate that the zone has in the moment of each handshake. A session is
/// authenticated by the certificate of its first handshake, and a ticket does not tell which that
/// was: where the certificate may change, no session is resumed.
pub(crate) fn client_config(
    recorder: &Arc<Recorder>,
    zone: &Zone,
    only: Option<ZoneId>,
    resumes: Resumes,
) -> Result<ClientConfig, ConfigError> {
    let offer = zone.identity.clone().map_or(Offer::Nothing, Offer::OfZone);
    let mut config = configure(recorder, zone, only, resumes, offer)?;
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
    resumes: Resumes,
    offer: Offer,
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
        reason = "rustls has no other door for a verifier, and this one verifies"
    )]
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_cert_resolver(Arc::new(offer));
    config.resumption = Resumption::store(Arc::new(Sessions::new(Arc::clone(recorder), resumes)));
    Ok(config)
}

/// What a connection by any client shows of itself: only of a certificate that stays it is known
/// which one it is.
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

/// The receipt of a finished handshake: of the chain that rustls has verified in it or kept from
/// the one that it resumed.
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

/// The configurations of a policy, one a zone and list of application protocols: none of them
/// shares a ticket with another. A zone whose client certificate is replaced gets new ones.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    recorder: Arc<Recorder>,
    made: Mutex<Vec<Made>>,
}

/// A configuration, and the client certificate that all of its handshakes and tickets belong to.
#[cfg(feature = "tokio")]
#[derive(Clone, Debug)]
pub(crate) struct TlsConfig {
    pub(crate) config: Arc<ClientConfig>,
    /// None where the zone has none, and where it is chosen in each handshake.
    pub(crate) credential: Option<Arc<Credential>>,
}

#[cfg(feature = "tokio")]
#[derive(Debug)]
struct Made {
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
        let for_this = |made: &Made| {
            made.zone == zone.id() && made.alpn.iter().map(Vec::as_slice).eq(alpn.iter().copied())
        };
        // Asked under the lock, so that an older one does not take the place of a newer.
        let generation = zone.identity.as_ref().and_then(ZoneIdentity::generation);
        if let Some(made) = made.iter().find(|made| for_this(made)) {
            let of_made = made.config.credential.as_ref();
            if of_made.map(|credential| credential.generation()) == generation {
                return Ok(made.config.clone());
            }
        }
        let config = self.make(zone, alpn)?;
        made.retain(|made| !for_this(made));
        made.push(Made {
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
        let (only, resumes) = (Some(zone.id()), Resumes::ThenJudgedAgain);
        let (mut config, credential) = match current {
            Some(shown) => {
                let credential = shown.credential.clone();
                let config = configure(&self.recorder, zone, only, resumes, Offer::One(shown))?;
                (config, credential)
            }
            None => (client_config(&self.recorder, zone, only, resumes)?, None),
        };
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(TlsConfig {
            config: Arc::new(config),
            credential,
        })
    }
}
