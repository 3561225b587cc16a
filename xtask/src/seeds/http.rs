//! What a server writes into a response: cookies, challenges, encoded bodies.

use super::{SeedError, Seeds};

/// Steps of a jar: how and where from, as the target reads it, and a field.
pub(super) fn cookies(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    for (name, steps) in [
        (
            "plain",
            "0a=1\n1b=2; Path=/a\n2c=3; HttpOnly; SameSite=Lax\n",
        ),
        (
            "domain",
            "0a=1; Domain=shop.co.uk\n2b=2; Domain=.shop.co.uk; Path=/\n0c=3; Domain=co.uk\n",
        ),
        (
            "suffix",
            "3a=1; Domain=co.uk\n4b=2; Domain=github.io\n5c=3; Domain=two.github.io\n",
        ),
        (
            "prefix",
            "0__Host-a=1; Secure; Path=/\n0__Secure-b=2; Secure\n1__Host-c=3; Path=/\n",
        ),
        (
            "secure",
            "0a=1; Secure; Path=/\n1a=2; Path=/\n1b=3; Secure\n",
        ),
        (
            "ends",
            "0a=1; Max-Age=60\n0b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT\n0a=; Max-Age=0\n",
        ),
        (
            "parted",
            "0a=1\n8a=2\n9b=3; Path=/\n@a=4; Domain=shop.co.uk\n",
        ),
        (
            "addresses",
            "6a=1; Domain=192.0.2.7\n7b=2; Domain=localhost\n",
        ),
    ] {
        seeds.raw(name, steps.as_bytes())?;
    }
    Ok(())
}

/// Challenges of two responses, and the proof of a third.
pub(super) fn challenges(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    let digest = |algorithm: &str| {
        format!(
            "Digest realm=\"a, b\", nonce=\"n\\\"once\", opaque=\"o\", qop=\"auth, auth-int\", \
             algorithm={algorithm}, userhash=true, charset=UTF-8"
        )
    };
    let stale = "Digest realm=\"a\", nonce=\"new\", qop=auth, stale=true, algorithm=SHA-256";
    let proof = "nextnonce=\"next\", qop=auth, rspauth=\"00\", cnonce=\"c\", nc=00000001";
    for (name, parts) in [
        ("md5", [digest("MD5"), stale.to_owned(), proof.to_owned()]),
        (
            "session",
            [digest("SHA-256-sess"), stale.to_owned(), proof.to_owned()],
        ),
        (
            "several",
            [
                format!("Basic realm=x, {}\nBearer", digest("SHA-512-256")),
                "Basic realm=x".to_owned(),
                String::new(),
            ],
        ),
        (
            "downgrade",
            [digest("SHA-256"), digest("MD5"), proof.to_owned()],
        ),
        (
            "loose",
            [
                "Negotiate YII=, Digest realm=a b nonce=c , , NTLM".to_owned(),
                "Digest realm=\"a".to_owned(),
                "rspauth".to_owned(),
            ],
        ),
    ] {
        seeds.raw(name, parts.join("\0").as_bytes())?;
    }
    Ok(())
}

/// `hello`, as each coding writes it.
const HELLO: [(&str, u8, &[u8]); 5] = [
    (
        "gzip",
        0,
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0",
    ),
    ("deflate", 1, b"\xcbH\xcd\xc9\xc9\x07\0"),
    (
        "zlib",
        1,
        b"\x78\x9c\xcbH\xcd\xc9\xc9\x07\0\x06\x2c\x02\x15",
    ),
    ("br", 2, b"\x0b\x02\x80hello\x03"),
    ("zstd", 3, b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0hello"),
];

/// Bodies of each coding, of several members, and of one coding on top of another.
pub(super) fn bodies(seeds: &Seeds<'_>) -> Result<(), SeedError> {
    for (name, coding, body) in HELLO {
        // Two bytes go first: the codings, and how many there are and how the body is cut.
        seeds.raw(name, &[&[coding, 0], body].concat())?;
        seeds.raw(
            &format!("{name}-in-pieces"),
            &[&[coding, 9 << 2], body].concat(),
        )?;
        seeds.raw(
            &format!("{name}-twice"),
            &[&[coding, 0], body, body].concat(),
        )?;
        seeds.raw(
            &format!("{name}-filled-up"),
            &[&[coding, 0], body, &[0; 8]].concat(),
        )?;
        let stacked = [&[coding | 3 << 2, 1], &*zstd(body)].concat();
        seeds.raw(&format!("{name}-in-zstd"), &stacked)?;
        let four = [&[coding | 0b1111_1100, 3], &*zstd(&zstd(&zstd(body)))].concat();
        seeds.raw(&format!("{name}-in-three"), &four)?;
    }
    // A kilobyte of zeros in six bytes of a block.
    let repeated = b"\x28\xb5\x2f\xfd\x60\0\x03\x03\x20\0\0";
    seeds.raw("zstd-repeated", &[&[3, 0], &repeated[..]].concat())?;
    let all_fields = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff\x02\0xyname\0comment\0\x12\x34\x03\0\0\0\0\0";
    seeds.raw("gzip-fields", &[&[0, 0], &all_fields[..]].concat())
}

/// A frame with one block that holds `data` as it is, which has less than 256 bytes.
fn zstd(data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    let data = &data[..usize::from(length)];
    let block = (u32::from(length) << 3 | 1).to_le_bytes();
    [b"\x28\xb5\x2f\xfd\x20", &[length][..], &block[..3], data].concat()
}
