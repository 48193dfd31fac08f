//! What the options of a card could hold whatever the others hold, and the rules among them: for a page that narrows
//! while somebody chooses. Numbers are those of [`Value::Amount`]: counts, millionths, seconds, bytes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::content::Content;
use crate::catalogue::allowed::is_nothing;
use crate::catalogue::amount::Measure;
use crate::catalogue::{Allowed, Key, Kind, Profile, Several, Value};
use crate::presets::{Preset, Saved};
use crate::rules::{Effect, Rule, Rules, Test};
use crate::trims::{Statement, Trimmed};

/// A card before rules speak, and what they say. `frontend/src/rules.ts` reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slots {
    /// Each after those that decide about it.
    options: Vec<Slot>,
    /// Those of one option in the order they apply.
    rules: Vec<Told>,
}

/// One option before rules speak.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Slot {
    key: Key,
    label: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    allowed: Set,
    default: Plain,
    /// What the preset sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<Plain>,
    /// How far the preset lets people change it; none: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<Vec<Says>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fixed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    /// What its values are called, where that is not what they are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    /// The values of a choice that mean nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nothing: Vec<String>,
    /// Pairs that cannot be chosen together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clash: Vec<[String; 2]>,
}

/// A value without its type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Plain {
    Text(String),
    Amount(i64),
    Flag(bool),
    List(Vec<String>),
}

/// [`Allowed`] as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Set {
    OneOf { of: Vec<Plain> },
    Between { min: i64, max: i64, step: i64, base: i64 },
    Matching { filled: bool },
    Subset { items: Vec<String>, least: usize, most: usize },
}

/// [`Statement`] as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
struct Says {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Plain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only: Option<Vec<Plain>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    except: Option<Vec<Plain>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<Plain>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
}

/// What one rule says about one option.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Told {
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

impl Slots {
    /// Of `options` as trims leave them, in the order of `profile`.
    pub(super) fn of(
        content: &Content,
        profile: &Profile,
        options: &[Trimmed<'_>],
        preset: Option<&Preset>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Self {
        let order = content.rules.order_of(profile);
        let places = (0..options.len()).map(|step| order.map_or(step, |order| order[step]));
        let options: Vec<&Trimmed<'_>> = places.filter_map(|place| options.get(place)).collect();
        let rules = options.iter().flat_map(|option| told(&content.rules, profile, &option.opt.key, now));
        Self { rules: rules.collect(), options: options.iter().map(|option| slot(option, preset)).collect() }
    }

    /// Whether a rule could say anything about that option.
    pub fn decide_about(&self, option: &Key) -> bool {
        self.rules.iter().any(|told| told.to == *option)
    }

    /// Whether any rule could say anything.
    pub(super) fn matter(&self) -> bool {
        !self.rules.is_empty()
    }

    /// As a JSON text that means itself inside an attribute in single quotes.
    pub fn attribute(&self) -> String {
        // Inside a JSON text these stand in strings only.
        serde_json::to_string(self)
            .expect("nothing here has keys that are no texts")
            .replace('&', "\\u0026")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('\'', "\\u0027")
    }
}

fn slot(option: &Trimmed<'_>, preset: Option<&Preset>) -> Slot {
    let opt = option.opt;
    let kind = &opt.kind;
    let saved = preset.and_then(|preset| preset.values.get(&opt.key));
    let ask = preset.map_or(Some(vec![]), |preset| {
        preset.ask.get(&opt.key).map(|statements| statements.iter().map(says).collect())
    });
    // What nobody may choose is not told to the page.
    let items: Vec<String> = match &option.allowed {
        Allowed::OneOf(values) => values.iter().map(|value| kind.word(value)).collect(),
        Allowed::Subset { of, .. } => of.clone(),
        Allowed::Between { .. } | Allowed::Matching { .. } => vec![],
    };
    let choices = || kind.choices().iter().filter(|choice| items.contains(&choice.value));
    Slot {
        key: opt.key.clone(),
        label: opt.label.clone(),
        kind: name(kind),
        unit: if let Kind::Amount { unit, .. } = kind { unit.clone() } else { None },
        allowed: set(&option.allowed),
        default: plain(&option.default),
        saved: match saved {
            Some(Saved::Known(value)) => Some(plain(value)),
            Some(Saved::Lost(_)) | None => None,
        },
        ask,
        fixed: option.fixed,
        hidden: option.hidden,
        absent: option.absent,
        required: option.required,
        labels: choices()
            .filter(|choice| choice.label != choice.value)
            .map(|choice| (choice.value.clone(), choice.label.clone()))
            .collect(),
        nothing: choices()
            .filter(|choice| is_nothing(kind, &Value::Text(choice.value.clone())))
            .map(|choice| choice.value.clone())
            .collect(),
        clash: match kind {
            Kind::Several(several) => pairs(several, &items),
            _ => vec![],
        },
    }
}

/// Pairs of `items` that cannot be chosen together, for themselves or for what they need.
fn pairs(several: &Several, items: &[String]) -> Vec<[String; 2]> {
    let loaded: Vec<(&String, Vec<&str>)> =
        items.iter().map(|item| (item, several.in_order(std::slice::from_ref(item)))).collect();
    let with = |name: &str| -> Vec<&String> {
        loaded.iter().filter(|(_, all)| all.contains(&name)).map(|(item, _)| *item).collect()
    };
    let mut pairs: Vec<[String; 2]> = Vec::new();
    for choice in &several.choices {
        for other in choice.conflicts.iter().flat_map(|other| with(other)) {
            pairs.extend(with(&choice.value).into_iter().map(|one| {
                let (first, last) = (one.min(other), one.max(other));
                [first.clone(), last.clone()]
            }));
        }
    }
    pairs.sort();
    pairs.dedup();
    pairs
}

fn name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Choice(_) => "choice",
        Kind::Several(_) => "several",
        Kind::Amount { measure: Measure::Integer, .. } => "integer",
        Kind::Amount { measure: Measure::Decimal, .. } => "decimal",
        Kind::Amount { measure: Measure::Duration, .. } => "duration",
        Kind::Amount { measure: Measure::Memory, .. } => "memory",
        Kind::Flag => "boolean",
        Kind::Text { .. } => "text",
    }
}

