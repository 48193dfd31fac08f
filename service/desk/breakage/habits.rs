//! What people used last or set as their default, and would find gone.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Key, Profile};
use crate::effective::{CardId, Content};
use crate::presets::Preferences;
use crate::store::habits::Habits;

/// The people it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interrupted {
    /// Whose last start is not to be had any more as it was.
    pub last_used: BTreeSet<String>,
    /// Whose default, of all servers or of one, is gone.
    pub defaults: BTreeSet<String>,
}

impl Interrupted {
    /// What is there in `before` and not in `after`; `broken`: presets that are there, and do not start as they were.
    pub(super) fn of(habits: &Habits, before: &Content, after: &Content, broken: &BTreeSet<&Key>) -> Self {
        let goes = |text: &str| {
            let Some(card) = CardId::read(text) else { return false };
            let breaks = matches!(&card, CardId::Preset(id) if broken.contains(id));
            profile_of(before, &card).is_some() && (breaks || profile_of(after, &card).is_none())
        };
        let lost = |text: &str, key: &str, json: &serde_json::Value| {
            let fits = |content: &Content| {
                let card = CardId::read(text)?;
                Some(takes(&content.catalogue, profile_of(content, &card)?, key, json))
            };
            fits(before) == Some(true) && fits(after) == Some(false)
        };
        let used = habits.used.iter().filter(|used| {
            let chosen = used.chosen_values.as_object();
            goes(&used.card) || chosen.into_iter().flatten().any(|(key, json)| lost(&used.card, key, json))
        });
        let defaults = habits.preferences.iter().filter(|(_, document)| {
            let preferences = Preferences::kept(document);
            preferences.default.iter().chain(preferences.servers.values()).any(|card| goes(card))
        });
        Self {
            last_used: used.map(|used| used.person.clone()).collect(),
            defaults: defaults.map(|(person, _)| person.clone()).collect(),
        }
    }

    pub fn is_nobody(&self) -> bool {
        self.last_used.is_empty() && self.defaults.is_empty()
    }

    /// For a terminal: how many, and the first of them.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        [("what was used last", &self.last_used), ("the default", &self.defaults)]
            .into_iter()
            .filter(|(_, people)| !people.is_empty())
            .map(|(what, people)| {
                const SHOWN: usize = 5;
                let names: Vec<String> =
                    people.iter().take(SHOWN).map(|name| name.escape_debug().to_string()).collect();
                let more = if people.len() > SHOWN { ", …" } else { "" };
                format!("! breaks {what} of {} people: {}{more}", people.len(), names.join(", "))
            })
    }
}

/// The profile that a card starts, where there is such a card.
fn profile_of<'a>(content: &'a Content, card: &CardId) -> Option<&'a Profile> {
    match card {
        CardId::Preset(id) => content.catalogue.profile(&content.presets.get(id)?.profile),
        CardId::Open(key) => content.catalogue.profile(key).filter(|profile| profile.open),
    }
}

/// Whether the catalogue has such a value; who may have it is another matter.
fn takes(catalogue: &Catalogue, profile: &Profile, key: &str, json: &serde_json::Value) -> bool {
    let opt = Key::try_from(key).ok().and_then(|key| catalogue.option_of(profile, &key));
    opt.is_some_and(|opt| {
        let all = &opt.all;
        opt.kind.read(json).is_ok_and(|value| all.contains(&opt.kind, &value))
    })
}
