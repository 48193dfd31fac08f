//! Events as an administrator or an organiser writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalogue::ordered::Ordered;
use crate::catalogue::{Key, composed};
use crate::groups::Username;
use crate::trims::written::Trims;

/// One event. Its times are texts here: a mistyped one is a fault with its place, among the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub title: String,
    pub kind: Kind,
    /// An IANA name, `Europe/Berlin`: all times below are what clocks on its walls show.
    pub zone: String,
    /// The first opening: `2026-11-23T09:00`.
    pub from: String,
    /// The end, which no longer belongs to it.
    pub to: String,
    /// On each day open within these hours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily: Option<Daily>,
    /// Days off: `2026-11-24`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
    /// From when those who prepare it may try it; without it, from when it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// How long after its end members may still start: `30min`, in whole minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Json>,
    /// When it is deleted; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// `false`: a draft.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub published: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    #[serde(default)]
    pub priority: i32,
    /// 1 to 2,000 visible characters, over several lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Username>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<Username>,
    #[serde(default)]
    pub audiences: Audiences,
    /// For all audiences.
    #[serde(default)]
    pub trims: Trims,
    /// Values everybody in the event starts with: short for a trim `fixed`.
    #[serde(default)]
    pub sets: Ordered<Key, Json>,
}

impl Event {
    /// The event as it is kept: its title composed (NFC) and without spaces around it, as a preset's is.
    #[must_use]
    pub fn tidy(self) -> Self {
        Self { title: composed(self.title.trim()), ..self }
    }
}

/// What it is called in front of people; all three work alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Course,
    Workshop,
    Hackathon,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Course => "course",
            Self::Workshop => "workshop",
            Self::Hackathon => "hackathon",
        }
    }
}

/// Hours of the day on the wall: `09:00` to `17:00`; `24:00` is the end of the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Daily {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audiences {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<Members>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructor: Option<Members>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub helper: Option<Members>,
}

/// Who belongs to one audience, and what holds for it alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// Keys of the site's groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Key>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Username>,
    #[serde(default)]
    pub trims: Trims,
}

fn yes() -> bool {
    true
}
