//! Mozilla's roots, compiled in.

use std::sync::Arc;

use super::origin::Origin;
use super::set::Loading;
use crate::load_report::SourceReport;

pub(super) fn load(set: &mut Loading) {
    let origin = Arc::new(Origin::Bundled);
    let location = origin.to_string();
    let mut report = SourceReport::new(&location);
    for (index, certificate) in webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().enumerate() {
        set.add(
            certificate.clone(),
            index + 1,
            &origin,
            &location,
            &mut report,
        );
    }
    set.report(report);
}
