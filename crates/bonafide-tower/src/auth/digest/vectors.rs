//! The examples of RFC 7616 and RFC 2617.

use http::Method;

use super::offer::Offer;
use super::session::{Sent, Session};
use super::tests::challenges;

const OTHER_CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

/// The first answer to `challenge`, with a given cnonce.
fn answer(user: &str, password: &str, challenge: &str, target: &str, cnonce: &str) -> String {
    let offer = Offer::strongest(&challenges(&[challenge]))
        .unwrap()
        .unwrap();
    let kept = || Ok(cnonce.to_owned());
    let session = Session::new(offer, user, &password.into(), kept).unwrap();
    let sent = Sent {
        nc: session.count().unwrap(),
        cnonce: cnonce.to_owned(),
        target: target.to_owned(),
    };
    let value = session.answer(user, &Method::GET, &sent).unwrap();
    assert!(value.is_sensitive());
    value.to_str().unwrap().to_owned()
}

#[test]
fn the_example_of_rfc_7616_with_sha_256_and_md5_is_answered() {
    // Section 3.9.1.
    let challenge = |algorithm| {
        format!(
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
             nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        )
    };
    for (algorithm, response) in [
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ] {
        let answer = answer(
            "Mufasa",
            "Circle of Life",
            &challenge(algorithm),
            "/dir/index.html",
            OTHER_CNONCE,
        );
        assert_eq!(
            answer,
            format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 uri=\"/dir/index.html\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, \
                 cnonce=\"{OTHER_CNONCE}\", qop=auth, response=\"{response}\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        );
    }
}

#[test]
fn the_example_of_rfc_7616_with_sha_512_256_is_answered_as_its_erratum_has_it() {
    // Section 3.9.2 and erratum 4897: the RFC itself has SHA-512 cut to 256 bits.
    let challenge = |userhash| {
        format!(
            "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, \
             nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
             opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8{userhash}"
        )
    };
    for (userhash, user, mark) in [
        (
            ", userhash=true",
            "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\"",
            ", userhash=true",
        ),
        ("", "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe", ""),
    ] {
        let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
        let answer = answer(
            "J\u{e4}s\u{f8}n Doe",
            "Secret, or not?",
            &challenge(userhash),
            "/doe.json",
            cnonce,
        );
        assert_eq!(
            answer,
            format!(
                "Digest {user}, realm=\"api@example.org\", uri=\"/doe.json\", \
                 algorithm=SHA-512-256, nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", \
                 nc=00000001, cnonce=\"{cnonce}\", qop=auth, \
                 response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\", \
                 opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\"{mark}"
            )
        );
    }
}

#[test]
fn the_example_of_rfc_2617_is_answered_and_names_no_algorithm() {
    // Section 3.5.
    let answer = answer(
        "Mufasa",
        "Circle Of Life",
        "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
         nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        "/dir/index.html",
        "0a4f113b",
    );
    assert_eq!(
        answer,
        "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", uri=\"/dir/index.html\", \
         nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", nc=00000001, cnonce=\"0a4f113b\", qop=auth, \
         response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""
    );
}
