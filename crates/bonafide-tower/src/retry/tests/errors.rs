//! What errors of clients mean.

use std::error::Error as StdError;
use std::io;

use bonafide_verify::{ConfigError, TlsError};

use crate::BoxError;
use crate::delivery::Delivery;
use crate::retry::{Outcome, RetryError, Standard};

#[derive(Debug, thiserror::Error)]
#[error("a client's own error")]
struct OfClient(#[source] BoxError);

fn outcome(error: impl StdError + Send + Sync + 'static) -> Outcome {
    // As it is, and as clients wrap it.
    let wrapped = OfClient(Box::new(io::Error::other(OfClient(Box::new(error)))));
    let whole = Standard::of_error(&wrapped);
    let source = wrapped.source().unwrap();
    assert_eq!(Standard::of_error(source), whole);
    whole
}

#[test]
fn an_unknown_error_says_that_the_request_may_have_been_processed() {
    let maybe = Outcome::Failed(Delivery::MaybeProcessed);
    assert_eq!(outcome(io::Error::other("reset")), maybe);
    assert_eq!(outcome(io::Error::from(io::ErrorKind::InvalidData)), maybe);
    assert_eq!(outcome(TlsError::Io(io::ErrorKind::TimedOut.into())), maybe);
}

#[test]
fn a_policy_that_cannot_be_used_and_errors_of_this_crate_are_final() {
    let config = ConfigError::NoCryptoProvider;
    assert_eq!(outcome(TlsError::Config(config)), Outcome::Final);
    let no_bytes = RetryError::NoRandomBytes(getrandom::Error::UNSUPPORTED);
    assert_eq!(outcome(no_bytes), Outcome::Final);
}

#[test]
fn errors_of_the_other_middleware_are_final() {
    #[cfg(feature = "auth")]
    assert_eq!(
        outcome(crate::auth::AuthError::Downgraded {
            origin: "https://h".parse().unwrap(),
        }),
        Outcome::Final
    );
    #[cfg(feature = "decompression")]
    assert_eq!(
        outcome(crate::decompression::DecompressionError::TooManyCodings { limit: 4 }),
        Outcome::Final
    );
    #[cfg(feature = "require-https")]
    assert_eq!(
        outcome(crate::require_https::NotHttps::NoScheme),
        Outcome::Final
    );
    #[cfg(feature = "redirect")]
    assert_eq!(
        outcome(crate::redirect::RedirectError::Ambiguous),
        Outcome::Final
    );
    #[cfg(feature = "require-verified")]
    assert_eq!(
        outcome(crate::require_verified::NotVerified::NoReceipt),
        Outcome::Final
    );
}

#[cfg(feature = "connector")]
#[test]
fn an_alert_of_tls_is_final() {
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::AccessDenied);
    let error = io::Error::new(io::ErrorKind::InvalidData, alert);
    assert_eq!(outcome(error), Outcome::Final);
}
