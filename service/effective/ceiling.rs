//! What a preset has to keep to when it is saved: the limits of whoever it is for.

use super::card::{self, Card};
use super::content::{Content, Group};
use crate::catalogue::fault::below;
use crate::catalogue::{Fault, Key, Nearest};
use crate::presets::{Owner, Preset, Saved};
use crate::trims::Trimmed;

impl Content {
    /// What keeps `preset` from being saved by anybody but the site itself, option by option;
    /// `groups` are those its owner is in, where that is a person.
    ///
    /// A group's preset fits the group's context. A person's fits where that person usually is,
    /// under the policies of all their groups; and on a profile that is not open it gives nothing
    /// that a preset offered to them does not give already.
    pub fn overreach(&self, preset: &Preset, groups: &[&Group]) -> Vec<Fault> {
        match &preset.owner {
            Owner::Site => self.misfits(preset, None, &[]),
            Owner::Group(key) => self.misfits(preset, Some(key), &[key]),
            Owner::User(_) => {
                let keys: Vec<&Key> = groups.iter().map(|group| &group.key).collect();
                let page = only(&keys);
                let misfits = self.misfits(preset, page, &keys);
                if misfits.is_empty() { self.out_of_reach(preset, groups, &keys) } else { misfits }
            }
        }
    }

    /// What does not fit when a preset is saved: whoever saves is told, nobody is adjusted silently.
    pub(super) fn misfits(&self, preset: &Preset, context: Option<&Key>, groups: &[&Key]) -> Vec<Fault> {
        let at = below("/presets", preset.id.as_str());
        let Some(profile) = self.catalogue.profile(&preset.profile) else {
            let why = format!("this preset could never start: there is no profile “{}”", preset.profile);
            return vec![Fault::new(below(&at, "profile"), "unknown", why)];
        };
        match self.trimmed(profile, context, groups) {
            Ok(options) => options.into_iter().filter_map(|option| misfit(preset, &at, option)).collect(),
            Err(conflict) => {
                let why = format!("this preset could never start: {}", conflict.sentence);
                vec![Fault::new(below(&at, "profile"), "unavailable", why)]
            }
        }
    }

    /// A profile that is not open starts only as its presets say: a preset of one's own must not be
    /// the way around that.
    fn out_of_reach(&self, preset: &Preset, groups: &[&Group], keys: &[&Key]) -> Vec<Fault> {
        let Some(profile) = self.catalogue.profile(&preset.profile).filter(|profile| !profile.open) else {
            return vec![];
        };
        let Owner::User(person) = &preset.owner else { return vec![] };
        let wanted = card::of_preset(self, preset, only(keys), keys);
        let offered = self.presets_for(person, groups).into_iter();
        let covers = |base: &Preset| {
            let context = match &base.owner {
                Owner::Group(key) => self.groups.get(key).map(|group| &group.key),
                Owner::Site | Owner::User(_) => only(keys),
            };
            covered(&wanted, &card::of_preset(self, base, context, keys))
        };
        // Not their own: those would vouch for one another.
        if offered
            .filter(|base| !base.owner.is(person) && base.profile == preset.profile && base.id != preset.id)
            .any(covers)
        {
            return vec![];
        }
        let why = format!(
            "“{}” cannot be filled in freely: copy a preset that is offered to you, and change only what it asks",
            profile.title
        );
        vec![Fault::new(below(&below("/presets", preset.id.as_str()), "profile"), "not-open", why)]
    }
}

/// The only group there is: whoever is in one group acts in it wherever they go.
fn only<'a>(keys: &[&'a Key]) -> Option<&'a Key> {
    match keys {
        [only] => Some(only),
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

fn misfit(preset: &Preset, at: &str, option: Trimmed<'_>) -> Option<Fault> {
    let (opt, limits) = (option.opt, option.allowed.clone());
    let mut changes = Vec::new();
    let fitted = card::fit_option(preset, option, &mut changes);
    let saved = preset.values.get(&opt.key).and_then(|saved| match saved {
        Saved::Known(value) => Some(value),
        Saved::Lost(_) => None,
    });
    let fault = |code, why: String| {
        // A value that the limits allow is only out of what the preset itself lets people choose.
        let to_blame = saved.filter(|value| limits.nearest(&opt.kind, value) != Nearest::Itself);
        let member = if to_blame.is_some() { "values" } else { "ask" };
        let at = below(&below(at, member), opt.key.as_str());
        let value = to_blame.map(|value| opt.kind.json(value));
        Fault { value, ..Fault::new(at, code, why).with_allowed(limits.json(&opt.kind)) }
    };
    match fitted {
        Err(why) => Some(fault("unavailable", format!("this preset could never start: {why}"))),
        Ok(_) if changes.is_empty() => None,
        Ok(_) => {
            let why = format!("this preset does not fit its own limits: {}", changes.join("; "));
            Some(fault("out-of-range", why))
        }
    }
}
