//! Hosts that are requested over https alone: the rule of `bonafide_tower::hsts`.

use std::time::SystemTime;

use bonafide_tower::assurance::Assurance;
use bonafide_tower::hsts::HstsHosts;
use bonafide_tower::redirect::Redirects;
use http::header::STRICT_TRANSPORT_SECURITY;

use crate::error::{Delivery, Error};
use crate::exchange::{Answered, Call};
use crate::origin::{Endpoint, Parsed, Scheme, Written};
use crate::router::Router;

/// `redirects`, which ask `hosts` for each target.
pub(super) fn add_to(redirects: Redirects, hosts: HstsHosts) -> Redirects {
    redirects.with_upgrade(move |url| hosts.upgrade(url, SystemTime::now()))
}

/// Makes `call` a request over https, if `hosts` know its host.
pub(super) fn upgrade(hosts: &HstsHosts, router: &Router, call: &mut Call) -> Result<(), Error> {
    if scheme_of(call) == Scheme::Https || hosts.knows_none() {
        return Ok(());
    }
    let url = call.url();
    if let Some(upgraded) = url.and_then(|url| hosts.upgrade(&url, SystemTime::now())) {
        let parsed = Parsed::new(Written::Url(&upgraded), |scheme, host, port| {
            router.find(scheme, host, port, call.versions)
        })
        .map_err(|error| error.delivered(Delivery::NotSent))?;
        call.endpoint = parsed.endpoint;
    }
    Ok(())
}

fn scheme_of(call: &Call) -> Scheme {
    match &call.endpoint {
        Endpoint::Named(origin) => origin.scheme,
        Endpoint::Known(connections) => connections.key().parts().origin.scheme,
    }
}

/// Lets `hosts` learn from a response, by what is known of the connection that it arrived on.
pub(super) fn learn(hosts: &HstsHosts, answer: &Answered) {
    let headers = &answer.head.headers;
    if let Some(delivered) = &answer.found.delivered
        && headers.contains_key(STRICT_TRANSPORT_SECURITY)
    {
        let assurance = Assurance::by(answer.found.receipt().map(|receipt| &**receipt));
        hosts.learn(&delivered.url(), headers, assurance, SystemTime::now());
    }
}
