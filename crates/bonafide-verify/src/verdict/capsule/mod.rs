//! Capsules: one refusal in one file, to judge it again elsewhere.
//!
//! ```
//! use bonafide_verify::Refusal;
//!
//! fn keep(refusal: &Refusal) -> std::io::Result<()> {
//!     match refusal.capsule() {
//!         Some(capsule) => std::fs::write("refusal.json", capsule.to_json()),
//!         None => Ok(()), // the peer presented nothing
//!     }
//! }
//! ```

mod error;
mod limbo;
mod pem;

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};

pub use self::error::CapsuleError;

use crate::config::clock::Rfc3339Time;
use crate::path::presented::Peer;
use crate::text::one_line;
use crate::verdict::refusal::report::Refusal;

/// The prefix of the receipt's row that names the profile.
const PROFILE_ROW: &str = "profile ";
/// Rows of a receipt that every verdict has, whatever the policy.
const ROWS_OF_ALL: [&str; 2] = ["path", "name"];
/// Maximum number of characters of a refusal's text in a capsule.
const MAX_REFUSAL_CHARS: usize = 1000;

/// The data to judge a refused peer again: what it presented, the requested name, the time, and the
/// hashes of the anchors.
///
/// A capsule's file is a test case in the schema of x509-limbo, which other verifiers can read. It
/// contains certificates, an OCSP response and a list of certificate timestamps, which are all
/// public, and only the SHA-256 of each anchor. It contains no key, no header, no byte of a
/// request, and none of the policy's files.
///
/// It does not contain the policy's pins, checks and limits: if one of them refused, configure it
/// in the policy that judges the capsule.
///
/// ```
/// use bonafide_verify::{Anchors, Peer, Policy};
/// use bonafide_verify::capsule::Capsule;
/// use bonafide_verify::pki_types::ServerName;
/// use bonafide_testkit::{Recipe, TestCa};
///
/// let ca = TestCa::new();
/// let identity = ca.issue(Recipe::for_host("www.example.test"));
/// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
/// let name = ServerName::try_from("example.test")?;
/// let refusal = policy.verify(&Peer::new(identity.chain(), &name)).unwrap_err();
///
/// // Where it happened …
/// let file = refusal.capsule().expect("a peer was judged").to_json();
///
/// // … and elsewhere.
/// let capsule = Capsule::from_json(file)?;
/// let anchors = capsule.pick_anchors([ca.certificate().clone()]);
/// assert_eq!(anchors.missing.len(), 0);
/// let policy = Policy::builder().anchors(Anchors::only(anchors.found)).build()?;
/// let again = policy.verify(&capsule.peer()).unwrap_err();
/// assert_eq!(again.code().as_str(), capsule.code());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capsule {
    code: String,
    refusal: String,
    chain: Vec<CertificateDer<'static>>,
    name: Option<ServerName<'static>>,
    time: UnixTime,
    ocsp_staple: Option<Vec<u8>>,
    scts: Option<Vec<u8>>,
    profile: Option<String>,
    checks: Vec<String>,
    anchors: Vec<[u8; 32]>,
}

/// The anchors of a capsule that were found among given certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PickedAnchors {
    /// The anchors that were found, in the order of the capsule.
    pub found: Vec<CertificateDer<'static>>,
    /// The SHA-256 of each anchor that was not found.
    pub missing: Vec<[u8; 32]>,
}

