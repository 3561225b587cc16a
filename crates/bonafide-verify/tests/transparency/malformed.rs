//! Lists of timestamps that cannot be read, or were tampered with.

use bonafide_testkit::TestLog;
use bonafide_verify::pki_types::{CertificateDer, ServerName};
use bonafide_verify::refusal::Reason;
use bonafide_verify::transparency::{SctListError, SctSource};
use bonafide_verify::{Code, Peer};
use proptest::prelude::*;

use crate::stage::{DAY, HOST, Stage, reason, unix};

#[test]
fn an_embedded_list_that_cannot_be_read_is_refused_by_name() {
    let stage = Stage::new();
    for (list, error) in [
        (vec![], SctListError::Truncated),
        (vec![0, 0], SctListError::Empty),
        (vec![0, 1, 0, 0], SctListError::TrailingBytes),
        (
            TestLog::timestamp_list(vec![[1]; 33]),
            SctListError::TooMany { allowed: 32 },
        ),
    ] {
        let refusal = stage
            .judge(stage.recipe().raw_timestamp_list(list))
            .unwrap_err();
        assert_eq!(refusal.code(), Code::SctMalformed);
        assert_eq!(refusal.subject().unwrap().position, 0);
        let source = SctSource::Certificate;
        assert_eq!(refusal.reason(), &Reason::SctMalformed { source, error });
    }
}

#[test]
fn a_list_beside_the_certificate_that_cannot_be_read_is_refused_by_name() {
    let stage = Stage::new();
    let leaf = stage.root.issue(stage.recipe());
    let name = ServerName::try_from(HOST).unwrap();
    let peer = Peer::new(leaf.chain(), &name)
        .at(unix(stage.now))
        .with_scts(&[0, 9]);
    assert_eq!(
        reason(stage.policy(stage.check()).verify(&peer)),
        Reason::SctMalformed {
            source: SctSource::Handshake,
            error: SctListError::Truncated,
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn no_change_of_one_byte_of_a_timestamp_is_accepted(
        place in 0_usize..1000,
        flip in 1_u8..=255,
    ) {
        let stage = Stage::new();
        let leaf = stage.root.issue(stage.recipe());
        let of = |log: &TestLog| log.timestamp(leaf.leaf(), stage.now - DAY);
        let mut list = TestLog::timestamp_list(stage.logs[..2].iter().map(of));
        let name = ServerName::try_from(HOST).unwrap();
        let chain: &[CertificateDer<'_>] = leaf.chain();
        let policy = stage.policy(stage.check());
        let judge = |list: &[u8]| {
            policy.verify(&Peer::new(chain, &name).at(unix(stage.now)).with_scts(list))
        };
        prop_assert!(judge(&list).is_ok());
        let place = place % list.len();
        list[place] ^= flip;
        let code = judge(&list).unwrap_err().code();
        prop_assert!(matches!(code, Code::TooFewScts | Code::SctMalformed), "{code}");
    }
}
