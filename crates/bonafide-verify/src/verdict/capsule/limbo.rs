//! A capsule as a file in the schema of x509-limbo. The reader ignores members that are not named
//! here, like other readers of the schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};

use super::{Capsule, CapsuleError, bounded, pem};
use crate::config::clock::Rfc3339Time;
use crate::host::name::host_text;
use crate::text::one_line;
use crate::x509::certificate::base16;

const VERSION: u64 = 1;
const SERVER: &str = "SERVER";
const FAILURE: &str = "FAILURE";
const MAX_CODE_BYTES: usize = 64;
/// Maximum size of a capsule in bytes. A refusal keeps at most 256 KiB of certificates and twice 64
/// KiB of other data; PEM, Base64 and JSON add half of that. A thousand anchors add 80 KB.
const MAX_BYTES: usize = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct File {
    version: u64,
    testcases: Vec<Case>,
}

#[derive(Serialize, Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    conflicts_with: Vec<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default = "undetermined")]
    importance: String,
    description: String,
    validation_kind: String,
    /// Always empty: a capsule has only the anchors' hashes.
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    #[serde(default)]
    peer_certificate_key: Option<String>,
    validation_time: String,
    signature_algorithms: Vec<String>,
    key_usage: Vec<String>,
    extended_key_usage: Vec<String>,
    expected_result: String,
    #[serde(default)]
    expected_peer_name: Option<PeerName>,
    expected_peer_names: Vec<PeerName>,
    #[serde(default)]
    max_chain_depth: Option<u64>,
    #[serde(default)]
    crls: Vec<String>,
    bonafide: Extra,
}

#[derive(Serialize, Deserialize)]
struct PeerName {
    kind: PeerKind,
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum PeerKind {
    #[serde(rename = "DNS")]
    Dns,
    #[serde(rename = "IP")]
    Ip,
}

/// The members that the schema does not define.
#[derive(Serialize, Deserialize)]
struct Extra {
    code: String,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    checks: Vec<String>,
    /// Hexadecimal.
    anchors_sha256: Vec<String>,
    /// Base64.
    #[serde(default)]
    ocsp_staple: Option<String>,
    /// Base64.
    #[serde(default)]
    scts: Option<String>,
}

fn undetermined() -> String {
    "undetermined".to_owned()
}

pub(super) fn write(capsule: &Capsule) -> String {
    let mut certificates = capsule.chain.iter().map(pem::write);
    let name = capsule.name.as_ref().map(|name| PeerName {
        kind: kind_of(name),
        value: host_text(name).into_owned(),
    });
    let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
    let file = File {
        version: VERSION,
        testcases: vec![Case {
            id: format!("bonafide::{}", capsule.code),
            conflicts_with: Vec::new(),
            features: Vec::new(),
            importance: undetermined(),
            description: capsule.refusal.clone(),
            validation_kind: SERVER.to_owned(),
            trusted_certs: Vec::new(),
            peer_certificate: certificates.next().unwrap_or_default(),
            untrusted_intermediates: certificates.collect(),
            peer_certificate_key: None,
            validation_time: Rfc3339Time(capsule.time).to_string(),
            signature_algorithms: Vec::new(),
            key_usage: Vec::new(),
            extended_key_usage: Vec::new(),
            expected_result: FAILURE.to_owned(),
            expected_peer_name: name,
            expected_peer_names: Vec::new(),
            max_chain_depth: None,
            crls: Vec::new(),
            bonafide: Extra {
                code: capsule.code.clone(),
                profile: capsule.profile.clone(),
                checks: capsule.checks.clone(),
                anchors_sha256: capsule.anchors.iter().map(|hash| base16(hash)).collect(),
                ocsp_staple: capsule.ocsp_staple.as_ref().map(base64),
                scts: capsule.scts.as_ref().map(base64),
            },
        }],
    };
    // `File` has only texts and lists, which can always be serialised.
    serde_json::to_string_pretty(&file).unwrap_or_default()
}

pub(super) fn read(json: &[u8]) -> Result<Capsule, CapsuleError> {
    if json.len() > MAX_BYTES {
        return Err(CapsuleError::TooLarge {
            bytes: json.len(),
            allowed: MAX_BYTES,
        });
    }
    let file: File = serde_json::from_slice(json).map_err(|source| CapsuleError::Json {
        source: source.into(),
    })?;
    if file.version != VERSION {
        return Err(CapsuleError::Version {
            found: file.version,
        });
    }
    let found = file.testcases.len();
    match <[Case; 1]>::try_from(file.testcases) {
        Ok([case]) => read_case(case),
        Err(_) => Err(CapsuleError::Cases { found }),
    }
}

fn read_case(case: Case) -> Result<Capsule, CapsuleError> {
    for (at, found, expected) in [
        ("validation_kind", case.validation_kind, SERVER),
        ("expected_result", case.expected_result, FAILURE),
    ] {
        if found != expected {
            return Err(CapsuleError::Kind { at, expected });
        }
    }
    if case.peer_certificate_key.is_some() {
        return Err(CapsuleError::Key {
            at: "peer_certificate_key".to_owned(),
        });
    }
    let mut chain = vec![pem::read(&case.peer_certificate, || {
        "peer_certificate".to_owned()
    })?];
    for (index, text) in case.untrusted_intermediates.iter().enumerate() {
        chain.push(pem::read(text, || {
            format!("untrusted_intermediates[{index}]")
        })?);
    }
    let Rfc3339Time(time) = case
        .validation_time
        .parse()
        .map_err(|_| CapsuleError::Time)?;
    let extra = case.bonafide;
    if !is_code(&extra.code) {
        return Err(CapsuleError::Code);
    }
    let base64 = |text: Option<String>, at| match text {
        None => Ok(None),
        Some(text) => match STANDARD.decode(text) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(CapsuleError::Base64 { at }),
        },
    };
    let anchors = extra.anchors_sha256.iter().enumerate();
    Ok(Capsule {
        code: extra.code,
        refusal: bounded(&one_line(&case.description)),
        chain,
        name: case.expected_peer_name.map(read_name).transpose()?,
        time,
        ocsp_staple: base64(extra.ocsp_staple, "bonafide.ocsp_staple")?,
        scts: base64(extra.scts, "bonafide.scts")?,
        profile: extra.profile.map(|profile| one_line(&profile)),
        checks: extra.checks.iter().map(|check| one_line(check)).collect(),
        anchors: anchors
            .map(|(position, hash)| read_hash(hash).ok_or(CapsuleError::Hash { position }))
            .collect::<Result<_, _>>()?,
    })
}

fn kind_of(name: &ServerName<'_>) -> PeerKind {
    match name {
        ServerName::IpAddress(_) => PeerKind::Ip,
        _ => PeerKind::Dns,
    }
}

fn read_name(name: PeerName) -> Result<ServerName<'static>, CapsuleError> {
    ServerName::try_from(name.value)
        .ok()
        .filter(|read| kind_of(read) == name.kind)
        .ok_or(CapsuleError::Name)
}

fn is_code(text: &str) -> bool {
    let rest = text.strip_prefix("BF-").unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_CODE_BYTES).contains(&rest.len()) && rest.bytes().all(fits)
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 2 * hash.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
