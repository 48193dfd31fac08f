//! One option as a control: a list where it is short, so that it cannot be filled in wrongly.

use serde_json::Value as Json;

use super::problem::{control_id, message};
use super::{Attempt, sentence};
use crate::catalogue::amount::Measure;
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Kind, SharedText, Value};
use crate::effective::{Card, Field};

/// Numbers of so many steps are lists: they cannot be wrong, and open no keyboard on phones.
const LISTED: usize = 12;

pub(super) struct Control<'a> {
    /// `o.CARD.OPTION`
    pub name: String,
    pub dom: String,
    pub label: &'a str,
    /// The heading above it, where it is the first of its section.
    pub section: Option<&'a str>,
    /// Where people read more.
    pub link: Option<&'a str>,
    pub entry: Entry,
    pub hints: Vec<String>,
    /// What may be chosen now, and who says so: where rules decide about it.
    pub limit: Option<Limit>,
    /// Help for single choices of a list, by label.
    pub helps: Vec<(String, String)>,
    pub message: Option<String>,
}

/// The hint that changes while somebody chooses.
pub(super) struct Limit {
    pub now: String,
    /// While no rule says anything.
    pub otherwise: String,
}

pub(super) enum Entry {
    List(Vec<Item>),
    /// Any number of them; posted under the control's name and a `*`, with an empty one where none is an answer.
    Checks {
        items: Vec<Item>,
        posted: bool,
    },
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
    pub help: Option<String>,
    pub selected: bool,
}

impl<'a> Control<'a> {
    pub fn of(card: &Card<'_>, field: &Field<'a>, attempt: Option<&Attempt>) -> Self {
        let key = field.opt.key.as_str();
        let typed = attempt.and_then(|attempt| attempt.typed.get(key)).map(String::as_str);
        let entry = entry(field, typed);
        let help = field.opt.help.iter().map(|help| sentence(help));
        let star = if matches!(entry, Entry::Checks { .. }) { "*" } else { "" };
        Self {
            name: format!("o.{}.{key}{star}", Attempt::posted(attempt, &card.id)),
            dom: control_id(card, field),
            label: &field.opt.label,
            section: None,
            link: field.opt.link.as_deref(),
            message: fault_of(card, field, attempt),
            hints: help.chain(limit(field, &entry)).collect(),
            limit: None,
            helps: helps(&entry),
            entry,
        }
    }

    /// A control that rules decide about: `open` is what could be chosen whatever the others hold, `now` what can
    /// be as they are. Left empty it is as rules say, so that a page without a script can change the others first.
    pub fn ruled(card: &Card<'_>, open: &Field<'a>, now: &Field<'_>, attempt: Option<&Attempt>) -> Self {
        let shown = Field { value: now.value.clone(), ..open.clone() };
        let mut control = Self::of(card, &shown, attempt);
        let free =
            !now.editable && attempt.is_none_or(|attempt| !attempt.typed.contains_key(open.opt.key.as_str()));
        match &mut control.entry {
            Entry::List(items) => {
                items.iter_mut().for_each(|item| item.selected &= !free);
                let label = "Automatic".to_owned();
                items.insert(0, Item { value: String::new(), label, help: None, selected: free });
            }
            Entry::Checks { items, posted } => {
                items.iter_mut().for_each(|item| item.selected &= !free);
                *posted = !free;
            }
            Entry::Count { value, .. } | Entry::Line { value, .. } if free => value.clear(),
            Entry::Count { .. } | Entry::Line { .. } => {}
        }
        if !matches!(control.entry, Entry::Checks { .. }) {
            control.name.push('?');
        }
        if let (Some(message), true) = (fault_of(card, now, attempt), now.editable) {
            control.message = Some(message);
        }
        let otherwise = limit(&shown, &control.entry).unwrap_or_default();
        let why = now.because.last().filter(|last| last.by.rule.is_some());
        let now = match why {
            None => otherwise.clone(),
            Some(_) if now.editable => limit(now, &entry(now, None)).unwrap_or_default(),
            Some(why) if now.absent || now.hidden => {
                format!("Not with the other options as they are ({})", why.said())
            }
            Some(why) => format!("{} ({})", now.opt.kind.label(&now.value), why.said()),
        };
        control.hints = open.opt.help.iter().map(|help| sentence(help)).collect();
        control.limit = Some(Limit { now, otherwise });
        control
    }

