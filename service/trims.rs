//! Trims: what a site, a group or an event says about one option, and how several such words add up.

mod because;
mod layer;
pub mod written;

use chrono::{DateTime, Utc};

use crate::catalogue::{Allowed, Catalogue, Fault, Key, Nearest, Opt, Value};

pub use because::{Because, Reason, Speaker};
pub use layer::{Said, narrow_all, narrow_by_priority, widen};

/// What one owner says about one option.
#[derive(Debug, Clone, PartialEq)]
pub struct Trim {
    pub option: Key,
    pub statements: Vec<Statement>,
    /// What it adds to what everybody has, never beyond the site's ceiling.
    pub grant: Option<Allowed>,
    /// Why, in the owner's words; every refusal repeats it.
    pub because: String,
    /// A restriction that holds from every group a person is in, whatever the context.
    pub policy: bool,
    /// Says nothing any more from then on.
    pub until: Option<Until>,
}

/// The end of something, exclusive, and how people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Until {
    pub at: DateTime<Utc>,
    /// As it was written: `2026-12-01 12:00 +01:00`.
    pub words: String,
}

/// One statement; all but `Default` only ever take away.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    Default(Value),
    /// Amounts of the option's measure; a missing side stays as it was.
    Bounds {
        min: Option<i64>,
        max: Option<i64>,
    },
    Only(Vec<Value>),
    Except(Vec<Value>),
    Fixed(Value),
    /// Nothing is not enough: neither the empty text nor an empty list, no, zero, or a choice that means nothing.
    Required,
    /// Not shown; the value is then a constant.
    Hidden,
    /// Not offered and not set at all.
    Absent,
}

/// One option after some trims.
#[derive(Debug, Clone, PartialEq)]
pub struct Trimmed<'a> {
    pub opt: &'a Opt,
    pub allowed: Allowed,
    pub default: Value,
    pub fixed: bool,
    pub hidden: bool,
    pub absent: bool,
    pub required: bool,
    pub because: Vec<Because<'a>>,
    /// What was left out because somebody of higher priority says otherwise.
    pub overruled: Vec<String>,
    /// A value that somebody wants, where one wants to know who takes it away.
    watched: Option<Value>,
    /// Who did, while nobody gave it back.
    taken_by: Option<Because<'a>>,
}

/// Two trims of one option leave nothing, or fix it twice. Names both owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub option: Key,
    pub sentence: String,
    /// Nobody contradicts anybody: all that could be chosen is kept for groups the person is not in.
    pub kept: bool,
}

impl<'a> Trimmed<'a> {
    /// The option as the catalogue has it.
    pub fn new(opt: &'a Opt) -> Self {
        Self {
            opt,
            allowed: opt.all.clone(),
            default: opt.default.clone(),
            fixed: false,
            hidden: false,
            absent: false,
            required: false,
            because: Vec::new(),
            overruled: Vec::new(),
            watched: None,
            taken_by: None,
        }
    }

    /// The option as the catalogue has it, with an eye on `value`: [`Trimmed::taken_by`] then says who took it away.
    pub fn watching(opt: &'a Opt, value: Value) -> Self {
        Self { watched: Some(value), ..Self::new(opt) }
    }

    /// Begins anew: what a grant does not give back, it took away itself.
    fn forget_who_took(&mut self) {
        self.taken_by = None;
    }

