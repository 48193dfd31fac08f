//! Events that organisers make themselves: what the site lets them do, and what speaks against one.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use super::acting::Acting;
use super::content::{ALWAYS, Content};
use super::written;
use crate::catalogue::amount::Measure;
use crate::catalogue::fault::below;
use crate::catalogue::{Fault, Key, Opt, read_amount, unknown};
use crate::events::{Audience, Event, Role, written as events};
use crate::trims::written::Trims;
use crate::trims::{Statement, Trim, Trimmed};

/// What people without rights over the whole site may put into their events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Organisers {
    /// The groups they may invite; none: all.
    groups: Option<BTreeSet<Key>>,
    /// The options they may set by value, as far as the ceiling allows; none: all, within what everybody has.
    sets: Option<BTreeSet<Key>>,
    longest: Option<TimeDelta>,
    grants: bool,
}

impl Content {
    pub(super) fn check_organisers(
        &self,
        written: &written::Organisers,
        faults: &mut Vec<Fault>,
    ) -> Organisers {
        for (n, key) in written.groups.iter().flatten().enumerate() {
            if !self.groups.contains_key(key) {
                let at = below("/organisers/groups", n.to_string());
                faults.push(unknown(&at, "group", key, self.groups.keys()));
            }
        }
        for (n, key) in written.sets.iter().flatten().enumerate() {
            if !self.catalogue.options.contains_key(key) {
                let at = below("/organisers/sets", n.to_string());
                faults.push(unknown(&at, "option", key, self.catalogue.options.keys()));
            }
        }
        let longest = written.longest.as_ref().and_then(|json| {
            let read = read_amount(Measure::Duration, json).and_then(|seconds| match seconds {
                1.. => TimeDelta::try_seconds(seconds).ok_or_else(|| "the number is too large".to_owned()),
                _ => Err("write a time, for example 30d".to_owned()),
            });
            let fault = |why| Fault::new("/organisers/longest", "amount", why).with_value(json.clone());
            read.map_err(|why| faults.push(fault(why))).ok()
        });
        let set = |keys: &Option<Vec<Key>>| keys.as_ref().map(|keys| keys.iter().cloned().collect());
        Organisers { groups: set(&written.groups), sets: set(&written.sets), longest, grants: written.grants }
    }

    /// Checks an event as a site file's is: by itself, and against the site's trims. The faults have
    /// their places below `/events/KEY`.
    pub fn check_event(&self, key: &Key, written: &events::Event) -> (Option<Event>, Vec<Fault>) {
        let mut faults = Vec::new();
        let groups: BTreeSet<&Key> = self.groups.keys().collect();
        let event = Event::check(key, written, &self.catalogue, &groups, &mut faults);
        faults.extend(event.iter().flat_map(|event| self.conflicts_of(event)).map(|fault| {
            // The author finds it where they wrote it.
            let option = fault.pointer.rsplit('/').next().and_then(|key| Key::try_from(key).ok());
            match option.filter(|option| written.sets.contains_key(option)) {
                Some(option) => {
                    let at = below(&below("/events", key.as_str()), "sets");
                    Fault { pointer: below(&at, option.as_str()), ..fault }
                }
                None => fault,
            }
        }));
        (event, faults)
    }

