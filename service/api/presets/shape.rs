//! Presets as the API writes and reads them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

pub use super::owner::{Owner, OwnerKind};
use crate::api::events::shape::Audience;
use crate::api::extract::name_sized;
use crate::api::problem::Problem;
use crate::catalogue::Key;
use crate::desk::presets::{Copy, Shown, Version};
use crate::presets;
use crate::presets::draft::Draft;
use crate::presets::written;

/// A named start.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preset {
    #[schema(example = "pytorch-k3vq7mzp")]
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub owner: Owner,
    /// The profile it starts.
    pub profile: String,
    /// Values of the profile's options; an option that is not here has its default.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Any>,
    /// The options that may be changed at the start, and how far.
    pub ask: BTreeMap<String, Ask>,
    /// Of an event's: whom it is for; none: all who take part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Audience>,
    /// Whether a link alone does not start it: it is started on the page.
    pub confirm: bool,
    /// Counts up with each change; the `ETag` in quotation marks.
    pub version: i64,
    /// It comes from the site file: it is changed there, and not here.
    pub managed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of what was sent just now: values that no preset keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_saved: Vec<NotSaved>,
    /// Of what was sent just now: another preset of the same owner with a title that looks the same, so that nobody
    /// can tell the two cards apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub looks_like: Option<Alike>,
}

/// A preset that people may take for another one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alike {
    pub id: String,
    pub title: String,
}

/// A value that was left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotSaved {
    pub option: String,
    pub label: String,
    /// For people.
    pub why: String,
}

/// How far one option may be changed; nothing said: as far as the limits allow.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Of a number: no less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Any>,
    /// Of a number: no more than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Any>,
    /// One of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 256, nullable = false)]
    pub only: Option<Vec<Any>>,
}

/// A preset to make, or to put in place of one.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PresetToKeep {
    /// 1 to 100 characters that can be seen, kept composed (NFC) and without spaces around it.
    #[schema(min_length = 1, max_length = 100)]
    pub title: String,
    /// At most 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// The caller's own where nothing is said; of a preset that is there, it does not change.
    #[serde(default)]
    pub owner: Option<Owner>,
    #[schema(min_length = 1, max_length = 64)]
    pub profile: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Any>,
    #[serde(default)]
    pub ask: BTreeMap<String, Ask>,
    /// Of an event's: whom it is for; nothing said: all who take part.
    #[serde(default)]
    #[schema(max_items = 3)]
    pub audiences: Vec<Audience>,
    /// Whether a link alone does not start it: it is started on the page.
    #[serde(default)]
    pub confirm: bool,
}

/// What becomes of a copy.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CopyToMake {
    /// Whose it becomes; the caller's own where nothing is said.
    #[serde(default)]
    pub owner: Option<Owner>,
    /// The original's where nothing is said.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 100)]
    pub title: Option<String>,
}

/// Part of a list of presets.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetPage {
    pub items: Vec<Preset>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// What a preset said at one version.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetVersion {
    pub version: i64,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub profile: String,
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Any>,
    pub ask: BTreeMap<String, Ask>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub audiences: Vec<Audience>,
    /// Whether a link alone does not start it: it is started on the page.
    pub confirm: bool,
    pub changed_at: DateTime<Utc>,
    /// Who made it so; told to those who may change the preset, or see everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Part of a preset's history, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresetVersionPage {
    pub items: Vec<PresetVersion>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// Which preset.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PresetPath {
    #[param(value_type = String, min_length = 1, max_length = 64)]
    pub id: Key,
}

/// Which version of which preset.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    #[param(value_type = String, min_length = 1, max_length = 64)]
    pub id: Key,
    #[param(minimum = 1)]
    pub version: i64,
}

/// Which part of which presets.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PresetQuery {
    /// How many at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
    #[param(value_type = u8, minimum = 1, maximum = 100, default = 50)]
    pub limit: u8,
    /// `next` of the part before.
    pub cursor: Option<String>,
    /// Only presets of such an owner.
    #[param(inline)]
    pub owner_kind: Option<OwnerKind>,
    /// Only presets of the group, event or person of this name; goes with `owner_kind`.
    #[validate(custom(function = "name_sized"))]
    #[param(max_length = 1020)]
    pub owner: Option<String>,
}

/// Which part of a history.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartQuery {
    /// How many at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
    #[param(value_type = u8, minimum = 1, maximum = 100, default = 50)]
    pub limit: u8,
    /// `next` of the part before.
    pub cursor: Option<String>,
}

fn fifty() -> u8 {
    50
}

impl From<Shown> for Preset {
    fn from(shown: Shown) -> Self {
        let Shown { id, written, version, managed, created_at, updated_at, remarks } = shown;
        Self {
            id,
            title: written.title,
            description: written.description,
            owner: (&written.owner).into(),
            profile: written.profile.to_string(),
            values: plain(&written.values),
            ask: written.ask.iter().map(|(key, ask)| (key.to_string(), ask.clone().into())).collect(),
            audiences: written.audiences.into_iter().map(Audience::from).collect(),
            confirm: written.confirm,
            version,
            managed,
            created_at,
            updated_at,
            not_saved: remarks.not_saved.into_iter().map(NotSaved::from).collect(),
            looks_like: remarks.looks_like.map(|other| Alike { id: other.id, title: other.title }),
        }
    }
}

impl From<presets::unsaved::NotSaved> for NotSaved {
    fn from(left_out: presets::unsaved::NotSaved) -> Self {
        let presets::unsaved::NotSaved { option, label, why } = left_out;
        Self { option, label, why }
    }
}

impl From<Version> for PresetVersion {
    fn from(shown: Version) -> Self {
        let Version { written, version, changed_at, changed_by } = shown;
        Self {
            version,
            title: written.title,
            description: written.description,
            profile: written.profile.to_string(),
            values: plain(&written.values),
            ask: written.ask.iter().map(|(key, ask)| (key.to_string(), ask.clone().into())).collect(),
            audiences: written.audiences.into_iter().map(Audience::from).collect(),
            confirm: written.confirm,
            changed_at,
            changed_by,
        }
    }
}

fn plain(values: &crate::catalogue::ordered::Ordered<Key, Any>) -> BTreeMap<String, Any> {
    values.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
}

impl From<written::Ask> for Ask {
    fn from(written::Ask { min, max, only }: written::Ask) -> Self {
        Self { min, max, only }
    }
}

impl From<Ask> for written::Ask {
    fn from(Ask { min, max, only }: Ask) -> Self {
        Self { min, max, only }
    }
}

impl PresetToKeep {
    /// The draft, of that owner.
    pub fn kept_by(self, owner: presets::Owner) -> Draft {
        let Self { title, description, profile, values, ask, audiences, confirm, .. } = self;
        let audiences = audiences.into_iter().map(Into::into).collect();
        let ask = ask.into_iter().map(|(key, ask)| (key, ask.into())).collect();
        Draft { title, description, owner, profile, values, ask, audiences, confirm }
    }
}

impl CopyToMake {
    /// # Errors
    /// As [`Owner::read`].
    pub fn read(self) -> Result<Copy, Problem> {
        Ok(Copy { owner: self.owner.map(Owner::read).transpose()?, title: self.title })
    }
}
