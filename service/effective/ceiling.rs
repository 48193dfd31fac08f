//! What a preset has to keep to when it is saved: the limits of whoever it is for.

use std::collections::BTreeMap;

use super::acting::Acting;
use super::card::{self, Card};
use super::circumstances::Circumstances;
use super::content::{ALWAYS, Content};
use super::group::Group;
use super::settle::{Wishes, settle};
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Fault, Key, Nearest};
use crate::events::{Audience, Event, Role};
use crate::presets::{Owner, Preset, Saved};

impl Content {
    /// What keeps `preset` from being saved by anybody but the site itself, option by option;
    /// `groups` are those its owner is in, where that is a person.
    ///
    /// A group's preset fits the group's context. A person's fits where that person usually is,
    /// under the policies of all their groups; and on a profile that is not open it gives nothing
    /// that a preset offered to them does not give already.
    pub fn overreach(&self, preset: &Preset, groups: &[&Group]) -> Vec<Fault> {
        match &preset.owner {
            Owner::Site | Owner::Group(_) | Owner::Event(_) => self.misfits_in_place(preset),
            Owner::User(_) => {
                let misfits = self.misfits(preset, only(groups), groups);
                if misfits.is_empty() { self.out_of_reach(preset, groups) } else { misfits }
            }
        }
    }

    /// What does not fit of a preset where whoever it is for always is: a group's in the group, the site's
    /// anywhere.
    pub fn misfits_in_place(&self, preset: &Preset) -> Vec<Fault> {
        match &preset.owner {
            Owner::Group(key) => match self.groups.get(key) {
                Some(group) => self.misfits(preset, Some(Acting::Group(group)), &[group]),
                None => self.misfits(preset, None, &[]),
            },
            Owner::Event(key) => {
                let Some(event) = self.events.get(key) else { return self.misfits(preset, None, &[]) };
                let mut faults: Vec<Fault> = Vec::new();
                for audience in audiences_of(preset, event) {
                    let role = Role { organiser: false, audience: Some(audience) };
                    let found = self.misfits(preset, Some(Acting::Event(event, role)), &[]);
                    let new: Vec<Fault> = found
                        .into_iter()
                        // What holds for all of them is said once.
                        .filter(|fault| faults.iter().all(|known| known.pointer != fault.pointer))
                        .collect();
                    faults.extend(new);
                }
                faults
            }
            Owner::Site | Owner::User(_) => self.misfits(preset, None, &[]),
        }
    }

    /// What does not fit when a preset is saved: whoever saves is told, nobody is adjusted silently.
    fn misfits(&self, preset: &Preset, context: Option<Acting<'_>>, groups: &[&Group]) -> Vec<Fault> {
        let at = below("/presets", preset.id.as_str());
        let Some(profile) = self.catalogue.profile(&preset.profile) else {
            let why = format!("this preset could never start: there is no profile “{}”", preset.profile);
            return vec![Fault::new(below(&at, "profile"), "unknown", why)];
        };
        let options = match self.trimmed(profile, context, groups, ALWAYS) {
            Ok(options) => options,
            // Those that it is kept for can start it.
            Err(conflict) if conflict.kept => return vec![],
            Err(conflict) => {
                let why = format!("this preset could never start: {}", conflict.sentence);
                return vec![Fault::new(below(&at, "profile"), "unavailable", why)];
            }
        };
        let limits: BTreeMap<Key, Allowed> =
            options.iter().map(|option| (option.opt.key.clone(), option.allowed.clone())).collect();
        let settled =
            settle(self, profile, &options, Wishes { preset: Some(preset), ..Wishes::default() }, ALWAYS);
        let fault = |code, key: &Key, why: String| {
            // A value that the limits allow is only out of what the preset itself lets people choose.
            let (opt, limits) = (self.catalogue.options.get(key), limits.get(key));
            let saved = match preset.values.get(key) {
                Some(Saved::Known(value)) => Some(value),
                Some(Saved::Lost(_)) | None => None,
            };
            let to_blame = saved.filter(|value| {
                opt.zip(limits)
                    .is_some_and(|(opt, limits)| limits.nearest(&opt.kind, value) != Nearest::Itself)
            });
            let asks = preset.ask.contains_key(key);
            let member = if to_blame.is_some() || !asks { "values" } else { "ask" };
            let at = below(&below(&at, member), key.as_str());
            let value = to_blame.and_then(|value| Some(opt?.kind.json(value)));
            let fault = Fault { value, ..Fault::new(at, code, why) };
            match opt.zip(limits) {
                Some((opt, limits)) => fault.with_allowed(limits.json(&opt.kind)),
                None => fault,
            }
        };
        let lost = settled
            .lost
            .into_iter()
            .map(|(key, why)| fault("unavailable", &key, format!("this preset could never start: {why}")));
        let changed = settled.changes.into_iter().map(|(key, change)| {
            fault("out-of-range", &key, format!("this preset does not fit its own limits: {change}"))
        });
        lost.chain(changed).collect()
    }

    /// A profile that is not open starts only as its presets say: a preset of one's own must not be
    /// the way around that.
    fn out_of_reach(&self, preset: &Preset, groups: &[&Group]) -> Vec<Fault> {
        let Some(profile) = self.catalogue.profile(&preset.profile).filter(|profile| !profile.open) else {
            return vec![];
        };
        let Owner::User(person) = &preset.owner else { return vec![] };
        let around = Circumstances::new(self, only(groups), groups.to_vec(), ALWAYS);
        let wanted = around.card(preset, None);
        let offered = self.presets_for(person, groups, &[]).into_iter();
        // Not their own: those would vouch for one another.
        let mut others = offered.filter(|(base, _)| {
            !base.owner.is(person) && base.profile == preset.profile && base.id != preset.id
        });
        if others.any(|(base, owner)| covered(&wanted, &around.card(base, owner))) {
            return vec![];
        }
        let why = format!(
            "“{}” cannot be filled in freely: copy a preset that is offered to you, and change only what it asks",
            profile.title
        );
        vec![Fault::new(below(&below("/presets", preset.id.as_str()), "profile"), "not-open", why)]
    }
}

impl<'a> Circumstances<'a> {
    fn card(&self, preset: &'a Preset, from: Option<Acting<'a>>) -> Card<'a> {
        // Rules say the same of both: what counts is what either could hold whatever the others hold.
        let wishes = Wishes { without_rules: true, ..Wishes::default() };
        card::of_preset(self, preset, from, from.or(self.page), wishes).0
    }
}

/// Whom an event's preset is for: those it names, else everybody whom the event has.
fn audiences_of(preset: &Preset, event: &Event) -> Vec<Audience> {
    let mut audiences = preset.audiences.clone();
    if audiences.is_empty() {
        audiences = event.audiences.keys().copied().collect();
    }
    // A draft without anybody is one for its participants to come.
    if audiences.is_empty() { vec![Audience::Participant] } else { audiences }
}

/// The only group there is: whoever is in one group acts in it wherever they go.
fn only<'a>(groups: &[&'a Group]) -> Option<Acting<'a>> {
    match groups {
        [only] => Some(Acting::Group(only)),
        _ => None,
    }
}

/// Whether all that `wanted` could start, `base` could start too.
fn covered(wanted: &Card<'_>, base: &Card<'_>) -> bool {
    base.is_usable()
        && wanted.fields.len() == base.fields.len()
        && wanted.fields.iter().zip(&base.fields).all(|(wanted, base)| {
            wanted.opt.key == base.opt.key && base.allowed.covers(&base.opt.kind, &wanted.allowed)
        })
}
