//! The catalogue as the API writes it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::amount::Measure;
use crate::catalogue::{self as core, Kind, Persist, Value};
use crate::effective::Content;
use crate::store::catalogues::Applied;

/// What the site offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Catalogue {
    /// Counts up with each change; the `ETag` in quotation marks.
    pub version: i64,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// By key.
    pub options: BTreeMap<String, Opt>,
    /// In the site's order.
    pub profiles: Vec<Profile>,
    /// The hub's own name of each backend's spawner, by key. How a backend is set up is not told.
    pub backends: BTreeMap<String, Backend>,
}

/// One field of a form.
#[derive(Debug, Serialize, ToSchema)]
pub struct Opt {
    /// `choice`, `multi`, `integer`, `decimal`, `duration`, `memory`, `boolean`, `text` or `modules`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What follows a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a choice, in the order shown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Any>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Any>,
    /// From `min` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Any>,
    /// What a text matches, from its first character to its last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Of a text, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Of several: how many at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
    /// Where people read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The heading it stands under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// `always`; `session`: kept in no preset; `never`: not even until the next start.
    pub persist: &'static str,
    pub default: Any,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Choice {
    pub value: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Keys of the groups whose members alone may choose it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Of modules: what is loaded before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Of modules: what cannot be loaded beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
}

/// Something that can be started.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    pub key: String,
    pub title: String,
    pub backend: String,
    /// Keys of options, in the order they are asked.
    pub options: Vec<String>,
    /// Whether every option may be chosen by hand, without a preset.
    pub open: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Backend {
    pub spawner: String,
}

/// One catalogue as it was applied.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueVersion {
    pub version: i64,
    pub applied_at: DateTime<Utc>,
    /// Who applied it.
    pub applied_by: String,
    /// The document as it was applied; in a list it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub document: Option<Any>,
}

/// Part of the catalogue's history, latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueVersionPage {
    pub items: Vec<CatalogueVersion>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CatalogueVersionPath {
    #[param(minimum = 1)]
    pub version: i64,
}

impl Catalogue {
    pub fn of(content: &Content) -> Self {
        let core::Catalogue { options, backends, profiles } = &content.catalogue;
        Self {
            version: content.catalogue_version,
            contact: content.contact.clone(),
            options: options.iter().map(|(key, opt)| (key.to_string(), Opt::of(opt))).collect(),
            profiles: profiles.iter().map(Profile::of).collect(),
            backends: backends
                .iter()
                .map(|(key, backend)| (key.to_string(), Backend { spawner: backend.spawner.to_string() }))
                .collect(),
        }
    }
}

impl Opt {
    fn of(opt: &core::Opt) -> Self {
        let kind = &opt.kind;
        let bare = Self {
            kind: word(kind),
            label: opt.label.clone(),
            help: opt.help.clone(),
            unit: None,
            choices: vec![],
            min: None,
            max: None,
            step: None,
            pattern: None,
            max_length: None,
            most: None,
            link: opt.link.clone(),
            section: opt.section.clone(),
            persist: match opt.persist {
                Persist::Always => "always",
                Persist::Session => "session",
                Persist::Never => "never",
            },
            default: kind.json(&opt.default),
        };
        match kind {
            Kind::Choice(choices) => Self { choices: choices.iter().map(Choice::of).collect(), ..bare },
            Kind::Several(several) => Self {
                choices: several.choices.iter().map(Choice::of).collect(),
                most: Some(several.most),
                ..bare
            },
            Kind::Amount { unit, min, max, step, .. } => {
                let amount = |amount: &i64| Some(kind.json(&Value::Amount(*amount)));
                Self { unit: unit.clone(), min: amount(min), max: amount(max), step: amount(step), ..bare }
            }
            Kind::Flag => bare,
            Kind::Text { pattern, longest, .. } => {
                Self { pattern: Some(pattern.as_str().to_owned()), max_length: Some(*longest), ..bare }
            }
        }
    }
}

impl Choice {
    fn of(choice: &core::Choice) -> Self {
        Self {
            value: choice.value.to_string(),
            label: choice.label.clone(),
            help: choice.help.clone(),
            groups: choice.groups.iter().map(ToString::to_string).collect(),
            needs: choice.needs.iter().map(ToString::to_string).collect(),
            conflicts: choice.conflicts.iter().map(ToString::to_string).collect(),
        }
    }
}

fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Choice(_) => "choice",
        Kind::Several(several) if several.modules => "modules",
        Kind::Several(_) => "multi",
        Kind::Amount { measure: Measure::Integer, .. } => "integer",
        Kind::Amount { measure: Measure::Decimal, .. } => "decimal",
        Kind::Amount { measure: Measure::Duration, .. } => "duration",
        Kind::Amount { measure: Measure::Memory, .. } => "memory",
        Kind::Flag => "boolean",
        Kind::Text { .. } => "text",
    }
}

impl Profile {
    fn of(profile: &core::Profile) -> Self {
        Self {
            key: profile.key.to_string(),
            title: profile.title.clone(),
            backend: profile.backend.to_string(),
            options: profile.options.iter().map(ToString::to_string).collect(),
            open: profile.open,
        }
    }
}

impl CatalogueVersion {
    pub fn of(applied: Applied, document: Option<Any>) -> Self {
        let Applied { version, applied_at, applied_by } = applied;
        Self { version, applied_at, applied_by, document }
    }
}
