//! Every reader of bytes, files and texts, and what it tells.

use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use bonafide_testkit::{Recipe, TestCa};
use bonafide_verify::capsule::Capsule;
use bonafide_verify::first_use::{CertificateSha256, FileFirstUse, FirstUse as _, MemoryFirstUse};
use bonafide_verify::host::{CanonicalHost, HostPattern};
use bonafide_verify::identity::IdentityHandle;
use bonafide_verify::pins::{
    BundleKey, BundleSigner, FileVersionStore, PinAdvice, PinBundle, VersionStore as _,
};
use bonafide_verify::revocation::Revocation;
use bonafide_verify::transparency::LogList;
use bonafide_verify::x509::SpkiSha256;
use bonafide_verify::{Anchors, ClientIdentity, CustomCa, Intermediates, PinSet, Policy, Zone};

/// Everything that an error tells: `Display` and `Debug`, and those of all that it rests on.
fn told(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut told = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        told.extend([
            format!("{error}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ]);
        next = error.source();
    }
    told
}

/// What a reader tells: its error, or what it has read and may show.
fn outcome<T: Debug, E: Error + 'static>(result: Result<T, E>) -> Vec<String> {
    match result {
        Ok(read) => vec![format!("{read:?}")],
        Err(error) => told(&error),
    }
}

/// A reader of bytes, a file or a text, by its name.
pub(crate) type Reader = (&'static str, fn(&Given<'_>) -> Vec<String>);

/// What readers are given: the bytes, and files that hold them.
pub(crate) struct Given<'a> {
    pub(crate) text: &'a str,
    pub(crate) folder: &'a Path,
    /// Whose files are in order.
    pub(crate) ca: &'a TestCa,
}

impl Given<'_> {
    fn file(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, self.text).unwrap();
        path
    }

    fn good(&self) -> (String, String) {
        let identity = self.ca.issue(Recipe::for_host("a.test").client());
        (
            identity.chain_pem().to_owned(),
            identity.key_pem().to_owned(),
        )
    }
}

pub(crate) fn anchors(anchors: Anchors) -> Vec<String> {
    let mut texts = match anchors.load() {
        Ok(set) => vec![format!("{} {:?}", set.report(), set.report())],
        Err(error) => told(&error),
    };
    texts.push(format!("{anchors:?}"));
    texts.extend(outcome(Policy::builder().anchors(anchors).build()));
    texts
}

