//! The events somebody takes part in, and what is theirs there at an instant.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::content::Content;
use crate::catalogue::Key;
use crate::events::{Event, Role, State};
use crate::groups::Username;
use crate::presets::Preset;

/// An event, and as what somebody takes part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part<'a> {
    pub event: &'a Event,
    pub role: Role,
}

impl Part<'_> {
    /// Whether the form offers it before anything else (design §3.3). Whoever only organises it acts elsewhere.
    pub fn is_running(&self, now: DateTime<Utc>) -> bool {
        self.role.audience.is_some() && self.event.state(now).is_running()
    }

    /// Whether its presets are among what somebody is shown: not those of a draft to others, nor what is over.
    fn is_shown(&self, now: DateTime<Utc>) -> bool {
        let over = matches!(self.event.state(now), State::Archived { .. } | State::Deleted);
        !over && self.event.is_visible_to(now, self.role)
    }

    /// Whether a preset of the event is for them.
    pub fn is_for(&self, preset: &Preset) -> bool {
        let acts_as = self.role.acts_as();
        preset.audiences.is_empty()
            || self.role.organiser
            || acts_as.is_some_and(|audience| preset.audiences.contains(&audience))
    }
}

impl Content {
    /// The presets that an event has for somebody.
    pub fn presets_in(&self, part: &Part<'_>) -> impl Iterator<Item = &Arc<Preset>> {
        let presets = self.presets_by_event.get(&part.event.key).into_iter().flatten();
        presets.filter(|preset| part.is_for(preset))
    }

    /// How many presets an event has.
    pub fn presets_of_event(&self, event: &Key) -> usize {
        self.presets_by_event.get(event).map_or(0, Vec::len)
    }

    /// The events that `person` owns or manages, in whatever state they are.
    pub fn organised_by(&self, person: &Username) -> impl Iterator<Item = &Key> {
        self.events.values().filter(move |event| event.organised_by(person)).map(|event| &event.key)
    }

    /// The events that show themselves to `person`, who is in `groups`, at `now`: higher priority first, then
    /// what opens first, then by key.
    pub fn parts_of(&self, person: &Username, groups: &[&Key], now: DateTime<Utc>) -> Vec<Part<'_>> {
        let part = |event| Part { event, role: Event::role(event, person, groups) };
        let mut parts: Vec<Part<'_>> = (self.events.values().map(part))
            .filter(|part| part.role.takes_part() && part.is_shown(now))
            .collect();
        parts.sort_by_key(|part| (std::cmp::Reverse(part.event.priority), part.event.opens_at()));
        parts
    }
}
