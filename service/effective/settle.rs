//! Each option of a card gets its value: what is asked, else what was chosen before, else the preset's, else the
//! default; within what trims leave, and rules by the values of the options before it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::card::Field;
use super::content::Content;
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Fault, Key, Nearest, Opt, Persist, Profile};
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
    /// Whether rules are left out: what options could hold whatever the others hold.
    pub without_rules: bool,
}

impl Wishes<'_> {
    /// What was asked of `opt`, under its name of today or an older one.
    fn asked_of(&self, opt: &Opt) -> Option<(&str, &Json)> {
        let asked = self.asked?;
        let named = |name: &Key| asked.get_key_value(name.as_str());
        let (name, json) = named(&opt.key).or_else(|| opt.was.iter().find_map(named))?;
        Some((name, json))
    }

    fn recalled_of(&self, opt: &Opt) -> Option<&Json> {
        // What may not be kept is not brought back either, if it was kept before that was said.
        let recalled = self.recalled.filter(|_| opt.persist != Persist::Never)?;
        recalled.get(&opt.key).or_else(|| opt.was.iter().find_map(|was| recalled.get(was)))
    }
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

/// Settles `options` as trims leave them, in the order that rules need.
pub(super) fn settle<'a>(
    content: &'a Content,
    profile: &Profile,
    options: &[Trimmed<'a>],
    wishes: Wishes<'_>,
    now: DateTime<Utc>,
) -> Settled<'a> {
    let mut settled = Settled::default();
    let mut values = Values::new();
    let mut fields: Vec<Option<Field<'a>>> = options.iter().map(|_| None).collect();
    for place in content.rules.places(profile) {
        let Some(before) = options.get(place) else { continue };
        settled.overruled.extend_from_slice(&before.overruled);
        let mut option = Cow::Borrowed(before);
        if !wishes.without_rules
            && content.rules.speak_about(&before.opt.key)
            && let Err(conflict) = content.rules.narrow(option.to_mut(), &values, now)
        {
            settled.blame(content, before, wishes, conflict.sentence);
            option = Cow::Borrowed(before);
        }
        let field = settled.settle_one(content, &option, before, wishes);
        if !field.absent {
            values.insert(field.opt.key.clone(), field.value.clone());
        }
        fields[place] = Some(field);
    }
    settled.fields = fields.into_iter().flatten().collect();
    settled
}

impl<'a> Settled<'a> {
    /// `before`: as it was before rules spoke.
    fn settle_one(
        &mut self,
        content: &Content,
        option: &Trimmed<'a>,
        before: &Trimmed<'a>,
        wishes: Wishes<'_>,
    ) -> Field<'a> {
        let mut changes = Vec::new();
        let mut field = match fit(wishes.preset, option, &mut changes) {
            Ok(field) => field,
            Err(why) => {
                self.blame(content, option, wishes, why);
                fit(wishes.preset, before, &mut vec![]).unwrap_or_else(|_| constant(option))
            }
        };
        let opt = field.opt;
        if let Some(json) = wishes.recalled_of(opt).filter(|_| field.editable) {
            field.recall(json);
        }
        match wishes.asked_of(opt) {
            Some((name, json)) => match field.read(&below("/values", name), json) {
                Ok(value) => field.value = value,
                Err(fault) => self.faults.push(fault),
            },
            None => self.changes.extend(changes.into_iter().map(|change| (opt.key.clone(), change))),
        }
        if field.is_missing() {
            let at = below("/values", opt.key.as_str());
            let kind = &opt.kind;
            let why = format!("{}: choose {}", opt.label, field.allowed.describe(kind));
            self.missing.push(Fault::new(at, "required", why).with_allowed(field.allowed.json(kind)));
        }
        field
    }

    /// Nothing is left of `option`: the fault of whoever asked for what decides about it, else of nobody.
    fn blame(&mut self, content: &Content, option: &Trimmed<'_>, wishes: Wishes<'_>, why: String) {
        let key = &option.opt.key;
        let inputs = content.rules.inputs_of(key).into_iter().chain([key]);
        let mut asked = inputs
            .filter_map(|key| content.catalogue.options.get(key))
            .filter_map(|opt| wishes.asked_of(opt));
        match asked.next() {
            None => self.lost.push((key.clone(), why)),
            Some((name, json)) => {
                let fault = Fault::new(below("/values", name), "conflict", why);
                self.faults.push(fault.with_value(json.clone()));
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
    option: &Trimmed<'a>,
    changes: &mut Vec<String>,
) -> Result<Field<'a>, String> {
    let opt = option.opt;
    let (kind, name) = (&opt.kind, || lower_first(&opt.label));
    let gone =
        |value| format!("the {} “{}” is not available to you{}", name(), kind.label(value), option.reason());
    let saved = preset.and_then(|preset| preset.values.get(&opt.key));
    if let Some(Saved::Lost(why)) = saved {
        return Err(why.clone());
    }
    if option.absent {
        return match saved {
            Some(Saved::Known(value)) => Err(gone(value)),
            _ => Ok(constant(option)),
        };
    }
    let narrower: Option<&[Statement]> = match preset {
        None => Some(&[]),
        Some(preset) => preset.ask.get(&opt.key).map(Vec::as_slice),
    };
    let asked = narrower.filter(|_| !option.constant());
    let mut allowed = if option.constant() && option.allowed.single().is_none() {
        Allowed::OneOf([option.settled_default()].into())
    } else {
        option.allowed.clone()
    };
    for statement in asked.into_iter().flatten() {
        allowed = match statement {
            Statement::Bounds { min, max } => allowed.within(*min, *max),
            Statement::Only(values) => allowed.only(kind, values),
            _ => Some(allowed),
        }
        .ok_or_else(|| format!("no {} is left to choose{}", name(), option.reason()))?;
    }
    let value = match saved {
        Some(Saved::Known(saved)) => match allowed.nearest(kind, saved) {
            Nearest::Itself => saved.clone(),
            Nearest::Moved(value) => {
                let (now, before) = (kind.label(&value), kind.label(saved));
                changes.push(format!("{}: {now} instead of {before}{}", opt.label, option.reason()));
                value
            }
            Nearest::Nowhere => return Err(gone(saved)),
        },
        Some(Saved::Lost(_)) | None => option.settled_within(&allowed),
    };
    let editable = asked.is_some() && allowed.single().is_none();
    if !editable && !option.allowed.contains(kind, &value) {
        return Err(format!("the {} has to be set{}", name(), option.reason()));
    }
    if !editable {
        allowed = Allowed::OneOf([value.clone()].into());
    }
    let Trimmed { hidden, required, .. } = *option;
    let because = option.because.clone();
    Ok(Field { opt, value, allowed, editable, hidden, absent: false, required, because })
}

/// An option that nobody can change.
fn constant<'a>(option: &Trimmed<'a>) -> Field<'a> {
    let value = option.settled_default();
    Field {
        opt: option.opt,
        allowed: Allowed::OneOf([value.clone()].into()),
        value,
        editable: false,
        hidden: option.hidden,
        absent: option.absent,
        required: option.required,
        because: option.because.clone(),
    }
}
