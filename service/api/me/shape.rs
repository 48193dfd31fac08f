//! What is one's own, as the API writes and reads it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::ToSchema;
use validator::Validate;

use crate::api::groups::{Group, standing};
use crate::desk::groups::GroupShown;
use crate::desk::people::{self, Set};
use crate::desk::presets::Acting;
use crate::hub::Rights;
use crate::presets;
use crate::store::selections::Selection;

/// Who somebody is here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub name: String,
    /// `user` or `service`.
    pub kind: &'static str,
    /// What they may do beyond what is their own: `read`, `events`, `admin`, `resolve`.
    pub rights: Vec<&'static str>,
    /// The groups of this site they are in or manage, by key.
    pub groups: Vec<Group>,
    /// How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`.
    pub groups_standing: &'static str,
    /// What a start of theirs without any choice means: their own default, else the site's.
    pub default_preset: Option<String>,
    /// What they last started, for each server and context, the newest first.
    pub last_used: Vec<LastUsed>,
}

/// What somebody last started in one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastUsed {
    /// Empty for the default server.
    pub server_name: String,
    /// The group it was started for; none for none.
    pub context: Option<String>,
    /// A preset's id, or `~` and a profile of which every option was chosen by hand.
    pub preset: String,
    /// The values they chose.
    #[schema(value_type = Object)]
    pub values: Any,
    pub at: DateTime<Utc>,
}

/// All that somebody last started.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastUsedPage {
    pub items: Vec<LastUsed>,
    /// Always null: this is all.
    pub next: Option<String>,
}

/// What somebody set for themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct Preferences {
    /// What a start without any choice means; none: the site's default.
    pub default: Option<String>,
    /// The same for single servers, by name.
    pub servers: BTreeMap<String, String>,
    /// What stands first in the form, in this order.
    pub order: Vec<String>,
    /// What the form leaves out. It can be started all the same, by link or by name.
    pub hidden: Vec<String>,
    /// Of all that is named here: what they have not, or not any more.
    pub unavailable: Vec<String>,
    /// Counts up with each change, from 0; the `ETag` in quotation marks.
    pub version: i64,
}

/// What somebody wants to set for themselves, the whole of it. A preset is named by its id, a profile
/// of which every option is chosen by hand by `~` and its key.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferencesToKeep {
    #[serde(default)]
    #[schema(max_length = 65)]
    pub default: Option<String>,
    /// At most 64 servers; names have 1 to 255 characters.
    #[serde(default)]
    pub servers: BTreeMap<String, String>,
    /// Each only once.
    #[serde(default)]
    #[schema(max_items = 256)]
    pub order: Vec<String>,
    /// Each only once, and no default among them.
    #[serde(default)]
    #[schema(max_items = 256)]
    pub hidden: Vec<String>,
}

impl Me {
    pub fn of(acting: &Acting, rights: Rights, me: people::Me) -> Self {
        let people::Me { content, membership, preferences, last } = me;
        let theirs = Acting { reads_all: false, ..acting.clone() };
        let groups = content.groups_around(&acting.name, &membership).into_values();
        let groups = groups.filter_map(|group| GroupShown::of(&content, group, &theirs, &membership));
        let words = [
            ("read", rights.read),
            ("events", rights.events),
            ("admin", rights.admin),
            ("resolve", rights.resolve),
        ];
        let site = content.default_preset.as_ref().map(ToString::to_string);
        Self {
            name: acting.name.to_string(),
            kind: if acting.is_service { "service" } else { "user" },
            rights: words.into_iter().filter(|(_, held)| *held).map(|(word, _)| word).collect(),
            groups: groups.map(Group::from).collect(),
            groups_standing: standing(membership.standing()),
            default_preset: preferences.default.or(site),
            last_used: last.into_iter().map(LastUsed::from).collect(),
        }
    }
}

impl From<Selection> for LastUsed {
    fn from(selection: Selection) -> Self {
        let Selection { server_name, context, preset, chosen_values, at, .. } = selection;
        let context = Some(context).filter(|context| !context.is_empty());
        Self { server_name, context, preset, values: chosen_values, at }
    }
}

impl From<Vec<Selection>> for LastUsedPage {
    fn from(selections: Vec<Selection>) -> Self {
        Self { items: selections.into_iter().map(LastUsed::from).collect(), next: None }
    }
}

impl From<Set> for Preferences {
    fn from(set: Set) -> Self {
        let presets::Preferences { default, servers, order, hidden } = set.preferences;
        Self { default, servers, order, hidden, unavailable: set.unavailable, version: set.version }
    }
}

impl From<PreferencesToKeep> for presets::Preferences {
    fn from(asked: PreferencesToKeep) -> Self {
        let PreferencesToKeep { default, servers, order, hidden } = asked;
        Self { default, servers, order, hidden }
    }
}
