//! What a client has done with all sites.

use std::fmt;

use super::family::{Family, Verdict};
use super::site::Site;

/// The outcome of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Judgement {
    /// The client accepted it, by its result or by its actions.
    Accepted,
    /// The client refuses it, with these words of its own.
    Rejected(String),
    /// The client failed without having begun, with these words: that says nothing about
    /// the site.
    NeverBegan(String),
    /// The client has not come to an end in time.
    Stalled,
}

/// One site and its outcome.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// The name of the site.
    pub name: &'static str,
    /// What it is about.
    pub family: Family,
    /// What a client must do with it.
    pub verdict: Verdict,
    /// What is special about it.
    pub why: &'static str,
    /// What this one has done.
    pub judgement: Judgement,
}

impl Trial {
    pub(super) fn of(site: &Site, judgement: Judgement) -> Self {
        Self {
            name: site.name,
            family: site.family,
            verdict: site.verdict,
            why: site.why,
            judgement,
        }
    }

    /// Whether the client has done what it must.
    pub fn is_right(&self) -> bool {
        matches!(
            (self.verdict, &self.judgement),
            (Verdict::Accept, Judgement::Accepted) | (Verdict::Reject, Judgement::Rejected(_))
        )
    }
}

/// What a client has done with the sites that it was led to.
///
/// ```
/// use bonafide_testkit::conformance;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// // A client that does nothing at all refuses nothing either.
/// let report = conformance::run(|_| async { Err::<(), _>("not built yet") }).await;
/// assert!(!report.is_clean());
/// assert!(report.wrongly_accepted().is_empty());
/// assert_eq!(report.undecided().len(), report.trials().len());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Report(Vec<Trial>);

impl Report {
    pub(super) fn new(trials: Vec<Trial>) -> Self {
        Self(trials)
    }

    /// All trials, in their order.
    pub fn trials(&self) -> &[Trial] {
        &self.0
    }

    /// Whether the client has done everywhere what it must.
    pub fn is_clean(&self) -> bool {
        self.0.iter().all(Trial::is_right)
    }

    /// The sites that the client accepts and must not.
    pub fn wrongly_accepted(&self) -> Vec<&Trial> {
        self.those(|trial| {
            trial.verdict == Verdict::Reject && trial.judgement == Judgement::Accepted
        })
    }

    /// The sites that the client must accept and refuses: as long as there is one, its
    /// refusals say nothing.
    pub fn wrongly_rejected(&self) -> Vec<&Trial> {
        self.those(|trial| {
            trial.verdict == Verdict::Accept && matches!(trial.judgement, Judgement::Rejected(_))
        })
    }

    /// The sites that the client has come to no verdict about.
    pub fn undecided(&self) -> Vec<&Trial> {
        self.those(|trial| {
            matches!(
                trial.judgement,
                Judgement::NeverBegan(_) | Judgement::Stalled
            )
        })
    }

    pub(super) fn without(&self, names: &[&str]) -> Self {
        let others = self.0.iter().filter(|trial| !names.contains(&trial.name));
        Self(others.cloned().collect())
    }

    fn those(&self, of_kind: impl Fn(&Trial) -> bool) -> Vec<&Trial> {
        self.0.iter().filter(|trial| of_kind(trial)).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return write!(f, "all {} sites got the verdict that is due", self.0.len());
        }
        let refused = self.wrongly_rejected();
        section(
            f,
            "refuses what it must accept, so that its refusals say nothing",
            &refused,
        )?;
        section(f, "has wrongly accepted", &self.wrongly_accepted())?;
        section(f, "came to no verdict about", &self.undecided())
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, trials: &[&Trial]) -> fmt::Result {
    if trials.is_empty() {
        return Ok(());
    }
    writeln!(f, "the client {title}:")?;
    for trial in trials {
        write!(f, "  {} ({}): {}", trial.name, trial.family, trial.why)?;
        match &trial.judgement {
            Judgement::Accepted => writeln!(f)?,
            Judgement::Rejected(said) => writeln!(f, " [it said: {said}]")?,
            Judgement::NeverBegan(said) => {
                writeln!(f, " [it never sent a ClientHello, and said: {said}]")?;
            }
            Judgement::Stalled => writeln!(f, " [it did not end in time]")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(verdict: Verdict, judgement: Judgement) -> Trial {
        Trial {
            name: "a-site",
            family: Family::Certificate,
            verdict,
            why: "there is a reason",
            judgement,
        }
    }

    #[test]
    fn only_a_refusal_by_a_client_that_has_begun_is_right_for_a_bad_site() {
        let is_right = |judgement| trial(Verdict::Reject, judgement).is_right();
        assert!(is_right(Judgement::Rejected("no".into())));
        assert!(!is_right(Judgement::Accepted));
        assert!(!is_right(Judgement::NeverBegan("no route".into())));
        assert!(!is_right(Judgement::Stalled));
    }

    #[test]
    fn the_report_names_the_site_and_why_and_what_was_said() {
        let report = Report::new(vec![
            trial(Verdict::Accept, Judgement::Rejected("bad day".into())),
            trial(Verdict::Reject, Judgement::Accepted),
            trial(Verdict::Reject, Judgement::NeverBegan("no route".into())),
        ]);
        assert_eq!(
            report.to_string(),
            "the client refuses what it must accept, so that its refusals say nothing:\n  \
             a-site (certificate): there is a reason [it said: bad day]\n\
             the client has wrongly accepted:\n  \
             a-site (certificate): there is a reason\n\
             the client came to no verdict about:\n  \
             a-site (certificate): there is a reason [it never sent a ClientHello, and said: no route]\n"
        );
    }
}