    /// Trims of an event that leave nothing of an option, in whichever audience.
    pub(super) fn conflicts_of(&self, event: &Event) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for profile in &self.catalogue.profiles {
            for audience in event.audiences.keys() {
                let acting = Acting::Event(event, Role { organiser: false, audience: Some(*audience) });
                let Err(conflict) = self.trimmed(profile, Some(acting), &[], ALWAYS) else { continue };
                let at = below(&below("/events", event.key.as_str()), "trims");
                let at = below(&at, conflict.option.as_str());
                // Profiles and audiences share options; once is enough.
                if !faults.iter().any(|fault| fault.pointer == at) {
                    faults.push(Fault::new(at, "conflict", conflict.sentence));
                }
            }
        }
        faults
    }

    /// What the site does not leave to organisers in `event`, which is `written` so. What stood in it
    /// `before` stays: an administrator may have put it there.
    pub fn beyond_organisers(
        &self,
        event: Option<&Event>,
        written: &events::Event,
        before: Option<&events::Event>,
    ) -> Vec<Fault> {
        let limits = &self.organisers;
        let mut faults = limits.uninvited(written, before);
        for (at, audience) in [("/trims".to_owned(), None)].into_iter().chain(of_audiences("trims")) {
            let theirs = |event| trims_of(event, audience);
            let old = before.and_then(theirs);
            for (key, trim) in theirs(written).into_iter().flatten() {
                let old = old.and_then(|trims| trims.get(key));
                let at = below(&at, key.as_str());
                if trim.grant.is_some() && !limits.grants && old.is_none_or(|old| old.grant != trim.grant) {
                    let why = "what people may choose beyond the usual is an administrator's to give: leave grant out";
                    faults.push(Fault::new(below(&at, "grant"), "grant", why));
                }
                if trim.fixed.is_some() && old.is_none_or(|old| old.fixed != trim.fixed) {
                    faults.extend(limits.not_theirs(&below(&at, "fixed"), key));
                }
            }
        }
        let sets = written.sets.iter().filter(|(key, json)| {
            before.and_then(|before| before.sets.get(*key)).is_none_or(|old| old != *json)
        });
        for (key, _) in sets {
            let at = below("/sets", key.as_str());
            faults.extend(match limits.sets {
                Some(_) => limits.not_theirs(&at, key),
                None => event.and_then(|event| self.beyond_baseline(&at, event, key)),
            });
        }
        let times = |event: &events::Event| (event.from.clone(), event.to.clone(), event.zone.clone());
        let moved = before.is_none_or(|before| times(before) != times(written));
        if let (Some(event), Some(longest), true) = (event, limits.longest, moved)
            && event.ends_at() - event.opens_at() > longest
        {
            let longest = Measure::Duration.label(longest.num_seconds());
            let why =
                format!("events of organisers last at most {longest}: ask an administrator for a longer one");
            faults.push(Fault::new("/to", "too-long", why).with_value(written.to.as_str()));
        }
        faults
    }

    /// A value that not everybody could choose anyway.
    fn beyond_baseline(&self, at: &str, event: &Event, key: &Key) -> Option<Fault> {
        let opt: &Opt = self.catalogue.options.get(key)?;
        let value = event.trims.iter().filter(|trim| trim.option == *key).find_map(fixed)?;
        // Where nothing is left for everybody, nothing is.
        let mut usual = Trimmed::new(opt);
        let usual = self.trim(&mut usual, None, &[], ALWAYS).ok().map(|()| usual);
        let fault = |why: String| Fault::new(at, "beyond", why).with_value(opt.kind.json(value));
        match usual.filter(|usual| !usual.absent) {
            Some(usual) if usual.allowed.contains(&opt.kind, value) => None,
            Some(usual) => {
                let all = usual.allowed.describe(&opt.kind);
                let why = format!("{}: everybody has {all}; more is an administrator's to give", opt.label);
                Some(fault(why).with_allowed(usual.allowed.json(&opt.kind)))
            }
            None => Some(fault(format!("{}: this is an administrator's to give", opt.label))),
        }
    }
}

impl Organisers {
    fn uninvited(&self, written: &events::Event, before: Option<&events::Event>) -> Vec<Fault> {
        let Some(theirs) = &self.groups else { return vec![] };
        let mut faults = Vec::new();
        for (at, audience) in of_audiences("groups") {
            let groups = |event| {
                audience.and_then(|audience| members_of(event, audience)).map(|members| &members.groups)
            };
            let old = before.and_then(groups);
            let new = groups(written).into_iter().flatten().enumerate();
            for (n, key) in new.filter(|(_, key)| !theirs.contains(*key)) {
                if old.is_some_and(|old| old.contains(key)) {
                    continue;
                }
                let why = format!("organisers do not invite the group “{key}”: ask an administrator");
                let fault = Fault::new(below(&at, n.to_string()), "not-invitable", why);
                faults.push(fault.with_value(key.as_str()).with_allowed(json!(theirs)));
            }
        }
        faults
    }

    fn not_theirs(&self, at: &str, key: &Key) -> Option<Fault> {
        let theirs = self.sets.as_ref().filter(|theirs| !theirs.contains(key))?;
        let why = format!("organisers do not set “{key}”: ask an administrator");
        Some(Fault::new(at, "not-settable", why).with_allowed(json!(theirs)))
    }
}

/// Each audience, and where `member` of it stands.
fn of_audiences(member: &str) -> impl Iterator<Item = (String, Option<Audience>)> {
    Audience::ALL
        .into_iter()
        .map(move |audience| (below(&below("/audiences", audience.word()), member), Some(audience)))
}

fn members_of(event: &events::Event, audience: Audience) -> Option<&events::Members> {
    match audience {
        Audience::Participant => event.audiences.participant.as_ref(),
        Audience::Helper => event.audiences.helper.as_ref(),
        Audience::Instructor => event.audiences.instructor.as_ref(),
    }
}

/// The trims of an audience, or those of all of them.
fn trims_of(event: &events::Event, audience: Option<Audience>) -> Option<&Trims> {
    match audience {
        None => Some(&event.trims),
        Some(audience) => members_of(event, audience).map(|members| &members.trims),
    }
}

fn fixed(trim: &Trim) -> Option<&crate::catalogue::Value> {
    trim.statements.iter().find_map(|statement| match statement {
        Statement::Fixed(value) => Some(value),
        _ => None,
    })
}
