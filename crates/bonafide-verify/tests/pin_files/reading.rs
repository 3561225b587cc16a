//! What is read.

use std::fs;

use bonafide_verify::effective::Description;
use bonafide_verify::files::LoadProblem;
use bonafide_verify::pins::{PinFileError, PinFileProblem};
use bonafide_verify::x509::PinError;
use bonafide_verify::{ConfigError, PinSet, Pins};

use crate::{at, file, key, set, with};

#[test]
fn a_file_is_the_set_that_it_says_in_both_formats() {
    assert_eq!(PinSet::from_toml(file()).unwrap(), set());
    let json = r#"{
        "version": 1,
        "count": 2,
        "hosts": [
            {
                "host": "api.example.com",
                "mode": "report-only",
                "backup": "waived",
                "expires": "never",
                "pins": [
                    { "role": "any", "pin": "0303030303030303030303030303030303030303030303030303030303030303" }
                ]
            },
            {
                "host": "**.EXAMPLE.com",
                "mode": "enforce",
                "backup": "required",
                "expires": "2027-06-30T02:00:00+02:00",
                "on-expiry": "refuse",
                "pins": [
                    { "role": "ca", "pin": "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=" },
                    { "role": "leaf", "pin": "sha256/AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=" }
                ]
            }
        ]
    }"#;
    assert_eq!(PinSet::from_json(json).unwrap(), set());
}

#[test]
fn what_is_written_reads_as_people_write_it() {
    let toml = "\
version = 1
count = 2

[[hosts]]
host = \"api.example.com\"
mode = \"report-only\"
backup = \"waived\"
expires = \"never\"
pins = [
    { role = \"any\", pin = \"sha256/AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=\" },
]

[[hosts]]
host = \"**.example.com\"
expires = \"2027-06-30T00:00:00Z\"
on-expiry = \"refuse\"
pins = [
    { role = \"ca\", pin = \"sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\" },
    { role = \"leaf\", pin = \"sha256/AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\" },
]
";
    assert_eq!(set().to_toml(), toml);
}

#[test]
fn files_are_read_by_their_extension_and_named_in_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("pins.toml"), file()).unwrap();
    fs::write(path("pins.json"), set().to_json()).unwrap();
    for name in ["pins.toml", "pins.json"] {
        let read = PinSet::from_file(path(name)).unwrap();
        assert_eq!(read, set());
        let mut description = Description::default();
        bonafide_verify::Check::describe(&read, &mut description);
        assert_eq!(description.files().collect::<Vec<_>>(), [path(name)]);
        let expiries: Vec<_> = description
            .expiries()
            .iter()
            .map(|expiry| (expiry.what.as_str(), expiry.at))
            .collect();
        assert_eq!(expiries, [("**.example.com", at(1_814_313_600))]);
    }
    let problem = |name: &str| -> PinFileError {
        let error = PinSet::from_file(path(name)).unwrap_err();
        assert_eq!(error.file(), path(name).display().to_string());
        error
    };
    fs::write(path("pins.yaml"), file()).unwrap();
    assert!(matches!(
        problem("pins.yaml").problem(),
        PinFileProblem::UnknownFormat
    ));
    fs::write(path("bad.toml"), with(7, "on-expiry = 1")).unwrap();
    assert_eq!(problem("bad.toml").line(), Some(7));
    match problem("none.toml").problem() {
        PinFileProblem::Read(LoadProblem::Io(error)) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
        other => panic!("{other:?}"),
    }
    fs::create_dir(path("folder.toml")).unwrap();
    assert!(matches!(
        problem("folder.toml").problem(),
        PinFileProblem::Read(LoadProblem::IsADirectory)
    ));
}

#[test]
fn a_host_has_the_entries_of_all_patterns_that_match_it() {
    let entry = |pattern: &str| {
        Pins::for_host(pattern)
            .ca(key(1))
            .ca(key(2))
            .never_expires()
            .build()
            .unwrap()
    };
    let patterns = [
        "**.example.com",
        "*.example.com",
        "api.example.com",
        "**.api.example.com",
        "example.com",
        "192.0.2.1",
        "2001:db8::1",
        "**.test",
    ];
    let set = PinSet::new(patterns.map(entry)).unwrap();
    let of = |host: &str| -> Vec<String> {
        let mut names: Vec<_> = set
            .for_host(host)
            .map(|entry| entry.pattern().to_string())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        of("api.example.com"),
        [
            "**.api.example.com",
            "**.example.com",
            "*.example.com",
            "api.example.com"
        ]
    );
    assert_eq!(of("example.com"), ["**.example.com", "example.com"]);
    assert_eq!(of("a.b.example.com"), ["**.example.com"]);
    assert_eq!(of("192.0.2.1"), ["192.0.2.1"]);
    assert_eq!(of("2001:db8::1"), ["2001:db8::1"]);
    assert_eq!(of("0.2.1"), [""; 0]);
    assert_eq!(of("badexample.com"), [""; 0]);
    let twice = PinSet::new([entry("a.example.com"), entry("A.example.com")]);
    match twice {
        Err(ConfigError::Pin(PinError::DuplicateHost { pattern })) => {
            assert_eq!(pattern.to_string(), "a.example.com");
        }
        other => panic!("{other:?}"),
    }
}
