//! What a server presented: the input of every verification.

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// The certificates that a server sent, leaf first, unverified.
#[derive(Clone, Copy, Debug)]
pub struct PresentedChain<'a> {
    leaf: Option<&'a CertificateDer<'a>>,
    rest: &'a [CertificateDer<'a>],
}

impl<'a> PresentedChain<'a> {
    /// The chain as one slice, leaf first. An empty one is refused at verification, as `BF-NO-CERTIFICATE`.
    pub fn new(chain: &'a [CertificateDer<'a>]) -> Self {
        let (leaf, rest) = match chain.split_first() {
            Some((leaf, rest)) => (Some(leaf), rest),
            None => (None, chain),
        };
        Self { leaf, rest }
    }

    /// The chain as rustls hands it over: the leaf and what came after it.
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

/// A peer to be judged: its chain, the name it was asked for, and the time.
#[derive(Clone, Debug)]
pub struct Peer<'a> {
    pub(crate) chain: PresentedChain<'a>,
    pub(crate) name: Option<&'a ServerName<'a>>,
    pub(crate) time: AskedTime,
    pub(crate) ocsp_staple: Option<&'a [u8]>,
    pub(crate) scts: Option<&'a [u8]>,
}

/// Which time a peer is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AskedTime {
    /// What the policy's clock shows at the judgement.
    Now,
    /// What the policy's clock showed when the handshake began.
    Handshake(UnixTime),
    /// What the caller gave.
    Given(UnixTime),
}

impl<'a> Peer<'a> {
    /// The peer that presented `chain`, leaf first, when `name` was asked for.
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

    /// A peer without a name, judged on its path alone by the default zone.
    ///
    /// The receipt's verdict is [`Verdict::PathOnly`](crate::Verdict::PathOnly), which never counts as verified. It is for audits and
    /// conformance runs; no connection is ever judged this way.
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

    /// Adds the OCSP response that the server stapled (RFC 6066, 8), in DER, for a check of revocation. An empty one counts as none.
    pub fn with_ocsp_staple(mut self, response: &'a [u8]) -> Self {
        self.ocsp_staple = Some(response).filter(|response| !response.is_empty());
        self
    }

    /// Adds the `SignedCertificateTimestampList` that the server sent beside its certificate (RFC 6962, 3.3), for a check of transparency.
    pub fn with_scts(mut self, list: &'a [u8]) -> Self {
        self.scts = Some(list).filter(|list| !list.is_empty());
        self
    }

    /// Judges at the time that the policy's clock showed to rustls.
    pub(crate) fn at_handshake(mut self, time: UnixTime) -> Self {
        self.time = AskedTime::Handshake(time);
        self
    }

    /// Whether a handshake is going on with the peer: only then can it prove that it holds its key.
    pub(crate) fn is_in_handshake(&self) -> bool {
        matches!(self.time, AskedTime::Handshake(_))
    }

    /// Judges at `time` instead of the time that the policy's clock shows; the receipt names the clock `given` then.
    pub fn at(mut self, time: UnixTime) -> Self {
        self.time = AskedTime::Given(time);
        self
    }
}
