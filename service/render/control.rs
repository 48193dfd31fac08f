//! One option as a control: a list where it is short, so that it cannot be filled in wrongly.

use serde_json::Value as Json;

use super::problem::{control_id, message};
use super::{Attempt, sentence};
use crate::catalogue::amount::Measure;
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Kind, Value};
use crate::effective::{Card, Field};

/// Numbers of so many steps are lists: they cannot be wrong, and open no keyboard on phones.
const LISTED: usize = 12;

pub(super) struct Control<'a> {
    /// `o.CARD.OPTION`
    pub name: String,
    pub dom: String,
    pub label: &'a str,
    pub entry: Entry,
    pub hints: Vec<String>,
    pub message: Option<String>,
}

pub(super) enum Entry {
    List(Vec<Item>),
    /// Any number of them; posted under the control's name and a `*`, with an empty one that is always posted.
    Checks(Vec<Item>),
    Count {
        value: String,
        min: i64,
        max: i64,
        step: i64,
    },
    /// Typed with a unit, or freely.
    Line {
        value: String,
        mode: &'static str,
        longest: Option<usize>,
    },
}

pub(super) struct Item {
    pub value: String,
    pub label: String,
    pub selected: bool,
}

impl<'a> Control<'a> {
    pub fn of(card: &Card<'_>, field: &'a Field<'_>, attempt: Option<&Attempt>) -> Self {
        let key = field.opt.key.as_str();
        let typed = attempt.and_then(|attempt| attempt.typed.get(key)).map(String::as_str);
        let at = below("/values", key);
        let fault = attempt.and_then(|attempt| attempt.faults.iter().find(|fault| fault.pointer == at));
        let entry = entry(field, typed);
        Self {
            name: format!("o.{}.{key}", card.id),
            dom: control_id(card, field),
            label: &field.opt.label,
            message: fault.map(|fault| message(card, field, typed, fault)),
            hints: hints(field, &entry),
            entry,
        }
    }

