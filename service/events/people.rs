//! Who takes part in an event, and what each may do in each of its states.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Event, State};
use crate::catalogue::Key;
use crate::groups::{Audience, Username};
use crate::trims::Trim;

/// Who belongs to an audience, and its own trims.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Members {
    pub groups: BTreeSet<Key>,
    pub names: BTreeSet<Username>,
    /// For this audience alone, after the event's. None is a policy.
    pub trims: Vec<Trim>,
}

/// What somebody is in an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Its owner or one of its managers; an administrator of the site counts as one too.
    pub organiser: bool,
    pub audience: Option<Audience>,
}

/// What somebody may do with the presets of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum May {
    Start,
    /// See the form as it will be; start nothing.
    Look,
    /// Neither, and why, as a sentence.
    No(String),
}

impl Role {
    /// The audience whose trims and presets they get: an organiser who is in none tries out what participants get.
    pub fn acts_as(self) -> Option<Audience> {
        self.audience.or(self.organiser.then_some(Audience::Participant))
    }

    /// Whether the event concerns them at all.
    pub fn takes_part(self) -> bool {
        self.organiser || self.audience.is_some()
    }

    /// Whether they start before it opens and between its days.
    fn prepares(self) -> bool {
        self.organiser || self.audience > Some(Audience::Participant)
    }
}

impl Event {
    /// As what a person in `groups` takes part.
    pub fn audience(&self, name: &Username, groups: &[&Key]) -> Option<Audience> {
        let belongs = |members: &Members| {
            members.names.contains(name) || groups.iter().any(|key| members.groups.contains(*key))
        };
        self.audiences.iter().rev().find(|(_, members)| belongs(members)).map(|(audience, _)| *audience)
    }

    /// Whether `name` owns or manages it. They need not take part.
    pub fn organised_by(&self, name: &Username) -> bool {
        self.owner.as_ref() == Some(name) || self.managers.contains(name)
    }

    /// Both at once.
    pub fn role(&self, name: &Username, groups: &[&Key]) -> Role {
        Role { organiser: self.organised_by(name), audience: self.audience(name, groups) }
    }

    /// Whether somebody may start the event's presets at `now` (`reference/peers.md` §5).
    ///
    /// Ask [`Event::is_visible_to`] first where it must not be told that there is such an event.
    pub fn may_start(&self, now: DateTime<Utc>, role: Role) -> May {
        if !role.takes_part() {
            return May::No(format!("You do not take part in “{}”.", self.title));
        }
        match self.state(now) {
            State::Draft { .. } if role.organiser => May::Look,
            State::Preview { .. } | State::Closed { .. } if role.prepares() => May::Start,
            State::Open { .. } | State::Grace { .. } => May::Start,
            _ => May::No(self.sentence(now)),
        }
    }

    /// Whether somebody is told at `now` that there is this event.
    ///
    /// A draft is its organisers'. A public event shows itself to strangers while something of it
    /// is to come, and to those who took part until it is deleted.
    pub fn is_visible_to(&self, now: DateTime<Utc>, role: Role) -> bool {
        match self.state(now) {
            State::Draft { .. } => role.organiser,
            State::Preview { .. } | State::Open { .. } | State::Closed { .. } | State::Grace { .. } => {
                self.public || role.takes_part()
            }
            State::Archived { .. } => role.takes_part(),
            State::Deleted => false,
        }
    }

    /// The trims of the event's context for somebody, broad ones first.
    ///
    /// An organiser who is in no audience gets what participants get: that is what they try out.
    pub fn trims_for(&self, role: Role) -> impl Iterator<Item = &Trim> {
        let own = role.acts_as().and_then(|audience| self.audiences.get(&audience));
        self.trims.iter().chain(own.into_iter().flat_map(|members| &members.trims))
    }
}
