//! The certificates that a server presented: the input of every verification.

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// The certificates that a server sent, leaf first, unverified.
#[derive(Clone, Copy, Debug)]
pub struct PresentedChain<'a> {
    leaf: Option<&'a CertificateDer<'a>>,
    rest: &'a [CertificateDer<'a>],
}

impl<'a> PresentedChain<'a> {
    /// The chain as one slice, leaf first. Verification refuses an empty one with
    /// `BF-NO-CERTIFICATE`.
    pub fn new(chain: &'a [CertificateDer<'a>]) -> Self {
        let (leaf, rest) = match chain.split_first() {
            Some((leaf, rest)) => (Some(leaf), rest),
            None => (None, chain),
        };
        Self { leaf, rest }
    }

    /// The chain as rustls passes it: the leaf, and the certificates after it.
    pub fn from_parts(leaf: &'a CertificateDer<'a>, rest: &'a [CertificateDer<'a>]) -> Self {
        Self {
            leaf: Some(leaf),
            rest,
        }
    }

    /// The first certificate, which must be the server's own (RFC 8446, 4.4.2).
    pub fn leaf(&self) -> Option<&'a CertificateDer<'a>> {
        self.leaf
    }

    /// Everything after the leaf, in the order sent.
    pub fn rest(&self) -> &'a [CertificateDer<'a>] {
        self.rest
    }

    /// All certificates, leaf first.
    pub fn iter(&self) -> impl Iterator<Item = &'a CertificateDer<'a>> + use<'a> {
        self.leaf.into_iter().chain(self.rest)
    }

    /// How many certificates were sent.
    pub fn len(&self) -> usize {
        usize::from(self.leaf.is_some()) + self.rest.len()
    }

    /// Whether no certificate was sent.
    pub fn is_empty(&self) -> bool {
        self.leaf.is_none()
    }
}

/// A peer to be judged: its chain, the requested name, and the time.
///
/// ```
/// use bonafide_testkit::{Recipe, TestCa};
/// use bonafide_verify::pki_types::ServerName;
/// use bonafide_verify::{Anchors, Peer, Policy};
///
/// let ca = TestCa::new();
/// let server = ca.issue(Recipe::for_host("a.test"));
/// let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone())).build()?;
/// let name = ServerName::try_from("a.test")?;
/// assert!(policy.verify(&Peer::new(server.chain(), &name))?.is_verified());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Peer<'a> {
    pub(crate) chain: PresentedChain<'a>,
    pub(crate) name: Option<&'a ServerName<'a>>,
    pub(crate) time: AskedTime,
    pub(crate) ocsp_staple: Option<&'a [u8]>,
    pub(crate) scts: Option<&'a [u8]>,
}

/// The time at which a peer is judged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AskedTime {
    /// The time of the policy's clock when the peer is judged.
    Now,
    /// The time of the policy's clock when the handshake began.
    Handshake(UnixTime),
    /// A time from the caller.
    Given(UnixTime),
}

impl<'a> Peer<'a> {
    /// The peer that presented `chain`, leaf first, for a connection to `name`.
    pub fn new(chain: &'a [CertificateDer<'a>], name: &'a ServerName<'a>) -> Self {
        Self::from_chain(PresentedChain::new(chain), name)
    }

    /// The same, from a [`PresentedChain`].
    pub fn from_chain(chain: PresentedChain<'a>, name: &'a ServerName<'a>) -> Self {
        Self {
            name: Some(name),
            ..Self::unnamed(chain)
        }
    }

    /// A peer without a name. The default zone judges its path only.
    ///
    /// The receipt's verdict is [`Verdict::PathOnly`](crate::Verdict::PathOnly), which never counts
    /// as verified. For audits and conformance runs; connections are never judged this way.
    pub fn without_name(chain: &'a [CertificateDer<'a>]) -> Self {
        Self::unnamed(PresentedChain::new(chain))
    }

    fn unnamed(chain: PresentedChain<'a>) -> Self {
        Self {
            chain,
            name: None,
            time: AskedTime::Now,
            ocsp_staple: None,
            scts: None,
        }
    }

    /// Adds the OCSP response that the server stapled (RFC 6066, 8), in DER, for a revocation
    /// check. An empty one counts as none.
    pub fn with_ocsp_staple(mut self, response: &'a [u8]) -> Self {
        self.ocsp_staple = Some(response).filter(|response| !response.is_empty());
        self
    }

    /// Adds the `SignedCertificateTimestampList` that the server sent outside of its certificate
    /// (RFC 6962, 3.3), for a transparency check. An empty one counts as none.
    pub fn with_scts(mut self, list: &'a [u8]) -> Self {
        self.scts = Some(list).filter(|list| !list.is_empty());
        self
    }

    /// Judges at the time that rustls took from the policy's clock.
    pub(crate) fn at_handshake(mut self, time: UnixTime) -> Self {
        self.time = AskedTime::Handshake(time);
        self
    }

    /// Whether a handshake with the peer is in progress. Only then can it prove that it holds its
    /// key.
    pub(crate) fn is_in_handshake(&self) -> bool {
        matches!(self.time, AskedTime::Handshake(_))
    }

    /// Judges at `time` instead of the time of the policy's clock. The receipt then names the clock
    /// `given`.
    pub fn at(mut self, time: UnixTime) -> Self {
        self.time = AskedTime::Given(time);
        self
    }
}