pub(crate) const READERS: &[Reader] = &[
    ("chain of an identity", |given| {
        outcome(ClientIdentity::from_pem(given.text, given.good().1))
    }),
    ("key of an identity", |given| {
        outcome(ClientIdentity::from_pem(given.good().0, given.text))
    }),
    ("files of an identity", |given| {
        let file = given.file("identity.pem");
        outcome(ClientIdentity::from_pem_files(&file, &file))
    }),
    ("file of an identity that is replaced", |given| {
        let (chain, key) = given.good();
        let handle = IdentityHandle::new(ClientIdentity::from_pem(&chain, key).unwrap());
        let good = given.folder.join("good.pem");
        fs::write(&good, chain).unwrap();
        outcome(handle.reload_from_pem_files(good, given.file("key.pem")))
    }),
    ("anchors in memory", |given| {
        anchors(Anchors::only(CustomCa::pem("corp", given.text)))
    }),
    ("anchors in a file", |given| {
        anchors(Anchors::only(CustomCa::file(given.file("ca.pem"))))
    }),
    ("anchors in a directory, beside good ones", |given| {
        given.file("ca.pem");
        let directory = CustomCa::directory(given.folder);
        anchors(Anchors::only(directory).plus(given.ca.certificate().clone()))
    }),
    ("anchors with their label in the wrong place", |given| {
        anchors(Anchors::only(CustomCa::pem(given.text, "corp")))
    }),
    ("intermediates", |given| {
        let intermediates = Intermediates::file(given.file("intermediates.pem"));
        let anchors = Anchors::only(given.ca.certificate().clone());
        outcome(
            Policy::builder()
                .anchors(anchors)
                .intermediates(intermediates)
                .build(),
        )
    }),
    ("revocation lists", |given| {
        let lists = bonafide_verify::revocation::Crls::file(given.file("lists.pem"));
        outcome(Revocation::builder().crls(lists).build())
    }),
    #[cfg(feature = "crlite")]
    ("filters", |given| {
        let filters = bonafide_verify::revocation::Crlite::file(given.file("a.filter"));
        outcome(Revocation::builder().crlite(filters).build())
    }),
    ("log list", |given| outcome(LogList::from_json(given.text))),
    ("log list in a file", |given| {
        outcome(LogList::from_file(given.file("logs.json")))
    }),
    ("pins in TOML", |given| {
        outcome(PinSet::from_toml(given.text))
    }),
    ("pins in JSON", |given| {
        outcome(PinSet::from_json(given.text))
    }),
    ("pins in a file", |given| {
        outcome(PinSet::from_file(given.file("pins.toml")))
    }),
    ("pins in a file of JSON", |given| {
        outcome(PinSet::from_file(given.file("pins.json")))
    }),
    ("bundle", |given| outcome(PinBundle::from_json(given.text))),
    ("bundle in a file", |given| {
        outcome(PinBundle::from_file(given.file("bundle.json")))
    }),
    ("key of a bundle", |given| {
        outcome(BundleKey::from_pem(given.text))
    }),
    ("key of a bundle as text", |given| {
        outcome(given.text.parse::<BundleKey>())
    }),
    ("signer of a bundle", |given| {
        outcome(BundleSigner::from_pem(given.text).map(|signer| format!("{signer:?}")))
    }),
    ("advice", |given| outcome(PinAdvice::of_pem(given.text))),
    ("pin", |given| outcome(given.text.parse::<SpkiSha256>())),
    ("fingerprint", |given| {
        outcome(given.text.parse::<CertificateSha256>())
    }),
    ("host pattern", |given| {
        outcome(given.text.parse::<HostPattern>())
    }),
    ("host", |given| outcome(CanonicalHost::parse(given.text))),
    ("host of a configuration", |given| {
        let anchors = Anchors::only(given.ca.certificate().clone());
        let policy = Policy::builder().anchors(anchors).build().unwrap();
        outcome(policy.client_config_for(given.text).map(drop))
    }),
    ("fence", |given| {
        let fenced = CustomCa::from(given.ca.certificate().clone()).only_for([given.text]);
        outcome(Policy::builder().anchors(Anchors::only(fenced)).build())
    }),
    ("pattern of a zone", |given| {
        let anchors = Anchors::only(given.ca.certificate().clone());
        let zone = Zone::for_host(given.text);
        outcome(Policy::builder().anchors(anchors).zone(zone).build())
    }),
    ("known keys", |given| {
        outcome(FileFirstUse::open(given.file("known")))
    }),
    ("host of known keys", |given| {
        let key = SpkiSha256([1; 32]);
        outcome(MemoryFirstUse::default().forget(given.text, key))
    }),
    ("versions of bundles", |given| {
        outcome(FileVersionStore::new(given.file("versions.json")).load("a"))
    }),
    ("capsule", |given| outcome(Capsule::from_json(given.text))),
    // The content of a file where its path should be.
    ("identity whose paths are contents", |given| {
        outcome(ClientIdentity::from_pem_files(given.text, given.text))
    }),
    ("anchors whose path is content", |given| {
        anchors(Anchors::only(CustomCa::file(given.text)))
    }),
    ("lists whose path is content", |given| {
        outcome(
            Revocation::builder()
                .crls(bonafide_verify::revocation::Crls::file(given.text))
                .build(),
        )
    }),
    ("log list whose path is content", |given| {
        outcome(LogList::from_file(given.text))
    }),
    ("pins whose path is content", |given| {
        outcome(PinSet::from_file(given.text))
    }),
    ("bundle whose path is content", |given| {
        outcome(PinBundle::from_file(given.text))
    }),
    ("known keys whose path is content", |given| {
        outcome(FileFirstUse::open(given.text))
    }),
];
