//! Stores that are not as they were written.

use bonafide_verify::first_use::{FileFirstUse, FirstUse, FirstUseError, KnownKey, StoreFault};
use bonafide_verify::x509::SpkiSha256;

const TITLE: &str = "bonafide first use, version 1\n";
const KEY: &str = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const TIME: &str = "2026-11-24T13:41:56Z";

fn host(found: &str) -> StoreFault {
    StoreFault::Host {
        found: found.to_owned(),
    }
}

fn key(found: &str) -> StoreFault {
    StoreFault::Key {
        found: found.to_owned(),
    }
}

fn time(found: &str) -> StoreFault {
    StoreFault::Time {
        found: found.to_owned(),
    }
}

fn version(found: &str) -> StoreFault {
    StoreFault::Version {
        found: found.to_owned(),
    }
}

#[test]
fn a_damaged_store_is_refused_with_its_line_and_nothing_is_written_to_it() {
    let entry = format!("a.test {KEY} {TIME}\n");
    let title = |rest: &str| format!("{TITLE}{rest}");
    let line = |line: &str| format!("{TITLE}b.test {KEY} {TIME}\n{line}\nend\n");
    let repeated = StoreFault::Repeated {
        host: "a.test".to_owned(),
    };
    // the file, the line at fault, the fault
    let table: Vec<(Vec<u8>, usize, StoreFault)> = [
        // Its beginning.
        (String::new(), 1, StoreFault::Title),
        ("\n".to_owned(), 1, StoreFault::Title),
        ("end\n".to_owned(), 1, StoreFault::Title),
        (entry.clone(), 1, StoreFault::Title),
        (format!("\u{feff}{TITLE}end\n"), 1, StoreFault::Title),
        (
            "bonafide first use, version \nend\n".to_owned(),
            1,
            version(""),
        ),
        (
            "bonafide first use, version 2\nend\n".to_owned(),
            1,
            version("2"),
        ),
        (
            "bonafide first use, version 1\r\nend\r\n".to_owned(),
            1,
            version("1\\r"),
        ),
        // Its end.
        (TITLE.trim_end().to_owned(), 1, StoreFault::CutShort),
        (title(""), 2, StoreFault::CutShort),
        (title(&entry), 3, StoreFault::CutShort),
        (title(entry.trim_end()), 2, StoreFault::CutShort),
        (title(&format!("{entry}end")), 3, StoreFault::CutShort),
        (title("end\n\n"), 3, StoreFault::AfterEnd),
        (title(&format!("end\n{entry}")), 3, StoreFault::AfterEnd),
        // A line as a whole.
        (line(""), 3, StoreFault::Fields),
        (line("# a comment"), 3, host("#")),
        (line("a.test"), 3, StoreFault::Fields),
        (line(&format!("a.test {KEY}")), 3, StoreFault::Fields),
        (
            line(&format!("a.test  {KEY} {TIME}")),
            3,
            StoreFault::Fields,
        ),
        (
            line(&format!("a.test {KEY} {TIME} ")),
            3,
            StoreFault::Fields,
        ),
        (
            line(&format!(" a.test {KEY} {TIME}")),
            3,
            StoreFault::Fields,
        ),
        (
            line(&format!("a.test\t{KEY}\t{TIME}")),
            3,
            StoreFault::Fields,
        ),
        // Its host.
        (line(&format!("A.test {KEY} {TIME}")), 3, host("A.test")),
        (line(&format!("a.test. {KEY} {TIME}")), 3, host("a.test.")),
        (
            line(&format!("a.test:443 {KEY} {TIME}")),
            3,
            host("a.test:443"),
        ),
        (line(&format!("*.test {KEY} {TIME}")), 3, host("*.test")),
        (line(&format!("[::1] {KEY} {TIME}")), 3, host("[::1]")),
        (
            line(&format!("0:0:0:0:0:0:0:1 {KEY} {TIME}")),
            3,
            host("0:0:0:0:0:0:0:1"),
        ),
        (
            line(&format!("bücher.test {KEY} {TIME}")),
            3,
            host("b\\u{fc}cher.test"),
        ),
        // Its key.
        (
            line(&format!("a.test {HEX} {TIME}")),
            3,
            key("(64 characters)"),
        ),
        (
            line(&format!("a.test sha256/AAAA {TIME}")),
            3,
            key("sha256/AAAA"),
        ),
        (
            line(&format!("a.test {} {TIME}", &KEY[7..])),
            3,
            key("(44 characters)"),
        ),
        // Its time.
        (
            line(&format!("a.test {KEY} yesterday")),
            3,
            time("yesterday"),
        ),
        (
            line(&format!("a.test {KEY} 2026-13-24T13:41:56Z")),
            3,
            time("2026-13-24T13:41:56Z"),
        ),
        (
            line(&format!("a.test {KEY} 1969-12-31T23:59:59Z")),
            3,
            time("1969-12-31T23:59:59Z"),
        ),
        (
            line(&format!("a.test {KEY} 2026-11-24T14:41:56+01:00")),
            3,
            time("2026-11-24T14:41:56+01:00"),
        ),
        (
            line(&format!("a.test {KEY} 2026-11-24T13:41:56.5Z")),
            3,
            time("2026-11-24T13:41:56.5Z"),
        ),
        (
            line(&format!("a.test {KEY} {TIME}\r")),
            3,
            time("2026-11-24T13:41:56Z\\r"),
        ),
        // Twice.
        (line(&format!("{entry}{}", entry.trim_end())), 4, repeated),
    ]
    .into_iter()
    .map(|(text, line, fault)| (text.into_bytes(), line, fault))
    .chain([
        (
            [TITLE.as_bytes(), b"\xff\nend\n"].concat(),
            2,
            StoreFault::NotText,
        ),
        (vec![0; 64], 1, StoreFault::CutShort),
    ])
    .collect();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    let healthy = FileFirstUse::open_or_create(&path).unwrap();
    let known = KnownKey {
        key: SpkiSha256([1; 32]),
        first_seen: bonafide_verify::pki_types::UnixTime::now(),
    };
    for (content, line, fault) in table {
        let shown = String::from_utf8_lossy(&content).into_owned();
        std::fs::write(&path, &content).unwrap();
        for answer in [
            healthy.look_up("a.test").map(drop),
            healthy
                .compare_and_set("c.test", None, Some(known))
                .map(drop),
            healthy.entries().map(drop),
            FileFirstUse::open(&path).map(drop),
            FileFirstUse::open_or_create(&path).map(drop),
        ] {
            match answer {
                Err(FirstUseError::Damaged {
                    path: named,
                    line: at,
                    fault: found,
                }) => assert_eq!((named, at, &found), (path.clone(), line, &fault), "{shown}"),
                other => panic!("{shown}: {other:?}"),
            }
        }
        assert_eq!(std::fs::read(&path).unwrap(), content, "{shown}");
    }
}

#[test]
fn the_error_names_file_line_and_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("devices");
    std::fs::write(
        &path,
        format!("{TITLE}a.test {KEY} {TIME}\nA.test {KEY} {TIME}\nend\n"),
    )
    .unwrap();
    let error = FileFirstUse::open(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the store of known keys {} is damaged at line 3: `A.test` is not a canonical host; write it in lower case, without port, brackets or trailing dot",
            path.display()
        )
    );
}
