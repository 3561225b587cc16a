//! reqwest's default client.

use bonafide_testkit::conformance::{Needs, Target};

use super::{Client, chain};
use crate::outcome::Said;

/// reqwest with its default features. It has no pins, and no check of timestamps or staples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reqwest;

impl Client for Reqwest {
    async fn visit(&self, target: &Target, _: Needs) -> Result<(), Said> {
        get(target).await.map_err(|error| Said {
            code: None,
            text: chain(&error),
        })
    }
}

async fn get(target: &Target) -> Result<(), reqwest::Error> {
    let root = reqwest::Certificate::from_der(&target.root)?;
    let mut builder = reqwest::Client::builder().tls_certs_only([root]).no_proxy();
    if let Some(lists) = &target.crls_pem {
        let lists = reqwest::tls::CertificateRevocationList::from_pem_bundle(lists.as_bytes())?;
        builder = builder.tls_crls_only(lists);
    }
    if let Some(identity) = &target.identity {
        let pem = format!("{}{}", identity.chain_pem(), identity.key_pem());
        builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes())?);
    }
    let client = builder.build()?;
    client.get(&target.url).send().await?.bytes().await?;
    if let Some(url) = &target.then {
        client.get(url).send().await?.bytes().await?;
    }
    Ok(())
}
