//! Lists of every kind: which are refused, which count for their entries, and what is compared.

use super::*;

#[test]
fn a_list_that_nothing_could_be_taken_from_is_refused_when_the_check_is_built() {
    let ca = TestCa::new();
    let new = CrlRecipe::new;
    let id = "1.3.6.1.4.1.32473.1".to_owned();
    let unknown = CrlProblem::CriticalExtension { id };
    for (recipe, expected) in [
        (new().indirect(), CrlProblem::Indirect),
        (new().delta(), CrlProblem::Delta),
        (new().unknown_extension(true), unknown.clone()),
        (
            new().revoke_serial([9]).unknown_entry_extension(true),
            unknown,
        ),
    ] {
        assert_eq!(problem(&ca.crl(recipe)), expected);
    }
}

#[test]
fn a_list_for_some_reasons_revokes_what_it_lists_and_clears_nothing() {
    let ca = TestCa::new();
    let url = "http://lists.test/1.crl";
    let stolen = ca.issue(Recipe::for_host(HOST).crl_distribution_point(url));
    for list in [CrlRecipe::new(), CrlRecipe::new().distribution_point(url)] {
        let list = ca.crl(list.revoke(&stolen).some_reasons());
        let reason = reason_of(&ca, &stolen, &[list]);
        assert_eq!(reason.code(), Code::Revoked);
    }
    // With a whole list beside it everything else is clear.
    let good = ca.issue(Recipe::for_host(HOST));
    let some = ca.crl(CrlRecipe::new().revoke(&stolen).some_reasons());
    let check = with(&[some, ca.crl(CrlRecipe::new())]).build().unwrap();
    assert!(judge(&ca, &good, check, Moment::now()).is_ok());
}

#[test]
fn serial_numbers_are_compared_as_numbers_with_their_sign() {
    let ca = TestCa::new();
    let issued = ca.issue(Recipe::for_host(HOST));
    // Minus one, 255, minus 128, 128.
    for (serial, listed, is_revoked) in [
        (&[0xff][..], [0xff], false),
        (&[0x00, 0xff], [0xff], true),
        (&[0x80], [0x80], false),
        (&[0x00, 0x80], [0x80], true),
        (&[0x7f], [0x7f], true),
    ] {
        let leaf = ca.reissue(issued.leaf(), |leaf| {
            leaf.serial_number(serial);
        });
        let check = with(&[ca.crl(CrlRecipe::new().revoke_serial(listed))]);
        let policy = Policy::builder()
            .anchors(Anchors::only(ca.certificate().clone()))
            .check(check.build().unwrap())
            .build()
            .unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        let code = policy
            .verify(&Peer::new(&[leaf], &name))
            .err()
            .map(|refusal| refusal.code());
        assert_eq!(code, is_revoked.then_some(Code::Revoked), "{serial:x?}");
    }
}

#[test]
fn a_list_that_names_another_key_of_the_issuers_name_is_distinguished_from_one_with_a_bad_signature()
 {
    let (ca, made_again) = (TestCa::named("root"), TestCa::named("root"));
    let leaf = ca.issue(Recipe::for_host(HOST));
    let list = made_again.crl(CrlRecipe::new().authority_key([7; 20]));
    assert_eq!(
        reason_of(&ca, &leaf, &[list]),
        missing("the revocation list from lists is signed by another key under the issuer's name")
    );
}
