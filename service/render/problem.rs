//! Why the last start was refused: the summary at the top, and the message at each field.

use serde_json::Value as Json;

use super::{Attempt, dom_id, sentence};
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Fault, Value};
use crate::effective::{Card, CardId, Field, Form};

/// The summary of a refusal.
pub(super) struct Problem {
    /// Options that need a change; 0 where it is something else.
    pub options: usize,
    pub items: Vec<Item>,
    /// What the sentence says beyond the items: why, or whom to ask.
    pub rest: String,
}

/// One mistake, with a link to the control where there is one.
pub(super) struct Item {
    pub text: String,
    pub control: Option<String>,
}

impl Problem {
    /// None where the values are only to be kept: then the hub's own sentence tells what happened.
    pub fn of(form: &Form<'_>, attempt: &Attempt) -> Option<Self> {
        if attempt.faults.is_empty() && attempt.sentence.is_empty() {
            return None;
        }
        let card = attempt.card.as_deref().and_then(CardId::read).and_then(|id| form.card(&id));
        let faults: Vec<&Fault> =
            attempt.faults.iter().filter(|fault| fault.pointer.starts_with("/values/")).collect();
        let item = |fault: &&Fault| Item {
            text: fault.detail.clone(),
            control: card.and_then(|card| control_of(card, fault)),
        };
        Some(Self {
            options: faults.len(),
            items: faults.iter().map(item).collect(),
            rest: rest(&attempt.sentence, &faults),
        })
    }
}

fn control_of(card: &Card<'_>, fault: &Fault) -> Option<String> {
    let at_fault = |field: &&Field<'_>| below("/values", field.opt.key.as_str()) == fault.pointer;
    let field = card.fields.iter().filter(|field| field.editable).find(at_fault)?;
    Some(control_id(card, field))
}

/// The id of a field's control.
pub(super) fn control_id(card: &Card<'_>, field: &Field<'_>) -> String {
    format!("{}.{}", dom_id(&card.id), field.opt.key)
}

/// The refusal without what title and items say already.
fn rest(refusal: &str, items: &[&Fault]) -> String {
    let after = items.last().and_then(|last| {
        let at = refusal.rfind(&last.detail)?;
        refusal.get(at + last.detail.len()..)
    });
    let rest = match (after, items) {
        (Some(after), _) => after,
        (None, []) => refusal.strip_prefix("Your server was not started").unwrap_or(refusal),
        (None, _) => "",
    };
    sentence(rest.trim_start_matches(['.', ':', ';', ' ']))
}

/// The message at a control: the detail without the label that stands above it.
pub(super) fn message(field: &Field<'_>, typed: Option<&str>, fault: &Fault) -> String {
    let detail = &fault.detail;
    let why =
        detail.strip_prefix(&field.opt.label).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(detail);
    match typed.and_then(|typed| beyond(field, typed)) {
        Some(beyond) => format!("{beyond} {}", sentence(why)),
        None => sentence(why),
    }
}

/// “64 is more than this preset allows.”, where that can be said.
fn beyond(field: &Field<'_>, typed: &str) -> Option<String> {
    let Allowed::Between { min, max, .. } = field.allowed else { return None };
    let Ok(Value::Amount(amount)) = field.opt.kind.read(&Json::from(typed)) else { return None };
    let typed = typed.trim();
    match amount {
        amount if amount > max => Some(format!("{typed} is more than allowed here.")),
        amount if amount < min => Some(format!("{typed} is less than allowed here.")),
        _ => None,
    }
}
