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

use crate::chain::{Peer, PresentedChain};
use crate::config_error::ConfigError;
use crate::demand::Offer;
use crate::host::{host_text, relative_name};
use crate::judge::Judge;
use crate::receipt::{Connection, Receipt};
use crate::refusal::Refusal;
use crate::sessions::Sessions;
use crate::zone::{Zone, ZoneId};

/// A policy, or one zone of it, as rustls' verifier.
#[derive(Debug)]
struct Verifier {
    judge: Arc<Judge>,
    /// The zone that the configuration was made for; names of other zones are refused then.
    only: Option<ZoneId>,
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
        self.allowed(server_name)
            .and_then(|()| self.judge.verify_handshake(&peer))
            .map(|_| ServerCertVerified::assertion())
            .map_err(|refusal| CertificateError::Other(OtherError(Arc::new(refusal))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            self.judge.provider.signature_algorithms(),
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            self.judge.provider.signature_algorithms(),
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge
            .provider
            .signature_algorithms()
            .supported_schemes()
    }
}

impl Verifier {
    fn allowed(&self, name: &ServerName<'_>) -> Result<(), Refusal> {
        let zone = self.judge.zone_of(name)?;
        match self.only {
            Some(only) if only != zone.id() => Err(self.judge.refuse_host(&host_text(name))),
            _ => Ok(()),
        }
    }
}

/// Makes a configuration for `zone`, whose verifier serves that zone only, or all zones where `only` is none.
pub(crate) fn client_config(
    judge: &Arc<Judge>,
    zone: &Zone,
    only: Option<ZoneId>,
) -> Result<ClientConfig, ConfigError> {
    let verifier = Arc::new(Verifier {
        judge: Arc::clone(judge),
        only,
    });
    let builder =
        ClientConfig::builder_with_details(judge.provider.shared(), Arc::new(judge.clock.clone()))
            .with_protocol_versions(zone.min_version.and_later())
            .map_err(ConfigError::CryptoProvider)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "rustls has no other door for a verifier, and this one verifies"
    )]
    let builder = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = builder.with_client_cert_resolver(Arc::new(Offer(zone.identity.clone())));
    config.resumption = Resumption::store(Arc::new(Sessions::new(Arc::clone(judge))));
    Ok(config)
}

/// The receipt of a finished handshake: of the chain that rustls has verified in it or kept from the one that it resumed.
pub(crate) fn receipt_of(
    judge: &Judge,
    name: &ServerName<'_>,
    connection: &ClientConnection,
) -> Result<Arc<Receipt>, Refusal> {
    let chain = PresentedChain::new(connection.peer_certificates().unwrap_or_default());
    let name = relative_name(name);
    let receipt = judge.receipt_of_chain(&name, chain)?;
    let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
    if resumed {
        judge.announce(&receipt);
    }
    let zone = judge.zone_of(&name)?;
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
            client_identity: zone.has_identity(),
        }),
    }))
}

/// The configurations of a policy, one a zone and list of application protocols: none of them shares a ticket with another.
#[cfg(feature = "tokio")]
#[derive(Debug)]
pub(crate) struct TlsConfigs {
    judge: Arc<Judge>,
    made: Mutex<Vec<Made>>,
}

#[cfg(feature = "tokio")]
#[derive(Debug)]
struct Made {
    zone: ZoneId,
    alpn: Vec<Vec<u8>>,
    config: Arc<ClientConfig>,
}

#[cfg(feature = "tokio")]
impl TlsConfigs {
    pub(crate) fn new(judge: Arc<Judge>) -> Self {
        Self {
            judge,
            made: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn get(
        &self,
        zone: &Zone,
        alpn: &[&[u8]],
    ) -> Result<Arc<ClientConfig>, ConfigError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let same_alpn = |made: &Made| made.alpn.iter().map(Vec::as_slice).eq(alpn.iter().copied());
        if let Some(made) = made
            .iter()
            .find(|made| made.zone == zone.id() && same_alpn(made))
        {
            return Ok(Arc::clone(&made.config));
        }
        let mut config = client_config(&self.judge, zone, Some(zone.id()))?;
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let config = Arc::new(config);
        made.push(Made {
            zone: zone.id(),
            alpn: config.alpn_protocols.clone(),
            config: Arc::clone(&config),
        });
        Ok(config)
    }
}
