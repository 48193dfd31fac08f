//! The catalogue as an administrator writes it and the database keeps it: shape checked, sense not yet.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
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
    /// Where people read more: an address that begins with `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The heading it stands under where every option is chosen by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// What follows a number: `cores`, `GPUs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// In the order shown.
    #[serde(default, skip_serializing_if = "no_choices")]
    pub choices: Ordered<String, Choice>,
    /// Of a multi or of modules: how many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
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
    #[serde(default, skip_serializing_if = "Persist::is_always")]
    pub persist: Persist,
    /// What it was called before: presets that say so mean this option.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<Key>,
}

/// How long what a person chose is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Persist {
    /// In presets, and as what was used last.
    #[default]
    Always,
    /// As what was used last, but in no preset.
    Session,
    /// Not at all: a reservation, an account of one event.
    Never,
}

impl Persist {
    fn is_always(&self) -> bool {
        *self == Self::Always
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptType {
    Choice,
    Multi,
    Integer,
    Decimal,
    Duration,
    Memory,
    Boolean,
    Text,
    Modules,
}

/// One value to choose: its label, or a map with the label and more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice(pub ChoiceMap);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceMap {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Only for people in one of these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Key>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// Means that nothing is chosen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing: bool,
    /// Of modules: what is loaded before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Of modules: what cannot be loaded beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
}

impl From<&str> for Choice {
    fn from(label: &str) -> Self {
        Self(ChoiceMap { label: label.to_owned(), ..ChoiceMap::default() })
    }
}

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::from(self.0.label.as_str()) {
            serializer.serialize_str(&self.0.label)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LabelOrMap;
        impl<'de> Visitor<'de> for LabelOrMap {
            type Value = Choice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label, or a map with `label`")
            }

            fn visit_str<E: serde::de::Error>(self, label: &str) -> Result<Choice, E> {
                Ok(label.into())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Choice, A::Error> {
                ChoiceMap::deserialize(MapAccessDeserializer::new(map)).map(Choice)
            }
        }
        deserializer.deserialize_any(LabelOrMap)
    }
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
    /// The option that ends a server by itself: an event caps it at its own end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_after: Option<Key>,
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

fn no_choices(choices: &Ordered<String, Choice>) -> bool {
    choices.is_empty()
}

fn yes() -> bool {
    true
}
