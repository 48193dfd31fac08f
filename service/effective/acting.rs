//! The context somebody acts in: one group, or one event.

use chrono::{DateTime, Utc};

use super::group::Group;
use crate::events::{Event, May, Role};
use crate::presets::Context;

/// A context with what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Acting<'a> {
    Group(&'a Group),
    /// And as what.
    Event(&'a Event, Role),
}

impl<'a> Acting<'a> {
    pub fn context(&self) -> Context {
        match self {
            Self::Group(group) => Context::Group(group.key.clone()),
            Self::Event(event, _) => Context::Event(event.key.clone()),
        }
    }

    pub fn is(&self, context: &Context) -> bool {
        match (self, context) {
            (Self::Group(group), Context::Group(key)) => group.key == *key,
            (Self::Event(event, _), Context::Event(key)) => event.key == *key,
            _ => false,
        }
    }

    /// Whether both are the same.
    pub fn same(&self, other: &Acting<'_>) -> bool {
        match (self, other) {
            (Self::Group(group), Acting::Group(other)) => group.key == other.key,
            (Self::Event(event, _), Acting::Event(other, _)) => event.key == other.key,
            _ => false,
        }
    }

    /// What of it decides what cards hold, where anything does: its key, and as what somebody acts in it.
    pub(super) fn simplifies(&self) -> Option<String> {
        match self {
            Self::Group(group) => {
                group.trims.iter().any(|trim| !trim.policy).then(|| group.key.as_str().to_owned())
            }
            Self::Event(event, role) => {
                let audience = role.acts_as().map_or("", crate::events::Audience::word);
                let organises = if role.organiser { "+" } else { "" };
                Some(format!("event:{}/{audience}{organises}", event.key))
            }
        }
    }

    /// Whether any card could look different in it.
    pub fn says_something(&self) -> bool {
        self.simplifies().is_some()
    }

    /// What it is: `group`, or the event's own word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Group(_) => "group",
            Self::Event(event, _) => event.kind.word(),
        }
    }

    /// What people call it.
    pub fn title(&self) -> &'a str {
        match self {
            Self::Group(group) => &group.title,
            Self::Event(event, _) => &event.title,
        }
    }

    /// Whom to ask about it.
    pub fn contact(&self) -> Option<&'a str> {
        match self {
            Self::Group(group) => group.contact.as_deref(),
            Self::Event(event, _) => event.contact.as_deref(),
        }
    }

    /// Why nothing starts in it at `now`; none where something may.
    pub(super) fn closed(&self, now: DateTime<Utc>) -> Option<String> {
        let Self::Event(event, role) = self else { return None };
        match event.may_start(now, *role) {
            May::Start => None,
            May::Look => Some(format!("“{}” is a draft: publish it first", event.title)),
            May::No(why) => Some(why.trim_end_matches('.').to_owned()),
        }
    }
}
