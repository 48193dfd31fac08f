//! The context somebody acts in: one group, or one event.

use super::content::Group;
use crate::presets::Context;

/// A context with what it says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Acting<'a> {
    Group(&'a Group),
}

impl<'a> Acting<'a> {
    pub fn context(&self) -> Context {
        match self {
            Self::Group(group) => Context::Group(group.key.clone()),
        }
    }

    pub fn is(&self, context: &Context) -> bool {
        match (self, context) {
            (Self::Group(group), Context::Group(key)) => group.key == *key,
        }
    }

    /// Whether acting in it changes what cards hold.
    pub fn simplifies(&self) -> bool {
        match self {
            Self::Group(group) => group.trims.iter().any(|trim| !trim.policy),
        }
    }

    /// What it is.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Group(_) => "group",
        }
    }

    /// What people call it.
    pub fn title(&self) -> &'a str {
        match self {
            Self::Group(group) => &group.title,
        }
    }

    /// Whom to ask about it.
    pub fn contact(&self) -> Option<&'a str> {
        match self {
            Self::Group(group) => group.contact.as_deref(),
        }
    }
}
