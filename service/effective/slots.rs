//! What the options of a card could hold whatever the others hold: for a page that narrows while somebody chooses.
//! Numbers are those of [`Value::Amount`]: counts, millionths, seconds, bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::told::Told;
use crate::catalogue::allowed::is_nothing;
use crate::catalogue::amount::Measure;
use crate::catalogue::{Allowed, Choice, Key, Kind, Profile, Several, SharedText, Value};
use crate::presets::{Preset, Saved};
use crate::rules::Rules;
use crate::trims::{Statement, Trimmed};

/// A card before rules speak, and what they say. `frontend/src/rules.ts` reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slots {
    /// Each after those that decide about it.
    options: Vec<Slot>,
    /// The same for each card of the profile.
    pub rules: Arc<Told>,
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
    labels: BTreeMap<SharedText, String>,
    /// The values of a choice that mean nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    nothing: Vec<SharedText>,
    /// Pairs that cannot be chosen together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clash: Vec<[SharedText; 2]>,
}

/// A value without its type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Plain {
    Text(SharedText),
    Amount(i64),
    Flag(bool),
    List(Arc<[SharedText]>),
}

/// [`Allowed`] as JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Set {
    OneOf { of: Vec<Plain> },
    Between { min: i64, max: i64, step: i64, base: i64 },
    Matching { filled: bool },
    Subset { items: Arc<[SharedText]>, least: usize, most: usize },
}

/// [`Statement`] as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Says {
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

impl Slots {
    /// Of `options` as trims leave them, in the order of `profile`.
    pub(super) fn of(
        rules: &Rules,
        told: Arc<Told>,
        profile: &Profile,
        options: &[Trimmed<'_>],
        preset: Option<&Preset>,
    ) -> Self {
        let options = rules.places(profile).filter_map(|place| options.get(place));
        Self { options: options.map(|option| slot(option, preset)).collect(), rules: told }
    }

    /// The options as a JSON text.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.options).expect("nothing here has keys that are no texts")
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
    let choices = kind.choices().iter().filter(|choice| option.allowed.has_item(&choice.value));
    let choices: Vec<&Choice> = choices.collect();
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
        labels: (choices.iter())
            .filter(|choice| *choice.label != *choice.value)
            .map(|choice| (choice.value.clone(), choice.label.clone()))
            .collect(),
        nothing: (choices.iter())
            .filter(|choice| is_nothing(kind, &Value::Text(choice.value.clone())))
            .map(|choice| choice.value.clone())
            .collect(),
        clash: match kind {
            Kind::Several(several) => {
                pairs(several, &choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>())
            }
            _ => vec![],
        },
    }
}

/// Pairs of `items` that cannot be chosen together, for themselves or for what they need.
fn pairs(several: &Several, items: &[SharedText]) -> Vec<[SharedText; 2]> {
    let loaded: Vec<(&SharedText, Vec<&str>)> =
        items.iter().map(|item| (item, several.in_order(std::slice::from_ref(item)))).collect();
    let with = |name: &str| -> Vec<&SharedText> {
        loaded.iter().filter(|(_, all)| all.contains(&name)).map(|(item, _)| *item).collect()
    };
    let mut pairs: Vec<[SharedText; 2]> = Vec::new();
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

pub(super) fn plains(values: &[Value]) -> Option<Vec<Plain>> {
    Some(values.iter().map(plain).collect())
}

pub(super) fn says(statement: &Statement) -> Says {
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
