//! Revocation lists and OCSP responses, with a certificate that they speak of.

use bonafide_testkit::certificate::ExtendedKeyUsage;
use bonafide_testkit::revocation::{CrlScope, OcspHash, OcspRecipe, OcspStatus};
use bonafide_testkit::{CrlRecipe, Moment, Recipe, TestCa};

use super::case::Part;
use super::{SeedError, Seeds, peer};

const HOST: &str = "api.test";

/// Lists of every shape that the testkit issues.
pub(super) fn lists(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let root = TestCa::new();
    let leaf = root.issue(Recipe::for_host(HOST));
    let long = (0..40_u8).fold(CrlRecipe::new(), |recipe, serial| {
        recipe.revoke_serial([serial + 1; 16])
    });
    let recipes = [
        ("empty", CrlRecipe::new()),
        ("revoked", CrlRecipe::new().revoke(&leaf)),
        ("long", long),
        ("no-next-update", CrlRecipe::new().without_next_update()),
        (
            "stale",
            CrlRecipe::new().next_update(Moment::now() - std::time::Duration::from_secs(60)),
        ),
        ("no-number", CrlRecipe::new().without_number()),
        ("users", CrlRecipe::new().only(CrlScope::UserCertificates)),
        (
            "point",
            CrlRecipe::new().distribution_point("http://crl.test/list"),
        ),
        ("reasons", CrlRecipe::new().some_reasons()),
        ("indirect", CrlRecipe::new().indirect()),
        ("delta", CrlRecipe::new().delta()),
        ("unknown", CrlRecipe::new().unknown_extension(true)),
        (
            "unknown-entry",
            CrlRecipe::new().revoke(&leaf).unknown_entry_extension(true),
        ),
        ("bad-signature", CrlRecipe::new().bad_signature()),
    ];
    for (name, recipe) in recipes {
        let list = root.crl(recipe.clone());
        let chain = leaf.chain().iter().map(|certificate| certificate.as_ref());
        let mut case = peer(HOST, [root.certificate().as_ref()], chain);
        case.parts.push((Part::List, list.as_ref()));
        seeds.case(name, &case)?;
        let pem = root.crl_pem(recipe);
        case.parts.push((Part::List, pem.as_bytes()));
        seeds.case(&format!("{name}-pem"), &case)?;
    }
    Ok(())
}

/// Responses of every shape that the testkit issues.
pub(super) fn responses(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let root = TestCa::new();
    let leaf = root.issue(Recipe::for_host(HOST).must_staple());
    let responder = root
        .issue(Recipe::for_host("responder").extended_key_usage([ExtendedKeyUsage::OcspSigning]));
    let recipes = [
        ("good", OcspRecipe::new()),
        ("revoked", OcspRecipe::new().status(OcspStatus::Revoked)),
        ("unknown", OcspRecipe::new().status(OcspStatus::Unknown)),
        ("sha256", OcspRecipe::new().hash(OcspHash::Sha256)),
        ("by-key", OcspRecipe::new().by_key()),
        ("responder", OcspRecipe::new().responder(&responder)),
        (
            "responder-by-key",
            OcspRecipe::new().responder(&responder).by_key(),
        ),
        ("no-next-update", OcspRecipe::new().without_next_update()),
        ("error", OcspRecipe::new().error(3)),
        ("extension", OcspRecipe::new().unknown_extension(true)),
        ("bad-signature", OcspRecipe::new().bad_signature()),
    ];
    for (name, recipe) in recipes {
        let response = root.ocsp(leaf.leaf(), recipe);
        let chain = leaf.chain().iter().map(|certificate| certificate.as_ref());
        let mut case = peer(HOST, [root.certificate().as_ref()], chain);
        case.parts.push((Part::Staple, &response));
        seeds.case(name, &case)?;
    }
    Ok(())
}
