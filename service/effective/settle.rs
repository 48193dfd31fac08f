//! Each option of a card gets its value: what is asked, else what was chosen before, else the preset's, else the
//! default; within what trims leave, and rules by the values of the options before it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::card::Field;
use super::content::Content;
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Fault, Key, Nearest, Profile};
use crate::presets::{Preset, Saved, lower_first};
use crate::rules::Values;
use crate::trims::{Statement, Trimmed};

/// What the values of a card come from, besides defaults.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wishes<'p> {
    /// What it sets holds; only what it asks can be changed. Without one everything can.
    pub preset: Option<&'p Preset>,
    /// Posted: taken as it is, or refused.
    pub asked: Option<&'p BTreeMap<String, Json>>,
    /// Chosen some other time: taken as far as it fits.
    pub recalled: Option<&'p BTreeMap<Key, Json>>,
}

/// What became of the options of a profile.
#[derive(Debug, Default)]
pub(super) struct Settled<'a> {
    /// In the profile's order.
    pub fields: Vec<Field<'a>>,
    /// Options, and what the preset had to give up of them.
    pub changes: Vec<(Key, String)>,
    /// What is wrong with what was asked.
    pub faults: Vec<Fault>,
    /// Options, and why nothing starts, whatever is asked.
    pub lost: Vec<(Key, String)>,
    /// What nobody filled in that has to be, and has no default: for a start without it.
    pub missing: Vec<Fault>,
    /// What holds although somebody says otherwise.
    pub overruled: Vec<String>,
}

/// Settles `options`, which trims have narrowed already, in the order that rules need.
pub(super) fn settle<'a>(
    content: &'a Content,
    profile: &Profile,
    options: Vec<Trimmed<'a>>,
    wishes: Wishes<'_>,
    now: DateTime<Utc>,
) -> Settled<'a> {
    let mut settled = Settled::default();
    let mut values = Values::new();
    let order = content.rules.order_of(profile);
    let mut options: Vec<Option<Trimmed<'a>>> = options.into_iter().map(Some).collect();
    let mut fields: Vec<Option<Field<'a>>> = options.iter().map(|_| None).collect();
    for step in 0..options.len() {
        let place = order.map_or(step, |order| order[step]);
        let Some(mut option) = options.get_mut(place).and_then(Option::take) else { continue };
        settled.overruled.append(&mut option.overruled);
        let before = option.clone();
        if let Err(conflict) = content.rules.narrow(&mut option, &values, now) {
            settled.blame(content, &before, wishes, conflict.sentence);
            option = before;
        }
        let field = settled.settle_one(content, option, wishes);
        if !field.absent {
            values.insert(field.opt.key.clone(), field.value.clone());
        }
        fields[place] = Some(field);
    }
    settled.fields = fields.into_iter().flatten().collect();
    settled
}

impl<'a> Settled<'a> {
    fn settle_one(&mut self, content: &Content, option: Trimmed<'a>, wishes: Wishes<'_>) -> Field<'a> {
        let mut changes = Vec::new();
        let mut field = match fit(wishes.preset, option.clone(), &mut changes) {
            Ok(field) => field,
            Err(why) => {
                self.blame(content, &option, wishes, why);
                constant(option)
            }
        };
        let key = &field.opt.key;
        if let Some(json) = wishes.recalled.and_then(|recalled| recalled.get(key)).filter(|_| field.editable)
        {
            field.recall(json);
        }
        match wishes.asked.and_then(|asked| {
            asked.get_key_value(key.as_str()).or_else(|| {
                asked.iter().find(|(name, _)| field.opt.was.iter().any(|was| was.as_str() == *name))
            })
        }) {
            None => self.changes.extend(changes.into_iter().map(|change| (key.clone(), change))),
            Some((name, json)) => match field.read(&below("/values", name), json) {
                Ok(value) => field.value = value,
                Err(fault) => self.faults.push(fault),
            },
        }
        if field.is_missing() {
            let at = below("/values", key.as_str());
            let kind = &field.opt.kind;
            let why = format!("{}: choose {}", field.opt.label, field.allowed.describe(kind));
            self.missing.push(Fault::new(at, "required", why).with_allowed(field.allowed.json(kind)));
        }
        field
    }

    /// Nothing is left of `option`: the fault of whoever asked for what decides about it, else of nobody.
    fn blame(&mut self, content: &Content, option: &Trimmed<'_>, wishes: Wishes<'_>, why: String) {
        let asked = |key: &&Key| wishes.asked.is_some_and(|asked| asked.contains_key(key.as_str()));
        let key = &option.opt.key;
        match content.rules.inputs_of(key).into_iter().chain([key]).find(asked) {
            None => self.lost.push((key.clone(), why)),
            Some(key) => {
                let at = below("/values", key.as_str());
                let value = wishes.asked.and_then(|asked| asked.get(key.as_str())).cloned();
                self.faults.push(Fault { value, ..Fault::new(at, "conflict", why) });
            }
        }
    }
}

