//! bonafide.

use std::error::Error;

use bonafide::Policy;
use bonafide::verify::revocation::{Crls, Revocation, RevocationScope};
use bonafide::verify::transparency::{ExemptAnchors, LogList, Transparency};
use bonafide::verify::{Anchors, ClientIdentity, Pins};
use bonafide_testkit::conformance::{Needs, Target};

use super::{Client, chain};
use crate::outcome::Said;

/// bonafide's client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bonafide;

impl Client for Bonafide {
    async fn visit(&self, target: &Target, needs: Needs) -> Result<(), Said> {
        let client = client(target, needs).map_err(|error| Said {
            code: None,
            text: chain(&*error),
        })?;
        for url in [Some(&target.url), target.then.as_ref()]
            .into_iter()
            .flatten()
        {
            client.get(url).send().await.map_err(|error| Said {
                code: error.code().map(|code| code.as_str().to_owned()),
                text: chain(&error),
            })?;
        }
        Ok(())
    }
}

fn client(target: &Target, needs: Needs) -> Result<bonafide::Client, Box<dyn Error>> {
    let mut policy = Policy::builder().anchors(Anchors::only(target.root.clone()));
    if let Some(pin) = &target.pin {
        let pins = Pins::for_host(target.host)
            .any(pin)
            .without_backup()
            .never_expires();
        policy = policy.pins(pins.build()?);
    }
    if let Some(lists) = &target.crls_pem {
        let lists = Crls::pem(target.name, lists);
        policy = policy.check(Revocation::builder().crls(lists).build()?);
    } else if needs == Needs::Revocation {
        let staples = Revocation::builder().ocsp_staple();
        policy = policy.check(staples.scope(RevocationScope::Leaf).build()?);
    }
    if let Some(logs) = &target.log_list {
        // The replica's root is a private one, of which no timestamps would be asked.
        let logs = Transparency::with_log_list(LogList::from_json(logs)?);
        policy = policy.check(logs.exempt(ExemptAnchors::NoAnchor));
    }
    if let Some(identity) = &target.identity {
        let identity = ClientIdentity::from_pem(identity.chain_pem(), identity.key_pem())?;
        policy = policy.identity(identity);
    }
    let builder = bonafide::Client::builder().policy(policy.build()?);
    // What begins with http:// on purpose, to be led to https://, has to be allowed that.
    let builder = match needs {
        Needs::PlainHttp if target.name == "upgrade" => builder.allow_plain_http(),
        _ => builder,
    };
    Ok(builder.build()?)
}
