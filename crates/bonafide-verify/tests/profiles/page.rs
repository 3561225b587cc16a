//! docs/profiles.md lists the rules that there are.

use std::fmt::Write as _;

use bonafide_verify::Profile;

const PAGE: &str = include_str!("../../../../docs/profiles.md");

/// The table of a profile, without the rules of the profile that it builds on.
fn table(profile: Profile, base: Option<Profile>) -> String {
    let mut table = String::from("| code | clause | rule |\n|---|---|---|\n");
    let inherited = base.map_or(0, |base| base.rules().count());
    for rule in profile.rules().skip(inherited) {
        let (code, clause, summary) = (rule.code(), rule.clause(), rule.summary());
        writeln!(
            table,
            "| [{code}](codes/{code}.md) | {clause} | {summary} |"
        )
        .unwrap();
    }
    table
}

#[test]
fn the_page_of_profiles_lists_every_rule() {
    for (profile, base) in [
        (Profile::Browser, None),
        (Profile::WebPki, None),
        (Profile::WebPkiIssuance, Some(Profile::WebPki)),
        (Profile::Rfc5280, None),
    ] {
        let table = table(profile, base);
        assert!(
            PAGE.contains(&table),
            "docs/profiles.md lacks the table of {profile:?}:\n{table}"
        );
    }
}
