//! A whole site as its file says it: catalogue, trims, groups, presets.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalogue::Key;
use crate::catalogue::ordered::Ordered;
use crate::catalogue::written::{Backend, Catalogue, Opt, Profile};
use crate::events::written as events;
use crate::groups::Username;
use crate::presets::written::Preset;
use crate::rules::written::Rules;
use crate::trims::written::Trims;

/// The site file. Its groups, events and presets are kept row by row; the rest is one document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Whom to ask: an address or a sentence; every refusal ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    #[serde(default)]
    pub options: Ordered<Key, Opt>,
    #[serde(default)]
    pub backends: Ordered<Key, Backend>,
    #[serde(default)]
    pub profiles: Ordered<Key, Profile>,
    /// The site's ceiling: nothing exceeds it.
    #[serde(default)]
    pub trims: Trims,
    /// What everybody has; grants of groups and events add to it.
    #[serde(default, skip_serializing_if = "nothing")]
    pub baseline: Trims,
    /// What options say about one another.
    #[serde(default, skip_serializing_if = "nothing")]
    pub rules: Rules,
    #[serde(default, skip_serializing_if = "nothing")]
    pub groups: Ordered<Key, Group>,
    /// Courses, workshops and hackathons.
    #[serde(default, skip_serializing_if = "nothing")]
    pub events: Ordered<Key, events::Event>,
    /// What organisers may do in events of their own; absent: what [`Organisers`] says of each.
    #[serde(default, skip_serializing_if = "Organisers::is_unsaid")]
    pub organisers: Organisers,
    #[serde(default, skip_serializing_if = "nothing")]
    pub presets: Ordered<Key, Preset>,
    #[serde(default)]
    pub defaults: Defaults,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defaults {
    /// What a start without any choice means, for everybody who may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Key>,
}

/// What the site leaves to organisers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisers {
    /// The groups they may invite; all where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Key>>,
    /// The options they may set by value, as far as the ceiling allows; where nothing is said, all, but
    /// only to what everybody may choose anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<Vec<Key>>,
    /// From the first opening to the end: `30d`; as long as any event where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<Json>,
    /// Whether they may `grant` what not everybody has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grants: bool,
}

impl Organisers {
    fn is_unsaid(&self) -> bool {
        *self == Self::default()
    }
}

/// A group of people and what it may do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub title: String,
    pub from: From,
    /// Higher stands first; 0 where nothing is said.
    #[serde(default)]
    pub priority: i32,
    /// Whom to ask about this group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Who writes this group's presets; they need not be its members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managers: Vec<Username>,
    #[serde(default)]
    pub trims: Trims,
}

/// Where a group's members are listed: exactly one of these.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// A distinguished name.
    Ldap(String),
    /// The name of a group at the hub.
    Hub(String),
    /// The name of a group in the file of groups.
    File(String),
}

fn nothing<V>(map: &Ordered<Key, V>) -> bool {
    map.is_empty()
}

impl Site {
    /// The part that [`crate::catalogue::Catalogue::check`] reads.
    pub fn catalogue(&self) -> Catalogue {
        Catalogue {
            options: self.options.clone(),
            backends: self.backends.clone(),
            profiles: self.profiles.clone(),
        }
    }
}
