//! Why the last start was refused: the summary at the top, and the message at each field.

use serde_json::Value as Json;

use super::control::felt;
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
        let mut faults: Vec<&Fault> =
            attempt.faults.iter().filter(|fault| fault.pointer.starts_with("/values/")).collect();
        let rest = rest(&attempt.sentence, &faults);
        // In the order of the fields; what is no field of the card comes last.
        faults.sort_by_key(|fault| card.and_then(|card| place_of(card, fault)).unwrap_or(usize::MAX));
        let item = |fault: &&Fault| Item {
            text: fault.detail.clone(),
            control: card.and_then(|card| control_of(card, fault)),
        };
        Some(Self { options: faults.len(), items: faults.iter().map(item).collect(), rest })
    }
}

fn place_of(card: &Card<'_>, fault: &Fault) -> Option<usize> {
    card.fields.iter().position(|field| below("/values", field.opt.key.as_str()) == fault.pointer)
}

fn control_of(card: &Card<'_>, fault: &Fault) -> Option<String> {
    let field = card.fields.get(place_of(card, fault)?)?;
    field.editable.then(|| control_id(card, field))
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

/// The message at a control: the detail without the label that stands above it, and without the
/// reason where the hint gives it.
pub(super) fn message(card: &Card<'_>, field: &Field<'_>, typed: Option<&str>, fault: &Fault) -> String {
    let detail = &fault.detail;
    let why =
        detail.strip_prefix(&field.opt.label).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(detail);
    let hinted = felt(field).and_then(|reason| why.strip_suffix(&format!(" ({reason})")));
    let why = hinted.unwrap_or(why);
    match typed.and_then(|typed| beyond(card, field, typed)) {
        Some(beyond) => format!("{beyond} {}", sentence(why)),
        None => sentence(why),
    }
}

/// “64 is more than this preset allows.”, where that can be said.
fn beyond(card: &Card<'_>, field: &Field<'_>, typed: &str) -> Option<String> {
    let Allowed::Between { min, max, .. } = field.allowed else { return None };
    let Ok(Value::Amount(amount)) = field.opt.kind.read(&Json::from(typed)) else { return None };
    let side = match amount {
        amount if amount > max => "more",
        amount if amount < min => "less",
        _ => return None,
    };
    let who = if matches!(card.id, CardId::Preset(_)) { "this preset allows" } else { "you may choose" };
    Some(format!("{} is {side} than {who}.", typed.trim()))
}
