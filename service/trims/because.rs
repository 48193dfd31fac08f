//! Why: the links of the chain that explains a limit, and who speaks.

use std::borrow::Cow;

use serde::Serialize;

use crate::catalogue::{Allowed, Key, Kind};

/// One link of the chain that explains a limit. Put into words only where somebody reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct Because<'a> {
    pub by: Speaker<'a>,
    kind: &'a Kind,
    /// What was left after this link; none: nothing.
    left: Option<Allowed>,
}

impl<'a> Because<'a> {
    /// `left`: what was left of an option of that kind.
    pub fn new(by: Speaker<'a>, kind: &'a Kind, left: Option<Allowed>) -> Self {
        Self { by, kind, left }
    }

    /// Who says so, and why: `Physics: shared nodes`.
    pub fn said(&self) -> String {
        self.by.said()
    }

    /// What was left after this link: `between 1 h and 8 h`.
    pub fn left(&self) -> String {
        self.left.as_ref().map_or_else(|| "nothing".to_owned(), |left| left.describe(self.kind))
    }

    /// Whether that is what people call `allowed` too.
    pub fn leaves(&self, allowed: &Allowed) -> bool {
        self.left.as_ref() == Some(allowed) || self.left() == allowed.describe(self.kind)
    }

    /// The link by itself, for whoever keeps it.
    pub fn told(&self) -> Reason {
        let Speaker { owner, reason, rule, until } = self.by.clone();
        Reason {
            owner: owner.to_owned(),
            left: self.left(),
            reason: reason.to_owned(),
            rule: rule.cloned(),
            until: until.map(Cow::into_owned),
        }
    }
}

/// One link of the chain that explains a limit, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// `the site`, or the title of a group or an event.
    pub owner: String,
    /// What was left after this link: `between 1 h and 8 h`.
    pub left: String,
    /// The owner's reason.
    pub reason: String,
    /// The rule that says so, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Key>,
    /// Until when, in words, where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Who speaks, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker<'a> {
    /// `the site`, or the title of a group or an event.
    pub owner: &'a str,
    pub reason: &'a str,
    /// The rule, where it is one.
    pub rule: Option<&'a Key>,
    /// Until when, in words, where it ends.
    pub until: Option<Cow<'a, str>>,
}

impl Speaker<'_> {
    /// Nobody: what is only tried out.
    pub const NOBODY: Self = Self { owner: "", reason: "", rule: None, until: None };

    /// Who says so, and why: `Physics: shared nodes`.
    pub fn said(&self) -> String {
        let until = self.until.as_ref().map_or_else(String::new, |until| format!(", until {until}"));
        format!("{}: {}{until}", self.owner, self.reason)
    }
}
