//! Events as their organisers send them: the words of the site file, in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};
use utoipa::ToSchema;
use validator::Validate;

use super::shape::EventKind;
use crate::api::problem::Problem;
use crate::catalogue::Key;
use crate::events::written;
use crate::groups::Username;

/// An event to make, or to put in place of one. Its times are what clocks in its zone show.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventToKeep {
    #[schema(min_length = 1, max_length = 100)]
    pub title: String,
    pub kind: EventKind,
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    /// The first opening.
    #[schema(example = "2026-11-23T09:00")]
    pub from: String,
    /// The end, which no longer belongs to it.
    #[schema(example = "2026-11-25T17:00")]
    pub to: String,
    /// On each day open within these hours only.
    #[serde(default)]
    pub daily: Option<EventHours>,
    /// Days off: `2026-11-24`.
    #[serde(default)]
    pub skip: Vec<String>,
    /// From when those who prepare it may try it; nothing said: from when it is published.
    #[serde(default)]
    pub preview: Option<String>,
    /// How long after its end members may still start: `30min`.
    #[serde(default)]
    pub grace: Option<Any>,
    /// When it is deleted; nothing said: never.
    #[serde(default)]
    pub archive: Option<String>,
    /// `false`: a draft, which only its organisers see.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub published: bool,
    #[serde(default)]
    pub public: bool,
    /// Higher stands first.
    #[serde(default)]
    pub priority: i32,
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub message: Option<String>,
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    pub contact: Option<String>,
    /// The caller where nothing is said; only an administrator says otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1020)]
    pub owner: Option<Username>,
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub managers: Vec<Username>,
    #[serde(default)]
    pub audiences: EventAudiences,
    /// Limits for all audiences, by option.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, EventTrim>)]
    pub trims: BTreeMap<Key, EventTrim>,
    /// Values that everybody in it starts with, by option: a reservation, an account.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub sets: BTreeMap<Key, Any>,
}

/// Hours of the day on the wall; `24:00` is the end of the day.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventHours {
    #[schema(example = "09:00")]
    pub from: String,
    #[schema(example = "17:00")]
    pub to: String,
}

/// Who takes part; at least one name or group in all.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAudiences {
    #[serde(default)]
    pub participant: Option<EventMembers>,
    #[serde(default)]
    pub instructor: Option<EventMembers>,
    #[serde(default)]
    pub helper: Option<EventMembers>,
}

/// Who belongs to one audience, and what holds for it alone.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventMembers {
    /// Keys of the site's groups.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 100)]
    pub groups: Vec<Key>,
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 256)]
    pub names: Vec<Username>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, EventTrim>)]
    pub trims: BTreeMap<Key, EventTrim>,
}

/// What an event says about one option.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventTrim {
    #[serde(default)]
    pub default: Option<Any>,
    #[serde(default)]
    pub min: Option<Any>,
    #[serde(default)]
    pub max: Option<Any>,
    #[serde(default)]
    pub only: Option<Vec<Any>>,
    #[serde(default)]
    pub except: Option<Vec<Any>>,
    #[serde(default)]
    pub fixed: Option<Any>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub hidden: bool,
    #[serde(default)]
    pub absent: bool,
    /// What those who take part may choose beyond what everybody may; `{}`: all that the site's ceiling has.
    #[serde(default)]
    pub grant: Option<EventGrant>,
    /// Why: it is what people are told.
    pub because: String,
    /// RFC 3339 with an offset: it says nothing any more from then on.
    #[serde(default)]
    pub until: Option<String>,
}

/// How much more; a missing side is the site's ceiling.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventGrant {
    #[serde(default)]
    pub min: Option<Any>,
    #[serde(default)]
    pub max: Option<Any>,
    #[serde(default)]
    pub only: Option<Vec<Any>>,
}

fn yes() -> bool {
    true
}

impl EventToKeep {
    /// The event as the site file would say it: the same words.
    ///
    /// # Errors
    /// 500: a mistake of ours.
    pub fn read(self) -> Result<written::Event, Problem> {
        let read = serde_json::to_value(self).and_then(serde_json::from_value);
        read.map_err(|error| Problem::internal(format!("an event was read and is none: {error}")))
    }
}

/// The event as [`EventToKeep`] is sent: ordered maps, kept as lists of pairs, are maps there.
pub fn as_sent(event: &written::Event) -> Any {
    let mut sent = json!(event);
    mapped(&mut sent["trims"]);
    mapped(&mut sent["sets"]);
    for (_, members) in sent["audiences"].as_object_mut().into_iter().flatten() {
        mapped(&mut members["trims"]);
    }
    sent
}

fn mapped(pairs: &mut Any) {
    let pair = |item: &Any| Some((item.get(0)?.as_str()?.to_owned(), item.get(1)?.clone()));
    if let Some(map) = pairs.as_array().and_then(|items| items.iter().map(pair).collect()) {
        *pairs = Any::Object(map);
    }
}
