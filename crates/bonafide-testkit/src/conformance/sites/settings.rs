//! Sites whose verdict takes more than a root: pins, revocation lists, logs, a client
//! certificate.

use super::{Showing, good};
use crate::certificate::{Identity, Moment, Recipe, TestCa, TestLog};
use crate::conformance::family::{Family, Needs};
use crate::conformance::site::{ClientSettings, Site};
use crate::revocation::{CrlRecipe, OcspRecipe, OcspStatus};

pub(super) fn sites(root: &TestCa, issuing: &TestCa) -> Vec<Site> {
    let case = Showing {
        root,
        family: Family::Certificate,
    };
    let mut sites = pins(case, issuing);
    sites.extend(revocation(case, issuing));
    sites.extend(transparency(case, issuing));
    sites.extend(client_certificates(case, issuing));
    sites
}

fn pins(case: Showing<'_>, issuing: &TestCa) -> Vec<Site> {
    let pin = ClientSettings {
        pin: Some(TestCa::new().spki_pin()),
        ..ClientSettings::default()
    };
    vec![
        case.reject(
            "pinning-test",
            issuing.issue(good()),
            "none of its keys is the pinned one",
        )
        .with_settings(Needs::Pin, pin),
    ]
}

fn revocation(case: Showing<'_>, issuing: &TestCa) -> Vec<Site> {
    const WHY: &str = "its issuer has revoked it: the key may be in other hands";
    let (standing, revoked) = (issuing.issue(good()), issuing.issue(good()));
    let lists = ClientSettings {
        crls_pem: Some(format!(
            "{}{}",
            issuing.crl_pem(CrlRecipe::new().revoke(&revoked)),
            case.root.crl_pem(CrlRecipe::new())
        )),
        ..ClientSettings::default()
    };
    let stapling = |identity: &Identity, status| {
        let response = issuing.ocsp(identity.leaf(), OcspRecipe::new().status(status));
        identity.with_ocsp_staple(response)
    };
    vec![
        case.accept(
            "not-revoked",
            standing.clone(),
            "a list of its issuer that has others",
        )
        .with_settings(Needs::Revocation, lists.clone()),
        case.accept(
            "stapled",
            stapling(&standing, OcspStatus::Good),
            "it staples a response of its issuer that it is good",
        )
        .needing(Needs::Revocation),
        case.reject("revoked", revoked.clone(), WHY)
            .with_settings(Needs::Revocation, lists),
        case.reject(
            "revoked-stapled",
            stapling(&revoked, OcspStatus::Revoked),
            WHY,
        )
        .needing(Needs::Revocation),
        case.reject(
            "must-staple",
            issuing.issue(good().must_staple()),
            "it requires a staple and is sent without one: a thief of its key would leave the staple out",
        )
        .needing(Needs::Revocation),
    ]
}

fn transparency(case: Showing<'_>, issuing: &TestCa) -> Vec<Site> {
    let logs = ["first", "second"].map(|name| TestLog::new(name, format!("operator of {name}")));
    let list = ClientSettings {
        log_list: Some(TestLog::log_list(&logs, Moment::now())),
        ..ClientSettings::default()
    };
    vec![
        case.accept(
            "sct",
            issuing.issue(good().logged_in(&logs)),
            "two logs of two operators have seen it",
        )
        .with_settings(Needs::Transparency, list.clone()),
        case.reject(
            "no-sct",
            issuing.issue(good()),
            "it is in no log, so its issuance could not be noticed",
        )
        .with_settings(Needs::Transparency, list),
    ]
}

fn client_certificates(case: Showing<'_>, issuing: &TestCa) -> Vec<Site> {
    let clients = TestCa::named("bonafide test badssl clients");
    let identity = clients.issue(Recipe::for_host("badssl-client").client());
    let settings = ClientSettings {
        identity: Some(identity),
        ..ClientSettings::default()
    };
    vec![
        case.accept(
            "client",
            issuing.issue(good()),
            "it asks for a client certificate, and the client has one",
        )
        .demanding_clients_of(&clients)
        .with_settings(Needs::ClientCertificate, settings),
        case.reject(
            "client-cert-missing",
            issuing.issue(good()),
            "it demands a client certificate, and the client has none",
        )
        .demanding_clients_of(&clients)
        .needing(Needs::ClientCertificate),
    ]
}
