//! The catalogue as an administrator writes it and the database keeps it: shape checked, sense not yet.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::Key;
use super::ordered::Ordered;

/// Options, backends and profiles in the order they are shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(default)]
    pub options: Ordered<Key, Opt>,
    #[serde(default)]
    pub backends: Ordered<Key, Backend>,
    #[serde(default)]
    pub profiles: Ordered<Key, Profile>,
}

/// One field. Which of the members may be there depends on `type`; [`super::Catalogue::check`] says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opt {
    #[serde(rename = "type")]
    pub kind: OptType,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What follows a number: `cores`, `GPUs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Value and label, in the order shown.
    #[serde(default, skip_serializing_if = "no_choices")]
    pub choices: Ordered<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Whether the value stands in the one line that sums a preset up. On unless it is a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptType {
    Choice,
    Integer,
    Decimal,
    Duration,
    Memory,
    Boolean,
    Text,
}

/// What the hub starts: a spawner class by the key its own configuration gives it, and traits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    pub spawner: Key,
    #[serde(default)]
    pub traits: Ordered<String, Json>,
    #[serde(default)]
    pub environment: Ordered<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub title: String,
    pub backend: Key,
    pub options: Vec<Key>,
    /// Whether people may fill in every option themselves, without a preset.
    #[serde(default = "yes")]
    pub open: bool,
}

fn no_choices(choices: &Ordered<String, String>) -> bool {
    choices.is_empty()
}

fn yes() -> bool {
    true
}
