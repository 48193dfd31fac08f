//! Rules: what the values of some options leave of others. They only narrow.

mod cap;
mod check;
mod condition;
mod order;
mod table;
pub mod written;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::catalogue::{Allowed, Key, Profile, Value};
use crate::trims::{Conflict, Speaker, Statement, Trimmed, Until};

pub use cap::Cap;
pub use condition::{Condition, Test};
pub use table::Table;

/// The values of options, by key; an option that is absent is not in it.
pub type Values = BTreeMap<Key, Value>;

/// One rule, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub key: Key,
    /// All of them must hold.
    pub when: Vec<Condition>,
    /// What it says of which option.
    pub effects: Vec<(Key, Effect)>,
    /// Why, in the site's words.
    pub because: String,
    pub until: Option<Until>,
}

/// What a rule does to one option, its target.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// As a trim would.
    Says(Vec<Statement>),
    /// `memory <= 4GB * cores`
    Cap(Cap),
    /// Which values go together, of two lists or more.
    Table(Table),
}

/// All rules of a site, in an order in which each option comes after those that decide about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    pub rules: Vec<Rule>,
    /// Places in `rules` and their effects, by target, in the site's order.
    by_target: BTreeMap<Key, Vec<(usize, usize)>>,
    /// Places in [`Profile::options`], by profile: each option after those that decide about it; as far as rules
    /// leave it open, in the profile's order.
    orders: BTreeMap<Key, Vec<usize>>,
}

impl Rules {
    /// Narrows `option` by what `values` say of it: those of all options that stand before it in
    /// [`Rules::places`].
    ///
    /// # Errors
    /// The conflict, where nothing is left.
    pub fn narrow<'a>(
        &'a self,
        option: &mut Trimmed<'a>,
        values: &Values,
        now: DateTime<Utc>,
    ) -> Result<(), Conflict> {
        for (rule, effect) in self.about(&option.opt.key) {
            if option.absent || !rule.holds(now) || !rule.fires(values) {
                continue;
            }
            // What leaves everything as it was is no reason for anything.
            let before = (option.allowed.clone(), option.because.len());
            let shown = (option.fixed, option.hidden, option.absent, option.required);
            option.apply(&rule.speaker(), &effect.statements(values))?;
            if option.allowed == before.0
                && shown == (option.fixed, option.hidden, option.absent, option.required)
            {
                option.because.truncate(before.1);
            }
        }
        Ok(())
    }

    /// Whether any rule says something about `target`.
    pub fn speak_about(&self, target: &Key) -> bool {
        self.by_target.contains_key(target)
    }

    /// Places in [`Profile::options`], each option after those that decide about it.
    pub fn places(&self, profile: &Profile) -> impl Iterator<Item = usize> {
        let order = self.orders.get(&profile.key);
        (0..profile.options.len()).map(move |step| order.map_or(step, |order| order[step]))
    }

    /// The rules about an option, with what each says of it.
    pub fn about(&self, target: &Key) -> impl Iterator<Item = (&Rule, &Effect)> {
        let places = self.by_target.get(target).into_iter().flatten();
        places.filter_map(|(rule, effect)| {
            let rule = self.rules.get(*rule)?;
            Some((rule, &rule.effects.get(*effect)?.1))
        })
    }

    /// The options whose values decide about `target`, those that decide by detours last.
    pub fn inputs_of(&self, target: &Key) -> Vec<&Key> {
        let direct = |target| self.about(target).flat_map(|(rule, effect)| rule.inputs(effect));
        let mut inputs: Vec<&Key> = Vec::new();
        let mut next: BTreeSet<&Key> = direct(target).collect();
        while !next.is_empty() {
            let after = next.iter().flat_map(|key| direct(key)).collect();
            inputs.extend(next.iter().filter(|key| !inputs.contains(key)).collect::<Vec<_>>());
            next = after;
        }
        inputs
    }

    /// Whether any rule says something about an option of `profile`.
    pub fn concern(&self, profile: &Profile) -> bool {
        profile.options.iter().any(|key| self.by_target.contains_key(key))
    }

    /// The instants at which a rule ends.
    pub fn ends(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.rules.iter().filter_map(|rule| rule.until.as_ref()).map(|until| until.at)
    }
}

impl Rule {
    /// Whether its conditions hold for `values`. An option that has no value fulfils none.
    pub fn fires(&self, values: &Values) -> bool {
        self.when.iter().all(|condition| condition.holds(values))
    }

    /// Whether it says something at that time.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until.as_ref().is_none_or(|until| now < until.at)
    }

    /// The options that decide about the target of `effect`.
    pub fn inputs<'a>(&'a self, effect: &'a Effect) -> impl Iterator<Item = &'a Key> {
        let more: Vec<&Key> = match effect {
            Effect::Says(_) => vec![],
            Effect::Cap(cap) => vec![&cap.of],
            Effect::Table(table) => table.inputs().iter().collect(),
        };
        self.when.iter().map(|condition| &condition.option).chain(more)
    }

    /// Who says so, and why: `the site: one GPU feeds sixteen cores`.
    pub fn said(&self) -> String {
        self.speaker().said()
    }

    fn speaker(&self) -> Speaker<'_> {
        Speaker {
            owner: "the site",
            reason: &self.because,
            rule: Some(&self.key),
            until: self.until.as_ref().map(|until| Cow::Borrowed(until.words.as_str())),
        }
    }

    /// Whether its conditions can hold where options have at most what `ceiling` says.
    pub fn can_fire<'a>(&self, ceiling: impl Fn(&Key) -> Option<&'a Trimmed<'a>>) -> bool {
        self.when.iter().all(|condition| {
            ceiling(&condition.option)
                .is_some_and(|option| condition.can_hold(&option.opt.kind, &option.allowed))
        })
    }
}

impl Effect {
    /// What it says where the options before have `values`; nothing where one of those it needs is absent.
    fn statements(&self, values: &Values) -> Cow<'_, [Statement]> {
        match self {
            Self::Says(statements) => Cow::Borrowed(statements),
            Self::Cap(cap) => cap.statement(values).into_iter().collect(),
            Self::Table(table) => table.statement(values).into_iter().collect(),
        }
    }

    /// What it leaves of `allowed` at most, for the checks on saving; none where it depends on values.
    fn at_most(&self, option: &Trimmed<'_>) -> Option<Allowed> {
        let Self::Says(statements) = self else { return Some(option.allowed.clone()) };
        let mut option = option.clone();
        option.apply(&Speaker::NOBODY, statements).ok().map(|()| option.allowed)
    }
}