fn set(allowed: &Allowed) -> Set {
    match allowed {
        Allowed::OneOf(values) => Set::OneOf { of: values.iter().map(plain).collect() },
        Allowed::Between { min, max, step, base } => {
            Set::Between { min: *min, max: *max, step: *step, base: *base }
        }
        Allowed::Matching { filled } => Set::Matching { filled: *filled },
        Allowed::Subset { of, least, most } => Set::Subset { items: of.clone(), least: *least, most: *most },
    }
}

pub(super) fn plain(value: &Value) -> Plain {
    match value {
        Value::Text(text) => Plain::Text(text.clone()),
        Value::Amount(amount) => Plain::Amount(*amount),
        Value::Flag(on) => Plain::Flag(*on),
        Value::List(items) => Plain::List(items.clone()),
    }
}

fn plains(values: &[Value]) -> Option<Vec<Plain>> {
    Some(values.iter().map(plain).collect())
}

fn says(statement: &Statement) -> Says {
    let nothing = Says::default();
    match statement {
        Statement::Default(value) => Says { default: Some(plain(value)), ..nothing },
        Statement::Bounds { min, max } => Says { min: *min, max: *max, ..nothing },
        Statement::Only(values) => Says { only: plains(values), ..nothing },
        Statement::Except(values) => Says { except: plains(values), ..nothing },
        Statement::Fixed(value) => Says { fixed: Some(plain(value)), ..nothing },
        Statement::Required => Says { required: true, ..nothing },
        Statement::Hidden => Says { hidden: true, ..nothing },
        Statement::Absent => Says { absent: true, ..nothing },
    }
}

/// What rules say about `target` that can say anything in `profile` at all.
fn told(rules: &Rules, profile: &Profile, target: &Key, now: chrono::DateTime<chrono::Utc>) -> Vec<Told> {
    let here = |(rule, effect): &(&Rule, &Effect)| {
        rule.holds(now) && rule.inputs(effect).all(|key| profile.options.contains(key))
    };
    let told = |(rule, effect): (&Rule, &Effect)| Told {
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
            Some(Table { of: table.inputs().to_vec(), deny: table.denies(), rows: rows.collect() })
        } else {
            None
        },
        because: rule.said(),
    };
    rules.about(target).filter(here).map(told).collect()
}

fn when(condition: &crate::rules::Condition) -> When {
    let (is, not, min, max) = match &condition.test {
        Test::OneOf(values) => (plains(values), None, None, None),
        Test::NoneOf(values) => (None, plains(values), None, None),
        Test::Between { min, max } => (None, None, *min, *max),
    };
    When { option: condition.option.clone(), is, not, min, max }
}
