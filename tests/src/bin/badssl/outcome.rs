//! What a client has done.

use std::fmt;

use bonafide_testkit::conformance::Judgement;

/// What a client says when it has not got something.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// Its own short name for the reason.
    pub(crate) code: Option<String>,
    /// All of it.
    pub(crate) text: String,
}

/// What became of a case with one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    /// With the client's own short name for the reason, where it has one.
    Refused(Option<String>),
    /// The server, or the client, is a program that is missing.
    Skipped(&'static str),
    /// It says nothing about the case.
    Undecided(String),
}

impl Outcome {
    /// By what the client says and what the servers have seen.
    pub(crate) fn of(judgement: Judgement, code: Option<String>) -> Self {
        match judgement {
            Judgement::Accepted => Self::Accepted,
            Judgement::Rejected(_) => Self::Refused(code),
            // A client may refuse without a packet, when a URL is enough: then it has a code for
            // that.
            Judgement::NeverBegan(_) if code.is_some() => Self::Refused(code),
            Judgement::NeverBegan(said) => Self::Undecided(said),
            other => Self::Undecided(format!("{other:?}")),
        }
    }

    /// By what the client says alone.
    pub(crate) fn by_word(said: Result<(), Said>) -> Self {
        match said {
            Ok(()) => Self::Accepted,
            Err(said) => Self::Refused(said.code),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.pad("accept"),
            Self::Refused(Some(code)) => f.pad(&format!("refuse {code}")),
            Self::Refused(None) => f.pad("refuse"),
            Self::Skipped(program) => f.pad(&format!("skipped: {program} not found")),
            Self::Undecided(why) => f.pad(&format!("undecided: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_never_began_has_refused_only_if_it_has_a_code_for_it() {
        let never = || Judgement::NeverBegan("no route".to_owned());
        assert_eq!(
            Outcome::of(never(), None),
            Outcome::Undecided("no route".to_owned())
        );
        let code = Some("BF-PLAIN-HTTP".to_owned());
        assert_eq!(Outcome::of(never(), code.clone()), Outcome::Refused(code));
    }

    #[test]
    fn what_the_servers_have_seen_outweighs_what_the_client_says() {
        let code = Some("BF-EXPIRED".to_owned());
        assert_eq!(Outcome::of(Judgement::Accepted, code), Outcome::Accepted);
    }
}
