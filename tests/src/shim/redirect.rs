//! Which redirects are followed.

use bonafide::redirect::{Choice, Proposal, Redirects};
use bonafide::{StatusCode, Url};

/// A rule of redirects.
pub struct Policy(Redirects);

/// What a rule of the program's own says.
pub struct Action(Choice);

/// A redirect that could be followed.
pub struct Attempt<'a> {
    status: StatusCode,
    url: &'a Url,
}

impl Policy {
    /// Follows so many.
    pub fn limited(max: usize) -> Self {
        Self(Redirects::up_to(max))
    }

    /// Asks `policy`.
    pub fn custom(policy: impl Fn(Attempt<'_>) -> Action + Send + Sync + 'static) -> Self {
        let ask = move |proposal: &mut Proposal<'_>| {
            let (status, url) = (proposal.status, proposal.to);
            policy(Attempt { status, url }).0
        };
        Self(Redirects::up_to(10).with_policy(ask))
    }
}

impl Attempt<'_> {
    /// Of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The next one.
    pub fn url(&self) -> &Url {
        self.url
    }

    /// Sends the next request.
    pub fn follow(self) -> Action {
        Action(Choice::Follow)
    }

    /// Makes the redirect the response.
    pub fn stop(self) -> Action {
        Action(Choice::Stop)
    }
}

impl From<Policy> for Redirects {
    fn from(policy: Policy) -> Self {
        policy.0
    }
}
