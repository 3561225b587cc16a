//! Pins: made from a host, a chain, a certificate request or a key, with advice; and pin files in
//! signed bundles.
//!
//! ```text
//! cargo run -p bonafide-examples --example pins -- host example.com[:443]
//! cargo run -p bonafide-examples --example pins -- pem chain.pem      # or csr FILE, key FILE
//! cargo run -p bonafide-examples --example pins -- sign pins.toml NAME VERSION DAYS key.pem … > pins.bundle
//! cargo run -p bonafide-examples --example pins -- open pins.bundle NAME THRESHOLD versions.json key …
//! ```
//!
//! Without arguments it shows all of it on a server of its own.

use std::error::Error;
use std::time::Duration;

use bonafide::Client;
use bonafide::verify::pins::{
    BundleError, BundleKey, BundleKeys, BundleSigner, FileVersionStore, MemoryVersionStore,
    OnExpiredPins, PinAdvice, PinBundle,
};
use bonafide::verify::pki_types::UnixTime;
use bonafide::verify::{Anchors, PinSet, Pins, Policy};
use bonafide_testkit::{Identity, KeyKind, Recipe, TestCa, TestServer};

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => demonstrate().await,
        ["host", host] => of_host(&Client::new(), &format!("https://{host}/")).await,
        ["pem" | "csr" | "key", file] => {
            print_stub("HOST", &PinAdvice::of_pem(std::fs::read(file)?)?);
            Ok(())
        }
        ["sign", file, name, version, days, keys @ ..] => {
            sign(file, name, version.parse()?, days.parse()?, keys)
        }
        ["open", bundle, name, threshold, versions, keys @ ..] => {
            let keys: Vec<BundleKey> = keys
                .iter()
                .map(|key| key.parse())
                .collect::<Result<_, _>>()?;
            let keys = BundleKeys::new(*name, threshold.parse()?, keys)?;
            let store = FileVersionStore::new(*versions);
            let set = PinBundle::from_file(bundle)?.open(&keys, &store, UnixTime::now())?;
            print!("{}", set.to_toml());
            Ok(())
        }
        _ => Err("say host, pem, csr, key, sign or open; see the begin of examples/pins.rs".into()),
    }
}

/// Pins of a host, from the path that was verified to it: what merely came over the line is no pin.
async fn of_host(client: &Client, url: &str) -> Outcome {
    let response = client.get(url).send().await?;
    let receipt = response.receipt().ok_or("no receipt")?;
    let path = receipt.path().ok_or("no path")?;
    print_stub(
        receipt.host().unwrap_or_default(),
        &PinAdvice::of_chain(path.certificates())?,
    );
    Ok(())
}

fn print_stub(host: &str, advice: &[PinAdvice]) {
    println!("{}", PinAdvice::file_stub(host, "2027-06-30", advice));
}

fn sign(file: &str, name: &str, version: u64, days: u32, keys: &[&str]) -> Outcome {
    let pins = PinSet::from_file(file)?;
    let payload = PinBundle::payload_of(&pins, name, version, in_days(days))?;
    let mut bundle = PinBundle::of_payload(payload)?;
    for key in keys {
        let signer = BundleSigner::from_pem(std::fs::read(key)?)?;
        eprintln!("signed by {}", signer.key());
        bundle = bundle.signed_by(&signer)?;
    }
    print!("{}", bundle.to_json());
    Ok(())
}

async fn demonstrate() -> Outcome {
    let ca = TestCa::named("Example Corp root");
    let identity = ca
        .intermediate("Example Corp issuing")
        .issue(Recipe::for_host("localhost"));
    let pin = identity.spki_pin();
    let server = TestServer::http2(identity).await;
    let policy = Policy::builder().anchors(Anchors::only(ca.certificate().clone()));
    let client = Client::builder().policy(policy.build()?).build()?;
    println!("# what to pin of a host:");
    of_host(&client, &server.url("/")).await?;
    server.shutdown().await;

    // Two people sign what clients may load for the next 30 days.
    let people = [signer()?, signer()?];
    let now = UnixTime::now();
    let spare = Identity::self_signed(Recipe::for_host("localhost"));
    let pins = Pins::for_host("localhost")
        .leaf(pin)
        .leaf(spare.spki_pin())
        .expires(in_days(180), OnExpiredPins::Unpinned)
        .build()?;
    let set = PinSet::new([pins])?;
    let signed = |version, signers: &[BundleSigner]| -> Result<PinBundle, BundleError> {
        let payload = PinBundle::payload_of(&set, "shop", version, in_days(30))?;
        let bundle = PinBundle::of_payload(payload)?;
        signers
            .iter()
            .try_fold(bundle, |bundle, signer| bundle.signed_by(signer))
    };
    let keys = BundleKeys::new("shop", 2, people.each_ref().map(BundleSigner::key))?;
    let versions = MemoryVersionStore::default();
    let set = signed(2, &people)?.open(&keys, &versions, now)?;
    println!("# version 2, signed by both:\n{}", set.to_toml());
    for (what, bundle) in [
        ("an old bundle", signed(1, &people)?),
        ("one signature", signed(3, &people[..1])?),
    ] {
        match bundle.open(&keys, &versions, now) {
            Err(error) => println!("# {what}: {error}"),
            Ok(_) => return Err(format!("{what} opened").into()),
        }
    }
    Ok(())
}

fn in_days(days: u32) -> UnixTime {
    let seconds = UnixTime::now().as_secs() + u64::from(days) * 24 * 60 * 60;
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn signer() -> Result<BundleSigner, BundleError> {
    let identity = Identity::self_signed(Recipe::for_host("signer").key(KeyKind::Ed25519));
    BundleSigner::from_pem(identity.key_pem())
}
