//! CRLite filters, made by Mozilla's own builder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bonafide_testkit::{Identity, Moment, Recipe, TestCa, TestLog};
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pki_types::{ServerName, UnixTime};
use bonafide_verify::receipt::Outcome;
use bonafide_verify::refusal::Reason;
use bonafide_verify::revocation::{Crlite, Revocation, RevocationSource};
use bonafide_verify::x509::{Certificate, SpkiSha256};
use bonafide_verify::{Anchors, Clock, Code, ConfigError, Peer, Policy, Receipt, Refusal};
use clubcard::builder::{ApproximateRibbon, ClubcardBuilder, ExactRibbon};
use clubcard_crlite::builder::CRLiteBuilderItem;
use clubcard_crlite::{CRLiteClubcard, CRLiteCoverage, CRLiteQuery, Encoding, IssuerSpkiHash};

const HOST: &str = "api.test";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// As many serial numbers as make a filter that is no special case.
const OTHERS: u32 = 256;

struct World {
    ca: TestCa,
    log: TestLog,
    good: Identity,
    revoked: Identity,
    logged: Moment,
}

impl World {
    fn new() -> Self {
        let (ca, log) = (TestCa::new(), TestLog::new("log", "operator"));
        let logged = Moment::now() - DAY;
        let issue = || ca.issue(Recipe::for_host(HOST).logged_at(&log, logged));
        let (good, revoked) = (issue(), issue());
        Self {
            ca,
            log,
            good,
            revoked,
            logged,
        }
    }

    /// A filter over what the log has seen until an hour after both leaves were logged.
    fn filter(&self, encoding: Encoding) -> Vec<u8> {
        self.filter_of(encoding, self.logged - DAY, self.newest())
    }

