//! What a new catalogue breaks of what was saved: whose presets could not start as they are any more.

mod habits;

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;

use crate::catalogue::{Fault, Key};
use crate::effective::Content;
use crate::presets::Owner;
use crate::site;
use crate::store::events::EventRow;
use crate::store::habits::Habits;
use crate::store::site::{GroupRow, NewSite, PresetRow, SiteRows};

pub use habits::Interrupted;

/// What is in order now, and would not be any more.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Breakage {
    pub presets: Vec<BrokenPreset>,
    /// Anything else: trims of groups, events.
    pub elsewhere: Vec<Fault>,
    /// People who would not find what they come back to.
    pub people: Interrupted,
}

/// A preset that would not start any more, or not as it was saved.
#[derive(Debug, Clone, PartialEq)]
pub struct BrokenPreset {
    pub id: Key,
    pub title: String,
    pub owner: Owner,
    /// Why, each a sentence without a full stop.
    pub why: Vec<String>,
}

/// How much is broken, by whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub presets: usize,
    /// Of the site.
    pub site: usize,
    /// Groups, events and people that have some of them.
    pub groups: usize,
    pub events: usize,
    pub people: usize,
    /// People whose last start, and whose default, would be gone.
    pub last_used: usize,
    pub defaults: usize,
}

impl Breakage {
    /// What putting `new` in place of what `old` holds would break; what is broken already does not count.
    pub fn of(old: SiteRows, habits: &Habits, new: &NewSite) -> Self {
        let then = put_in_place(&old, new);
        let (before, known) = standing(old);
        let known: BTreeSet<String> = known.into_iter().map(|fault| fault.pointer).collect();
        let (content, faults) = standing(then);
        let mut broken: BTreeMap<Key, BrokenPreset> = BTreeMap::new();
        let mut elsewhere = Vec::new();
        for fault in faults.into_iter().filter(|fault| !known.contains(&fault.pointer)) {
            let preset = fault.pointer.strip_prefix("/presets/").and_then(|rest| rest.split('/').next());
            let preset = preset.and_then(|id| content.presets.get(id));
            let Some(preset) = preset else {
                elsewhere.push(fault);
                continue;
            };
            let why = fault.detail.trim_end_matches('.').to_owned();
            let entry = broken.entry(preset.id.clone()).or_insert_with(|| BrokenPreset {
                id: preset.id.clone(),
                title: preset.title.clone(),
                owner: preset.owner.clone(),
                why: vec![],
            });
            entry.why.push(why);
        }
        let people = Interrupted::of(habits, &before, &content, &broken.keys().collect());
        Self { presets: broken.into_values().collect(), elsewhere, people }
    }

    pub fn is_nothing(&self) -> bool {
        self.presets.is_empty() && self.elsewhere.is_empty() && self.people.is_nobody()
    }

    pub fn counts(&self) -> Counts {
        let owners: BTreeSet<&Owner> = self.presets.iter().map(|preset| &preset.owner).collect();
        let mut counts = Counts {
            presets: self.presets.len(),
            last_used: self.people.last_used.len(),
            defaults: self.people.defaults.len(),
            ..Counts::default()
        };
        for owner in owners {
            match owner {
                Owner::Site => {
                    counts.site = self.presets.iter().filter(|preset| preset.owner == Owner::Site).count();
                }
                Owner::Group(_) => counts.groups += 1,
                Owner::Event(_) => counts.events += 1,
                Owner::User(_) => counts.people += 1,
            }
        }
        counts
    }

    /// For a terminal, one line each and the sum at the end; nothing where nothing breaks.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for BrokenPreset { id, title, owner, why } in &self.presets {
            let whose = match owner {
                Owner::Site => "the site's".to_owned(),
                Owner::Group(key) => format!("of group {key}"),
                Owner::Event(key) => format!("of event {key}"),
                Owner::User(name) => format!("of {}", name.as_str().escape_debug()),
            };
            lines.push(format!("! breaks preset {id} “{title}” ({whose}): {}", why.join("; ")));
        }
        lines.extend(
            self.elsewhere.iter().map(|fault| format!("! breaks {}: {}", fault.pointer, fault.detail)),
        );
        lines.extend(self.people.lines());
        if !self.presets.is_empty() {
            let Counts { presets, site, groups, events, people, .. } = self.counts();
            lines.push(format!(
                "! {presets} presets break: {site} of the site, those of {groups} groups, {events} events and {people} people"
            ));
        }
        lines
    }
}

/// The content of `rows` and all that does not fit in it, preset by preset, whatever else is wrong.
fn standing(rows: SiteRows) -> (Content, Vec<Fault>) {
    let (content, mut faults) = site::published(rows);
    faults.extend(content.conflicts());
    let told: BTreeSet<String> = faults.iter().map(|fault| fault.pointer.clone()).collect();
    let is_told = |id: &Key| {
        let place = format!("/presets/{id}");
        told.iter()
            .any(|at| at.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let silent = content.presets.values().filter(|preset| !is_told(&preset.id));
    let more: Vec<Fault> = silent.flat_map(|preset| content.misfits_in_place(preset)).collect();
    faults.extend(more);
    (content, faults)
}

/// The rows as they would be.
fn put_in_place(old: &SiteRows, new: &NewSite) -> SiteRows {
    let at = DateTime::UNIX_EPOCH;
    let groups = new.groups.iter().map(|group| GroupRow {
        key: group.key.clone(),
        document: group.document.clone(),
        version: 1,
        updated_at: at,
    });
    let made_by_hand = old.presets.iter().filter(|preset| !preset.managed).cloned();
    let declared = new.presets.iter().map(|preset| PresetRow {
        id: preset.id.clone(),
        owner: preset.owner.clone(),
        document: preset.document.clone(),
        managed: true,
        version: 1,
        created_at: at,
        updated_at: at,
    });
    let organised = old.events.iter().filter(|event| !event.managed).cloned();
    let events = new.events.iter().map(|event| EventRow {
        key: event.key.clone(),
        document: event.document.clone(),
        managed: true,
        version: 1,
        created_at: at,
        updated_at: at,
    });
    SiteRows {
        events: organised.chain(events).collect(),
        revision: old.revision + 1,
        catalogue: Some((
            old.catalogue.as_ref().map_or(1, |(version, _)| version + 1),
            new.catalogue.clone(),
        )),
        groups: groups.collect(),
        presets: made_by_hand.chain(declared).collect(),
    }
}
