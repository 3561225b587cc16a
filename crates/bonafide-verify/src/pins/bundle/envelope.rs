//! The envelope of a bundle as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::error::BundleError;
use super::{MAX_BUNDLE_BYTES, MAX_SIGNATURES, PinBundle, check_payload_size};

/// The version of the envelope.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "bonafide-pin-bundle")]
    version: u64,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    key: String,
    signature: String,
}

pub(super) fn read(json: &[u8]) -> Result<PinBundle, BundleError> {
    if u64::try_from(json.len()).is_ok_and(|length| length > MAX_BUNDLE_BYTES) {
        return Err(BundleError::TooLarge {
            limit_bytes: usize::try_from(MAX_BUNDLE_BYTES).unwrap_or(usize::MAX),
        });
    }
    let envelope: Envelope =
        serde_json::from_slice(json).map_err(|error| BundleError::Envelope(error.into()))?;
    if envelope.version != VERSION {
        return Err(BundleError::UnsupportedVersion {
            found: envelope.version,
        });
    }
    if envelope.signatures.len() > MAX_SIGNATURES {
        return Err(BundleError::TooManySignatures {
            limit: MAX_SIGNATURES,
        });
    }
    let payload = STANDARD
        .decode(envelope.payload)
        .map_err(|_| BundleError::Base64)?;
    check_payload_size(&payload)?;
    let mut signatures = Vec::with_capacity(envelope.signatures.len());
    for (index, Signature { key, signature }) in envelope.signatures.iter().enumerate() {
        let bytes = STANDARD.decode(signature).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        let position = index + 1;
        signatures.push((
            key.parse()?,
            bytes.ok_or(BundleError::Signature { position })?,
        ));
    }
    Ok(PinBundle {
        file: None,
        payload,
        signatures,
    })
}

pub(super) fn write(bundle: &PinBundle) -> String {
    let envelope = Envelope {
        version: VERSION,
        payload: STANDARD.encode(&bundle.payload),
        signatures: bundle
            .signatures
            .iter()
            .map(|(key, signature)| Signature {
                key: key.to_string(),
                signature: STANDARD.encode(signature),
            })
            .collect(),
    };
    // Texts and numbers can always be written as JSON.
    let mut text = serde_json::to_string_pretty(&envelope).unwrap_or_default();
    text.push('\n');
    text
}