    /// The same over what the log has seen between two moments.
    fn filter_of(&self, encoding: Encoding, from: Moment, until: Moment) -> Vec<u8> {
        let root = Certificate::from_der(self.ca.certificate()).unwrap();
        let issuer = IssuerSpkiHash(SpkiSha256::of_spki(root.subject_public_key_info()).0);
        let revoked = || CRLiteBuilderItem::revoked(issuer, self.revoked.serial());
        let mut builder = ClubcardBuilder::new();
        let mut approximate = builder.new_approx_builder(&issuer.0);
        approximate.insert(revoked());
        approximate.set_universe_size(usize::try_from(OTHERS).unwrap());
        builder.collect_approx_ribbons(vec![ApproximateRibbon::from(approximate)]);
        let mut exact = builder.new_exact_builder(&issuer.0);
        exact.insert(revoked());
        exact.insert(CRLiteBuilderItem::not_revoked(issuer, self.good.serial()));
        for other in 0..OTHERS {
            let serial = other.to_be_bytes().to_vec();
            exact.insert(CRLiteBuilderItem::not_revoked(issuer, serial));
        }
        builder.collect_exact_ribbons(vec![ExactRibbon::from(exact)]);
        let millis = |time: Moment| time.as_unix_seconds() * 1000;
        let coverage = format!(
            r#"[{{"LogID": "{}", "MinTimestamp": {}, "MaxTimestamp": {}, "MMD": 0, "MinEntry": 0}}]"#,
            STANDARD.encode(self.log.id()),
            millis(from),
            millis(until),
        );
        let coverage = CRLiteCoverage::from_mozilla_ct_logs_json(coverage.as_bytes());
        CRLiteClubcard::from(builder.build::<CRLiteQuery<'_>>(coverage, ()))
            .to_bytes(encoding)
            .unwrap()
    }

    fn newest(&self) -> Moment {
        self.logged + Duration::from_secs(3600)
    }

    fn judge(
        &self,
        leaf: &Identity,
        crlite: Crlite,
        time: Moment,
    ) -> Result<Arc<Receipt>, Refusal> {
        let policy = Policy::builder()
            .anchors(Anchors::only(self.ca.certificate().clone()))
            .clock(Clock::fixed(time.as_unix_time()))
            .check(Revocation::builder().crlite(crlite).build().unwrap())
            .build()
            .unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        policy.verify(&Peer::new(leaf.chain(), &name))
    }
}

fn seconds(time: UnixTime) -> u64 {
    time.as_secs()
}

fn error_of(crlite: Crlite) -> (String, LoadProblem) {
    match Revocation::builder().crlite(crlite).build() {
        Err(ConfigError::ReadFilters { location, problem }) => (location, problem),
        other => panic!("{other:?}"),
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_filter_revokes_clears_or_does_not_cover_a_leaf() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("20300101-0-default.filter");
    let unlogged = world.ca.issue(Recipe::for_host(HOST));
    let other_log = TestLog::new("other", "operator");
    let elsewhere = world
        .ca
        .issue(Recipe::for_host(HOST).logged_at(&other_log, world.logged));
    let not_covered = Reason::RevocationMissing {
        tried: "not covered by the CRLite filters".into(),
    };
    for encoding in [Encoding::V3, Encoding::V4] {
        fs::write(&file, world.filter(encoding)).unwrap();
        fs::write(folder.path().join("index.bin"), "not a filter").unwrap();
        for crlite in [Crlite::file(&file), Crlite::directory(folder.path())] {
            let judge = |leaf| world.judge(leaf, crlite.clone(), Moment::now());
            let receipt = judge(&world.good).unwrap();
            let row = receipt
                .checks()
                .iter()
                .find(|row| row.name() == "revocation");
            assert_eq!(row.unwrap().outcome(), &Outcome::Passed);
            assert_eq!(
                receipt.deadline().map(seconds),
                Some(seconds((world.newest() + 10 * DAY).as_unix_time()))
            );
            assert_eq!(
                judge(&world.revoked).unwrap_err().reason(),
                &Reason::Revoked {
                    source: RevocationSource::Crlite,
                    since: None,
                    reason: None,
                }
            );
            for leaf in [&unlogged, &elsewhere] {
                assert_eq!(judge(leaf).unwrap_err().reason(), &not_covered);
            }
        }
    }
}

#[test]
fn filters_count_for_ten_days_after_what_they_cover() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.filter");
    fs::write(&file, world.filter(Encoding::V4)).unwrap();
    let end = world.newest() + 10 * DAY;
    let judge = |time| world.judge(&world.good, Crlite::file(&file), time);
    assert!(judge(end - Duration::from_secs(1)).is_ok());
    assert_eq!(judge(end).unwrap_err().code(), Code::RevocationStale);
}

#[test]
fn a_new_filter_makes_an_old_one_fresh_only_without_a_gap_between_them() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, days: u32| {
        let until = world.newest() + days * DAY;
        let bytes = world.filter_of(Encoding::V4, until - DAY, until);
        fs::write(folder.path().join(name), bytes).unwrap();
    };
    fs::write(folder.path().join("old.filter"), world.filter(Encoding::V4)).unwrap();
    let judge = || {
        let time = world.newest() + 19 * DAY;
        world.judge(&world.good, Crlite::directory(folder.path()), time)
    };
    write("new.delta", 18);
    let refusal = judge().unwrap_err();
    match refusal.reason() {
        Reason::RevocationStale { this_update, .. } => {
            assert_eq!(*this_update, world.newest().as_unix_time());
        }
        other => panic!("{other}"),
    }
    write("between.delta", 9);
    assert!(judge().unwrap().is_verified());
}

#[test]
fn what_is_no_filter_keeps_the_check_from_being_built() {
    let folder = tempfile::tempdir().unwrap();
    let (location, problem) = error_of(Crlite::directory(folder.path()));
    assert_eq!(location, text(folder.path()));
    assert!(matches!(problem, LoadProblem::NothingFound), "{problem}");
    let file = folder.path().join("a.delta");
    for bytes in [&b""[..], b"\x00\x09", b"\x00\x04", &[0xff; 64]] {
        fs::write(&file, bytes).unwrap();
        let (location, problem) = error_of(Crlite::directory(folder.path()));
        assert_eq!(location, text(&file));
        assert!(matches!(problem, LoadProblem::NotAFilter(_)), "{problem}");
    }
}
