//! The instructions of bonafide for each workload, divided by those of bare hyper.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

use super::{CountsError, WRITE, failed};

/// The client that is judged.
const OURS: &str = "bonafide";
/// The one that it is divided by.
const BARE: &str = "raw";

/// A ratio for each workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ratios(pub(super) BTreeMap<String, f64>);

impl Ratios {
    /// Of lines that have a workload, a client and a count each.
    pub(super) fn of_counts(printed: &str) -> Result<Self, CountsError> {
        let mut counts: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for line in printed.lines() {
            let no_count = || CountsError::NoCount(line.to_owned());
            let words: Vec<&str> = line.split_whitespace().collect();
            let [workload, client, count] = words[..] else {
                return Err(no_count());
            };
            let count: u32 = count.parse().map_err(|_| no_count())?;
            if count == 0 {
                return Err(no_count());
            }
            let of_workload = counts.entry(workload).or_default();
            of_workload.insert(client, f64::from(count));
        }
        let ratio = |(workload, clients): (&str, BTreeMap<&str, f64>)| {
            let of = |client| {
                clients
                    .get(client)
                    .copied()
                    .ok_or_else(|| CountsError::NoClient {
                        workload: workload.to_owned(),
                        client,
                    })
            };
            Ok((workload.to_owned(), of(OURS)? / of(BARE)?))
        };
        let ratios: Result<_, CountsError> = counts.into_iter().map(ratio).collect();
        ratios.map(Self)
    }

    /// What a file says.
    pub(super) fn read(file: &Path) -> Result<Self, CountsError> {
        let text = fs::read_to_string(file).map_err(failed(file))?;
        let ratios: BTreeMap<String, f64> =
            toml::from_str(&text).map_err(|source| CountsError::Parse {
                path: file.to_owned(),
                source,
            })?;
        match ratios
            .iter()
            .find(|(_, ratio)| !ratio.is_finite() || **ratio <= 0.0)
        {
            None => Ok(Self(ratios)),
            Some((workload, value)) => Err(CountsError::NoRatio {
                path: file.to_owned(),
                workload: workload.clone(),
                value: *value,
            }),
        }
    }
}

/// The text of the file.
impl fmt::Display for Ratios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# User instructions of a request with bonafide, divided by those with bare hyper.\n\
             # `{WRITE}` writes this file.\n"
        )?;
        for (workload, ratio) in &self.0 {
            writeln!(f, "{workload} = {ratio:.3}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(of: &[(&str, f64)]) -> Ratios {
        Ratios(
            of.iter()
                .map(|(name, ratio)| ((*name).to_owned(), *ratio))
                .collect(),
        )
    }

    #[test]
    fn a_ratio_is_what_bonafide_needs_of_what_bare_hyper_needs() {
        let printed =
            "seq-h1 bonafide 30000\nseq-h1 raw 20000\npar-h2 raw 100\npar-h2 bonafide 120\n";
        assert_eq!(
            Ratios::of_counts(printed).unwrap(),
            ratios(&[("par-h2", 1.2), ("seq-h1", 1.5)])
        );
    }

    #[test]
    fn a_client_that_was_not_counted_is_missed() {
        for (printed, missing) in [("w raw 1\n", OURS), ("w bonafide 1\nw reqwest 1\n", BARE)] {
            let error = Ratios::of_counts(printed).unwrap_err();
            let CountsError::NoClient { workload, client } = error else {
                panic!("{error:?}");
            };
            assert_eq!((workload.as_str(), client), ("w", missing));
        }
    }

    #[test]
    fn what_is_no_count_is_quoted() {
        for line in ["w raw", "w raw many", "w raw 1 2", "w raw 0", "w raw -1"] {
            let error = Ratios::of_counts(line).unwrap_err();
            assert!(
                matches!(&error, CountsError::NoCount(said) if said == line),
                "{error:?}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_again_with_three_decimals() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("instructions.toml");
        fs::write(
            &file,
            ratios(&[("par-h2", 1.0), ("seq-h1", 1.23456)]).to_string(),
        )
        .unwrap();
        assert_eq!(
            Ratios::read(&file).unwrap(),
            ratios(&[("par-h2", 1.0), ("seq-h1", 1.235)])
        );
    }

    #[test]
    fn a_file_without_ratios_is_an_error_that_names_the_command_to_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let file = folder.path().join("instructions.toml");
            fs::write(&file, text).unwrap();
            Ratios::read(&file).unwrap_err()
        };
        let missing = Ratios::read(&folder.path().join("none")).unwrap_err();
        assert!(matches!(missing, CountsError::File { .. }), "{missing:?}");
        let broken = read("seq-h1 = ");
        assert!(matches!(broken, CountsError::Parse { .. }), "{broken:?}");
        let word = read("seq-h1 = \"1.2\"");
        assert!(matches!(word, CountsError::Parse { .. }), "{word:?}");
        for text in [
            "seq-h1 = nan",
            "seq-h1 = 0.0",
            "seq-h1 = -1.2",
            "seq-h1 = inf",
        ] {
            let error = read(text);
            let CountsError::NoRatio { workload, .. } = &error else {
                panic!("{text}: {error:?}");
            };
            assert_eq!(workload, "seq-h1");
        }
        for error in [missing, broken, word] {
            assert!(error.to_string().contains(WRITE), "{error}");
        }
    }
}
