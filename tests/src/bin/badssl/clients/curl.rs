//! curl, as it is installed.

use bonafide_testkit::conformance::{Needs, Target};
use bonafide_tests::{Curl, CurlRequest};

use super::Client;
use crate::outcome::Said;

impl Client for Curl {
    async fn visit(&self, target: &Target, needs: Needs) -> Result<(), Said> {
        for url in [Some(&target.url), target.then.as_ref()]
            .into_iter()
            .flatten()
        {
            let request = CurlRequest {
                url,
                ca_pem: &target.root_pem,
                crls_pem: target.crls_pem.as_deref(),
                staple: needs == Needs::Revocation && target.crls_pem.is_none(),
                pin: target.pin.as_deref(),
                identity: target.identity.as_ref(),
            };
            self.get(request).await.map_err(|text| Said {
                code: number(&text),
                text,
            })?;
        }
        Ok(())
    }
}

/// The exit code, from `curl: (60) SSL certificate problem: …`.
fn number(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("curl: ")?;
    let (number, _) = rest.split_once(' ')?;
    Some(number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_read_from_what_curl_says() {
        assert_eq!(
            number("curl: (60) SSL certificate problem"),
            Some("(60)".to_owned())
        );
        assert_eq!(number("nothing of the kind"), None);
    }
}
