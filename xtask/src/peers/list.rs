//! `.ci/peers`, read: one peer a line.

use std::fmt;

use super::PeersError;

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// What tests call it.
    pub(super) name: String,
    /// The name of its file.
    pub(super) program: String,
    /// Where it is from.
    pub(super) origin: Origin,
}

/// What a peer is installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A Debian package.
    Apt(String),
    /// A virtual environment with the versions of a file, by its path in the repository.
    Pip(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apt(package) => write!(f, "Debian package {package}"),
            Self::Pip(versions) => write!(f, "versions of {versions}"),
        }
    }
}

/// The lines of the list.
///
/// # Errors
/// [`PeersError::Line`] for one that is not a name, a program and an origin.
pub(super) fn parse(list: &str) -> Result<Vec<Listed>, PeersError> {
    (1..)
        .zip(list.lines())
        .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
        .map(|(number, line)| listed(line).ok_or(PeersError::Line(number)))
        .collect()
}

fn listed(line: &str) -> Option<Listed> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[name, program, origin] = words.as_slice() else {
        return None;
    };
    let origin = match origin.split_once(':')? {
        ("apt", package) => Origin::Apt(package.to_owned()),
        ("pip", versions) => Origin::Pip(format!(".ci/{versions}.txt")),
        _ => return None,
    };
    Some(Listed {
        name: name.to_owned(),
        program: program.to_owned(),
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_name_a_program_and_an_origin() {
        let list = "# about\n\napache  apache2  apt:apache2\nhttpbin gunicorn pip:httpbin\n";
        let peer = |name: &str, program: &str, origin| Listed {
            name: name.to_owned(),
            program: program.to_owned(),
            origin,
        };
        assert_eq!(
            parse(list).unwrap(),
            [
                peer("apache", "apache2", Origin::Apt("apache2".to_owned())),
                peer(
                    "httpbin",
                    "gunicorn",
                    Origin::Pip(".ci/httpbin.txt".to_owned())
                ),
            ]
        );
    }

    #[test]
    fn another_line_is_refused_by_its_number() {
        for line in [
            "nginx nginx",
            "nginx nginx nginx",
            "nginx nginx npm:nginx",
            "nginx nginx apt:nginx more",
        ] {
            let error = parse(&format!("# about\n{line}\n")).unwrap_err();
            assert!(matches!(error, PeersError::Line(2)), "{line}: {error:?}");
        }
    }
}