    /// Whose word took the watched value away.
    pub fn taken_by(self) -> Option<Because<'a>> {
        self.taken_by
    }

    /// Applies what one speaker says after all that was said before.
    ///
    /// # Errors
    /// The conflict, where nothing would be left to choose (design §3.5).
    pub fn apply(&mut self, speaker: &Speaker<'a>, statements: &[Statement]) -> Result<(), Conflict> {
        let kind = &self.opt.kind;
        for statement in statements {
            let left = match statement {
                Statement::Default(value) => {
                    self.default = value.clone();
                    continue;
                }
                Statement::Bounds { min, max } => self.allowed.within(*min, *max),
                Statement::Only(values) => self.allowed.only(kind, values),
                Statement::Except(values) => self.allowed.except(kind, values),
                Statement::Fixed(value) => self.allowed.just(kind, value),
                Statement::Required => self.allowed.filled(kind),
                Statement::Hidden | Statement::Absent => Some(self.allowed.clone()),
            };
            let Some(left) = left else { return Err(self.conflict_with(speaker)) };
            match statement {
                Statement::Fixed(value) => {
                    self.fixed = true;
                    self.default = value.clone();
                }
                Statement::Required => self.required = true,
                Statement::Hidden => self.hidden = true,
                Statement::Absent => self.absent = true,
                _ => {}
            }
            self.allowed = left;
            self.explain(speaker);
        }
        Ok(())
    }

    /// Adds a link to the chain: what is left now, by whose word.
    pub(crate) fn explain(&mut self, speaker: &Speaker<'a>) {
        let of_before = self.because.pop_if(|last| {
            let Speaker { owner, reason, rule, until: _ } = &last.by;
            (*owner, *reason, *rule) == (speaker.owner, speaker.reason, speaker.rule)
        });
        drop(of_before); // one owner's word is one link, however much it says
        let left = (!self.absent).then(|| self.allowed.clone());
        self.because.push(Because::new(speaker.clone(), &self.opt.kind, left));
        if let Some(value) = &self.watched {
            let there = !self.absent && self.allowed.contains(&self.opt.kind, value);
            self.taken_by = match self.taken_by.take() {
                _ if there => None,
                Some(earlier) => Some(earlier),
                None => self.because.last().cloned(),
            };
        }
    }

    /// What the option holds where nobody chooses: the default, moved to the nearest allowed value.
    pub fn settled_default(&self) -> Value {
        self.settled_within(&self.allowed)
    }

    /// The same where only `allowed` is left of it.
    pub fn settled_within(&self, allowed: &Allowed) -> Value {
        match allowed.nearest(&self.opt.kind, &self.default) {
            Nearest::Itself => self.default.clone(),
            Nearest::Moved(value) => value,
            // Choices have no order of nearness: the site's first is as good as any.
            Nearest::Nowhere => allowed.first().unwrap_or_else(|| self.default.clone()),
        }
    }

    /// A constant cannot be asked: it is fixed, hidden, absent, or only one value is left.
    pub fn constant(&self) -> bool {
        self.fixed || self.hidden || self.absent || self.allowed.single().is_some()
    }

    /// The last reason given, as a clause to put behind a sentence: ` (group Physics: shared nodes)`.
    pub fn reason(&self) -> String {
        self.because.last().map_or_else(String::new, |last| format!(" ({})", last.said()))
    }

    fn conflict_with(&self, speaker: &Speaker<'_>) -> Conflict {
        let before = match self.because.last() {
            Some(last) => format!("{} leaves {} ({})", last.by.owner, last.left(), last.by.reason),
            None => format!("the catalogue allows {}", self.allowed.describe(&self.opt.kind)),
        };
        let sentence = format!(
            "{}: {before}, and what {} says of it ({}) leaves nothing to choose",
            self.opt.label, speaker.owner, speaker.reason
        );
        Conflict { option: self.opt.key.clone(), sentence, kept: false }
    }
}

impl Trim {
    /// Whether it says something at that time.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.as_ref().is_none_or(|until| now < until.at)
    }
}

/// Checks trims as written below `at`.
pub(crate) fn check(
    written: &written::Trims,
    at: &str,
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Vec<Trim> {
    let mut trims = Vec::new();
    for (key, trim) in written {
        match written::check(key, trim, at, catalogue) {
            Ok(trim) => trims.push(trim),
            Err(found) => faults.extend(found),
        }
    }
    trims
}

/// Reads `json` as any value of `opt`, whether or not it is allowed anywhere.
pub(crate) fn read_value(
    opt: &Opt,
    at: impl Fn() -> String,
    json: &serde_json::Value,
) -> Result<Value, Fault> {
    crate::catalogue::read_allowed(&opt.kind, &opt.all, at, json)
}