    /// The ids of what describes the control.
    pub fn described_by(&self) -> Option<String> {
        let hint = (!self.hints.is_empty() || self.limit.is_some()).then(|| format!("{}.hint", self.dom));
        let error = self.message.is_some().then(|| format!("{}.error", self.dom));
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// What is wrong with what was typed.
fn fault_of(card: &Card<'_>, field: &Field<'_>, attempt: Option<&Attempt>) -> Option<String> {
    let attempt = attempt?;
    let key = field.opt.key.as_str();
    let at = below("/values", key);
    let fault = attempt.faults.iter().find(|fault| fault.pointer == at)?;
    Some(message(card, field, attempt.typed.get(key).map(String::as_str), fault))
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
        (Kind::Several(_), _) => Entry::Checks { items: checks(field, typed), posted: true },
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
            label: kind.label(value).into_owned(),
            help: help_of(kind, &kind.word(value)),
            selected: Some(value) == current,
        })
        .collect();
    // What was sent stays chosen until the person changes it, even if it is no longer on the list.
    if let Some(typed) = typed.filter(|_| !items.iter().any(|item| item.selected)) {
        items.insert(
            0,
            Item {
                value: typed.to_owned(),
                label: format!("{typed} (not available)"),
                help: None,
                selected: true,
            },
        );
    }
    items
}

fn checks(field: &Field<'_>, typed: Option<&str>) -> Vec<Item> {
    let (kind, Allowed::Subset { of, .. }) = (&field.opt.kind, &field.allowed) else { return vec![] };
    let typed: Option<Vec<String>> = typed.and_then(|typed| serde_json::from_str(typed).ok());
    let held = |item: &SharedText| match (&typed, &field.value) {
        (Some(typed), _) => typed.iter().any(|typed| **typed == **item),
        (None, Value::List(items)) => items.contains(item),
        (None, _) => false,
    };
    let item = |value: &SharedText| Item {
        value: value.to_string(),
        label: kind.item_label(value).to_owned(),
        help: help_of(kind, value),
        selected: held(value),
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

fn help_of(kind: &Kind, value: &str) -> Option<String> {
    let choice = kind.choices().iter().find(|choice| *choice.value == *value)?;
    choice.help.as_deref().map(sentence)
}

/// What helps with single choices of a list: there is no place for it beside them.
fn helps(entry: &Entry) -> Vec<(String, String)> {
    let Entry::List(items) = entry else { return vec![] };
    items.iter().filter_map(|item| Some((item.label.clone(), item.help.clone()?))).collect()
}

/// What may be chosen, where that does not show, and who says so.
fn limit(field: &Field<'_>, entry: &Entry) -> Option<String> {
    let range = match entry {
        Entry::List(_) => narrowed(field),
        Entry::Checks { .. } => how_many(field),
        Entry::Count { .. } | Entry::Line { .. } => range(field),
    };
    let reason = felt(field);
    match (range, reason) {
        (Some(range), Some(reason)) => Some(format!("{range} ({reason})")),
        (Some(range), None) => Some(range),
        (None, reason) => reason.map(|reason| sentence(&reason)),
    }
}

/// The reason of the limit that is felt: the last one, unless the preset itself asks for less.
pub(super) fn felt(field: &Field<'_>) -> Option<String> {
    let last = field.because.last()?;
    last.leaves(&field.allowed).then(|| last.said())
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
        (Kind::Text { pattern, longest, .. }, Allowed::Matching { .. }) if field.opt.help.is_none() => {
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
    let label = |amount: i64| field.opt.kind.amount_label(amount);
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
