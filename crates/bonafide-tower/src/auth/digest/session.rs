//! A session with a server: its nonce, and what is computed with it (RFC 7616 section 3.4).

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use http::{HeaderValue, Method};
use zeroize::Zeroizing;

use super::algorithm::Strength;
use super::offer::Offer;
use crate::auth::challenge::{Parameters, parameter};
use crate::auth::secret::sensitive;
use crate::auth::{Secret, UnsupportedDigest};

/// A nonce, and the requests that were answered with it.
pub(super) struct Session {
    offer: Offer,
    /// `H(A1)`. In a session (`-sess`) it stays the same when the nonce changes.
    key: Zeroizing<String>,
    /// The cnonce that the key of a session was made with: it is sent with every request, so that a
    /// server that keeps nothing finds the key again.
    cnonce: Option<String>,
    count: AtomicU32,
}

/// What is compared with the server's own proof.
pub(super) struct Sent {
    pub(super) nc: u32,
    pub(super) cnonce: String,
    pub(super) target: String,
}

impl Session {
    /// A session for what a server offers; `cnonce` is used where it needs one.
    pub(super) fn new(
        offer: Offer,
        user: &str,
        password: &Secret,
        cnonce: impl FnOnce() -> Result<String, getrandom::Error>,
    ) -> Result<Self, getrandom::Error> {
        let hash = offer.hash();
        let password = password.expose().as_bytes();
        let mut key = hash.hex(&[user.as_bytes(), &offer.realm, password]);
        let mut kept = None;
        if offer.algorithm.session {
            let cnonce = cnonce()?;
            key = hash.hex(&[key.as_bytes(), &offer.nonce, cnonce.as_bytes()]);
            kept = Some(cnonce);
        }
        Ok(Self {
            offer,
            key,
            cnonce: kept,
            count: AtomicU32::new(0),
        })
    }

    pub(super) fn strength(&self) -> Strength {
        self.offer.hash().strength()
    }

    pub(super) fn nonce(&self) -> &[u8] {
        &self.offer.nonce
    }

    /// The number of the next request; `None` where there are no more.
    pub(super) fn count(&self) -> Option<u32> {
        let next = |count: u32| count.checked_add(1);
        let before = self
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        before.ok().and_then(next)
    }

    /// The cnonce of the session, if it has one.
    pub(super) fn cnonce(&self) -> Option<&str> {
        self.cnonce.as_deref()
    }

    /// The value of `Authorization` for one request.
    pub(super) fn answer(
        &self,
        user: &str,
        method: &Method,
        sent: &Sent,
    ) -> Result<HeaderValue, UnsupportedDigest> {
        let offer = &self.offer;
        let target = sent.target.as_bytes();
        let mut field = Zeroizing::new(b"Digest ".to_vec());
        if offer.userhash {
            let user = offer.hash().hex(&[user.as_bytes(), &offer.realm]);
            quoted(&mut field, "username", user.as_bytes());
        } else if user.is_ascii() {
            quoted(&mut field, "username", user.as_bytes());
        } else {
            field.extend_from_slice(b"username*=UTF-8''");
            extended(&mut field, user);
        }
        for (name, value) in [("realm", &*offer.realm), ("uri", target)] {
            field.extend_from_slice(b", ");
            quoted(&mut field, name, value);
        }
        if offer.is_named {
            field.extend_from_slice(b", algorithm=");
            field.extend_from_slice(offer.algorithm.name().as_bytes());
        }
        field.extend_from_slice(b", ");
        quoted(&mut field, "nonce", &offer.nonce);
        field.extend_from_slice(format!(", nc={:08x}, ", sent.nc).as_bytes());
        quoted(&mut field, "cnonce", sent.cnonce.as_bytes());
        field.extend_from_slice(b", qop=auth, ");
        let response = self.response(method.as_str().as_bytes(), sent);
        quoted(&mut field, "response", response.as_bytes());
        if let Some(opaque) = &offer.opaque {
            field.extend_from_slice(b", ");
            quoted(&mut field, "opaque", opaque);
        }
        if offer.userhash {
            field.extend_from_slice(b", userhash=true");
        }
        match HeaderValue::from_bytes(&field) {
            Ok(value) => Ok(sensitive(value)),
            Err(_) => Err(UnsupportedDigest::Value),
        }
    }

    /// `response` of a request, and with an empty method `rspauth` of its response (section 3.5).
    fn response(&self, method: &[u8], sent: &Sent) -> Zeroizing<String> {
        let hash = self.offer.hash();
        let request = hash.hex(&[method, sent.target.as_bytes()]);
        hash.hex(&[
            self.key.as_bytes(),
            &self.offer.nonce,
            format!("{:08x}", sent.nc).as_bytes(),
            sent.cnonce.as_bytes(),
            b"auth",
            request.as_bytes(),
        ])
    }

    /// Whether the proof that the server gives in `Authentication-Info`, if it does, is the right
    /// one. One that covers the body (`auth-int`) is not looked at.
    pub(super) fn is_proved(&self, info: &Parameters, sent: &Sent) -> bool {
        let covers_body =
            parameter(info, "qop").is_some_and(|qop| qop.eq_ignore_ascii_case(b"auth-int"));
        match parameter(info, "rspauth") {
            Some(proof) if !covers_body => {
                proof.eq_ignore_ascii_case(self.response(b"", sent).as_bytes())
            }
            _ => true,
        }
    }

    /// The session with the nonce that the server wants next.
    pub(super) fn with_nonce(&self, nonce: &[u8]) -> Self {
        let Offer {
            algorithm,
            is_named,
            realm,
            nonce: _,
            opaque,
            userhash,
            stale: _,
        } = &self.offer;
        Self {
            offer: Offer {
                algorithm: *algorithm,
                is_named: *is_named,
                realm: realm.clone(),
                nonce: nonce.to_vec(),
                opaque: opaque.clone(),
                userhash: *userhash,
                stale: false,
            },
            key: self.key.clone(),
            cnonce: self.cnonce.clone(),
            count: AtomicU32::new(0),
        }
    }
}

/// Appends `name="value"` (RFC 9110 section 5.6.4).
fn quoted(field: &mut Vec<u8>, name: &str, value: &[u8]) {
    field.extend_from_slice(name.as_bytes());
    field.extend_from_slice(b"=\"");
    for byte in value {
        if matches!(byte, b'"' | b'\\') {
            field.push(b'\\');
        }
        field.push(*byte);
    }
    field.push(b'"');
}

/// Appends the value of an extended parameter (RFC 8187 section 3.2.1).
fn extended(field: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            field.push(byte);
        } else {
            field.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}