impl Refusal {
    /// The data to judge the peer again elsewhere, for example to attach to a bug report.
    ///
    /// None if no certificate was judged: the peer presented none, the policy has no zone for the
    /// host, or the zone has no anchors. None if the peer presented more than a refusal keeps. None
    /// if the clock showed a year that RFC 3339 cannot express.
    pub fn capsule(&self) -> Option<Capsule> {
        let exhibit = self.exhibit()?;
        let anchors = exhibit.anchors.as_ref()?;
        // A time that cannot be written cannot be read again.
        let Rfc3339Time(time) = Rfc3339Time(exhibit.time).to_string().parse().ok()?;
        if exhibit.chain.is_empty() || !exhibit.is_whole {
            return None;
        }
        let rows = || self.receipt().checks().iter().map(|row| row.name());
        let checks =
            rows().filter(|row| !ROWS_OF_ALL.contains(row) && !row.starts_with(PROFILE_ROW));
        let anchors = anchors.anchors().iter();
        Some(Capsule {
            code: self.code().as_str().to_owned(),
            refusal: bounded(&one_line(&self.to_string())),
            chain: exhibit.chain.clone(),
            name: exhibit.name.clone(),
            time,
            ocsp_staple: exhibit.ocsp_staple.clone(),
            scts: exhibit.scts.clone(),
            profile: rows()
                .find_map(|row| row.strip_prefix(PROFILE_ROW))
                .map(ToOwned::to_owned),
            checks: checks.map(one_line).collect(),
            anchors: anchors
                .map(|anchor| Sha256::digest(anchor.certificate()).into())
                .collect(),
        })
    }
}

impl Capsule {
    /// The code of the refusal, for example `BF-EXPIRED`. It is a text because a later release,
    /// with more codes, may have written the capsule.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The refusal in one line, as `Display` printed it.
    pub fn refusal(&self) -> &str {
        &self.refusal
    }

    /// What the peer presented, leaf first; never empty.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The requested name; none if a path was judged without a name.
    pub fn name(&self) -> Option<&ServerName<'static>> {
        self.name.as_ref()
    }

    /// The time at which the peer was judged.
    pub fn time(&self) -> UnixTime {
        self.time
    }

    /// The OCSP response that was stapled, in DER.
    pub fn ocsp_staple(&self) -> Option<&[u8]> {
        self.ocsp_staple.as_deref()
    }

    /// The `SignedCertificateTimestampList` that the server sent in the handshake.
    pub fn scts(&self) -> Option<&[u8]> {
        self.scts.as_deref()
    }

    /// The name of the zone's profile, for example `browser`; see
    /// [`Profile::as_str`](crate::Profile::as_str).
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The names of the receipt's other rows, except `path` and `name`: the checks that the zone
    /// ran, or would have run.
    pub fn checks(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().map(String::as_str)
    }

    /// The SHA-256 of the zone's anchors, over the whole certificate, as `openssl x509 -fingerprint
    /// -sha256` prints it.
    pub fn anchors(&self) -> &[[u8; 32]] {
        &self.anchors
    }

    /// The peer, for a policy to judge, at the time of the capsule.
    pub fn peer(&self) -> Peer<'_> {
        let peer = match &self.name {
            Some(name) => Peer::new(&self.chain, name),
            None => Peer::without_name(&self.chain),
        };
        peer.with_ocsp_staple(self.ocsp_staple().unwrap_or_default())
            .with_scts(self.scts().unwrap_or_default())
            .at(self.time)
    }

    /// Finds the anchors of the capsule among given certificates, for example those of a file or of
    /// the system.
    pub fn pick_anchors(
        &self,
        candidates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> PickedAnchors {
        let mut at_hand: std::collections::HashMap<[u8; 32], CertificateDer<'static>> = candidates
            .into_iter()
            .map(|der| (Sha256::digest(&der).into(), der))
            .collect();
        let mut picked = PickedAnchors::default();
        for hash in &self.anchors {
            match at_hand.remove(hash) {
                Some(der) => picked.found.push(der),
                None => picked.missing.push(*hash),
            }
        }
        picked
    }

    /// The file: JSON in the schema of x509-limbo, with one case.
    ///
    /// Its `trusted_certs` are empty, because a capsule has only its anchors' hashes: for another
    /// verifier's harness, add the anchors. The case's member `bonafide` has the data that the
    /// schema does not define.
    pub fn to_json(&self) -> String {
        limbo::write(self)
    }

    /// Reads a file that [`Capsule::to_json`] has written. The file may be forged, so nothing in it
    /// is trusted.
    ///
    /// # Errors
    /// [`CapsuleError`] names the member at fault. A file with a private key is an error.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, CapsuleError> {
        limbo::read(json.as_ref())
    }
}

fn bounded(text: &str) -> String {
    let mut bounded: String = text.chars().take(MAX_REFUSAL_CHARS).collect();
    if bounded.len() < text.len() {
        bounded.push('…');
    }
    bounded
}
