//! Presets as an administrator or a person writes them.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalogue::Key;
use crate::catalogue::ordered::Ordered;
use crate::groups::{Audience, Username};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub owner: Owner,
    pub profile: Key,
    #[serde(default)]
    pub values: Ordered<Key, Json>,
    #[serde(default)]
    pub ask: Ordered<Key, Ask>,
    /// Of an event's preset: the audiences it is for; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Audience>,
    /// Whether a link alone does not start it: it is started on the page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

/// Whose preset it is: who sees it, and in whose context it starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// Everybody's.
    Site,
    Group(Key),
    Event(Key),
    User(Username),
}

/// How far the person may change one option of a preset; empty: as far as the trims allow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Json>>,
}