/// One option as `preset` leaves it; without one, as people fill it in. Numbers move, and `changes` says so.
///
/// # Errors
/// Why the preset cannot start, as the end of a sentence.
pub(super) fn fit<'a>(
    preset: Option<&Preset>,
    option: Trimmed<'a>,
    changes: &mut Vec<String>,
) -> Result<Field<'a>, String> {
    let opt = option.opt;
    let (kind, name) = (&opt.kind, lower_first(&opt.label));
    let reason = option.reason();
    let saved = preset.and_then(|preset| preset.values.get(&opt.key));
    if let Some(Saved::Lost(why)) = saved {
        return Err(why.clone());
    }
    if option.absent {
        return match saved {
            Some(Saved::Known(value)) => {
                Err(format!("the {name} “{}” is not available to you{reason}", kind.label(value)))
            }
            _ => Ok(constant(option)),
        };
    }
    let narrower: Option<&[Statement]> = match preset {
        None => Some(&[]),
        Some(preset) => preset.ask.get(&opt.key).map(Vec::as_slice),
    };
    let asked = narrower.filter(|_| !option.constant());
    let mut allowed = if option.constant() && option.allowed.single().is_none() {
        Allowed::OneOf(vec![option.settled_default()])
    } else {
        option.allowed.clone()
    };
    for statement in asked.into_iter().flatten() {
        allowed = match statement {
            Statement::Bounds { min, max } => allowed.within(*min, *max),
            Statement::Only(values) => allowed.only(kind, values),
            _ => Some(allowed),
        }
        .ok_or_else(|| format!("no {name} is left to choose{reason}"))?;
    }
    let value = match saved {
        Some(Saved::Known(saved)) => match allowed.nearest(kind, saved) {
            Nearest::Itself => saved.clone(),
            Nearest::Moved(value) => {
                let (now, before) = (kind.label(&value), kind.label(saved));
                changes.push(format!("{}: {now} instead of {before}{reason}", opt.label));
                value
            }
            Nearest::Nowhere => {
                return Err(format!("the {name} “{}” is not available to you{reason}", kind.label(saved)));
            }
        },
        Some(Saved::Lost(_)) | None => option.settled_within(&allowed),
    };
    let editable = asked.is_some() && allowed.single().is_none();
    if !editable && !allowed.contains(kind, &value) {
        return Err(format!("the {name} has to be set{reason}"));
    }
    if !editable {
        allowed = Allowed::OneOf(vec![value.clone()]);
    }
    let Trimmed { hidden, required, because, .. } = option;
    Ok(Field { opt, value, allowed, editable, hidden, absent: false, required, because })
}

/// An option that nobody can change.
fn constant(option: Trimmed<'_>) -> Field<'_> {
    let value = option.settled_default();
    Field {
        opt: option.opt,
        allowed: Allowed::OneOf(vec![value.clone()]),
        value,
        editable: false,
        hidden: option.hidden,
        absent: option.absent,
        required: option.required,
        because: option.because,
    }
}