    /// The ids of what describes the control.
    pub fn described_by(&self) -> Option<String> {
        let hint = (!self.hints.is_empty()).then(|| format!("{}.hint", self.dom));
        let error = self.message.is_some().then(|| format!("{}.error", self.dom));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

fn entry(field: &Field<'_>, typed: Option<&str>) -> Entry {
    let kind = &field.opt.kind;
    if let Some(values) = field.allowed.listed(LISTED) {
        return Entry::List(list(kind, &values, &field.value, typed));
    }
    let value = typed.map_or_else(|| kind.word(&field.value), str::to_owned);
    match (kind, &field.allowed) {
        (Kind::Amount { measure: Measure::Integer, .. }, Allowed::Between { min, max, step, .. })
            // A browser shows an empty field for anything else, and the person would not see the mistake.
            if value.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            Entry::Count { value, min: *min, max: *max, step: *step }
        }
        (Kind::Amount { measure, .. }, _) => {
            let mode = match measure {
                Measure::Integer => "numeric",
                Measure::Decimal => "decimal",
                Measure::Duration | Measure::Memory => "text",
            };
            Entry::Line { value, mode, longest: None }
        }
        (Kind::Text { longest, .. }, _) => Entry::Line { value, mode: "text", longest: Some(*longest) },
        (Kind::Several(_), _) => Entry::Checks(checks(field, typed)),
        (Kind::Choice(_) | Kind::Flag, _) => Entry::Line { value, mode: "text", longest: None },
    }
}

fn list(kind: &Kind, values: &[Value], held: &Value, typed: Option<&str>) -> Vec<Item> {
    let read = typed.map(|typed| kind.read(&Json::from(typed)));
    let current = match &read {
        None => Some(held),
        Some(Ok(value)) => Some(value),
        Some(Err(_)) => None,
    };
    let mut items: Vec<Item> = values
        .iter()
        .map(|value| Item {
            value: kind.word(value),
            label: kind.label(value),
            selected: Some(value) == current,
        })
        .collect();
    // What was sent stays chosen until the person changes it, even if it is no longer on the list.
    if let Some(typed) = typed.filter(|_| !items.iter().any(|item| item.selected)) {
        items.insert(
            0,
            Item { value: typed.to_owned(), label: format!("{typed} (not available)"), selected: true },
        );
    }
    items
}

fn checks(field: &Field<'_>, typed: Option<&str>) -> Vec<Item> {
    let (kind, Allowed::Subset { of, .. }) = (&field.opt.kind, &field.allowed) else { return vec![] };
    let typed: Option<Vec<String>> = typed.and_then(|typed| serde_json::from_str(typed).ok());
    let held: &[String] = match (&typed, &field.value) {
        (Some(typed), _) => typed,
        (None, Value::List(items)) => items,
        (None, _) => &[],
    };
    let item = |value: &String| Item {
        value: value.clone(),
        label: kind.label(&kind.item(value)),
        selected: held.contains(value),
    };
    of.iter().map(item).collect()
}

/// `At most 3`, where not all of them can be chosen at once.
fn how_many(field: &Field<'_>) -> Option<String> {
    let Allowed::Subset { of, least, most } = &field.allowed else { return None };
    match (least, most) {
        (0, most) if *most >= of.len() => None,
        (0, most) => Some(format!("At most {most}")),
        (least, most) if *most >= of.len() => Some(format!("At least {least}")),
        (least, most) => Some(format!("{least} to {most}")),
    }
}

fn hints(field: &Field<'_>, entry: &Entry) -> Vec<String> {
    let range = match entry {
        Entry::List(_) => narrowed(field),
        Entry::Checks(_) => how_many(field),
        Entry::Count { .. } | Entry::Line { .. } => range(field),
    };
    let reason = felt(field);
    let limit = match (range, reason) {
        (Some(range), Some(reason)) => Some(format!("{range} ({reason})")),
        (Some(range), None) => Some(range),
        (None, reason) => reason.map(|reason| sentence(&reason)),
    };
    field.opt.help.iter().map(|help| sentence(help)).chain(limit).collect()
}

/// The reason of the limit that is felt: the last one, unless the preset itself asks for less.
pub(super) fn felt(field: &Field<'_>) -> Option<String> {
    let last = field.because.last()?;
    (last.left == field.allowed.describe(&field.opt.kind)).then(|| last.said())
}

/// `1 to 32`, `30 min to 12 h, in steps of 30 min`
fn range(field: &Field<'_>) -> Option<String> {
    let kind = &field.opt.kind;
    match (kind, &field.allowed) {
        (Kind::Amount { measure, unit, .. }, Allowed::Between { min, max, step, .. }) => {
            let mut range = format!("{} to {}", measure.label(*min), measure.label(*max));
            if let Some(unit) = unit.as_deref().filter(|unit| !says(&field.opt.label, unit)) {
                range = format!("{range} {unit}");
            }
            let steps =
                if *step > 1 { format!(", in steps of {}", measure.label(*step)) } else { String::new() };
            Some(range + &steps)
        }
        (Kind::Text { pattern, longest }, Allowed::Matching { .. }) if field.opt.help.is_none() => {
            Some(format!("At most {longest} characters, matching {}", pattern.as_str()))
        }
        _ => None,
    }
}

/// `At most 4 h`, where the catalogue would allow more.
fn narrowed(field: &Field<'_>) -> Option<String> {
    let Kind::Amount { min, max, .. } = &field.opt.kind else { return None };
    let amounts: Vec<i64> = field
        .allowed
        .listed(usize::MAX)?
        .iter()
        .filter_map(|value| if let Value::Amount(amount) = value { Some(*amount) } else { None })
        .collect();
    let label = |amount: i64| field.opt.kind.label(&Value::Amount(amount));
    let most =
        amounts.iter().max().filter(|most| *most < max).map(|most| format!("At most {}", label(*most)));
    let least = amounts.iter().min().filter(|least| *least > min).map(|least| label(*least));
    match (most, least) {
        (most, None) => most,
        (None, Some(least)) => Some(format!("At least {least}")),
        (Some(most), Some(least)) => Some(format!("{most}, at least {least}")),
    }
}

fn says(label: &str, unit: &str) -> bool {
    label.to_lowercase().contains(&unit.to_lowercase())
}
