//! What rules say about the options of a profile, as a page reads it: the same for each of its cards.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::slots::{Plain, Says, plains, says};
use crate::catalogue::{Key, Profile};
use crate::rules::{Effect, Rule, Rules, Test};

/// The rules that could say anything in a profile; those of one option in the order they apply.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// Of the profile.
    pub profile: Key,
    /// As a JSON text.
    pub json: String,
    lines: Vec<Line>,
}

/// What one rule says about one option.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Line {
    to: Key,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    when: Vec<When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<Vec<Says>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<Cap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
    because: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct When {
    option: Key,
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<Vec<Plain>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not: Option<Vec<Plain>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Cap {
    of: Key,
    factor: i64,
    per: i64,
    most: bool,
}

/// Rows hold a cell for each input and one for the target; null: all.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Table {
    of: Vec<Key>,
    deny: bool,
    rows: Vec<Vec<Option<Vec<Plain>>>>,
}

impl Told {
    pub(super) fn of(rules: &Rules, profile: &Profile, now: DateTime<Utc>) -> Self {
        let targets = rules.places(profile).filter_map(|place| profile.options.get(place));
        let lines: Vec<Line> = targets.flat_map(|target| about(rules, profile, target, now)).collect();
        let json = serde_json::to_string(&lines).expect("nothing here has keys that are no texts");
        Self { profile: profile.key.clone(), json, lines }
    }

    /// Whether a rule could say anything about that option.
    pub fn decide_about(&self, option: &Key) -> bool {
        self.lines.iter().any(|line| line.to == *option)
    }

    /// Whether no rule could say anything.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lines.serialize(serializer)
    }
}

/// What rules say about `target` that can say anything in `profile` at all.
fn about<'a>(
    rules: &'a Rules,
    profile: &'a Profile,
    target: &'a Key,
    now: DateTime<Utc>,
) -> impl Iterator<Item = Line> + 'a {
    let here = move |(rule, effect): &(&Rule, &Effect)| {
        rule.holds(now) && rule.inputs(effect).all(|key| profile.options.contains(key))
    };
    let told = move |(rule, effect): (&Rule, &Effect)| Line {
        to: target.clone(),
        when: rule.when.iter().map(when).collect(),
        says: if let Effect::Says(statements) = effect {
            Some(statements.iter().map(says).collect())
        } else {
            None
        },
        cap: if let Effect::Cap(cap) = effect {
            Some(Cap { of: cap.of.clone(), factor: cap.factor, per: cap.per, most: cap.at_most })
        } else {
            None
        },
        table: if let Effect::Table(table) = effect {
            let rows = table.rows().map(|row| row.into_iter().map(|cell| cell.and_then(plains)).collect());
            Some(Table { of: table.inputs().to_vec(), deny: !table.allows(), rows: rows.collect() })
        } else {
            None
        },
        because: rule.said(),
    };
    rules.about(target).filter(here).map(told)
}

fn when(condition: &crate::rules::Condition) -> When {
    let (is, not, min, max) = match &condition.test {
        Test::OneOf(values) => (plains(values), None, None, None),
        Test::NoneOf(values) => (None, plains(values), None, None),
        Test::Between { min, max } => (None, None, *min, *max),
    };
    When { option: condition.option.clone(), is, not, min, max }
}
