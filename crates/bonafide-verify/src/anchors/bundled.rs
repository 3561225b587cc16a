//! Mozilla's roots, compiled in.

use super::origin::{Origin, Origins};
use super::set::Loading;
use crate::files::load_report::SourceReport;

pub(super) fn load(set: &mut Loading) {
    let origins = Origins::one(Origin::Bundled);
    let location = origins.own.to_string();
    let mut report = SourceReport::new(&location);
    for (index, certificate) in webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().enumerate() {
        set.add(
            certificate.clone(),
            index + 1,
            &origins,
            &location,
            &mut report,
        );
    }
    set.report(report);
}
