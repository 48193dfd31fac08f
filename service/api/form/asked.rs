//! A start as the API reads and writes it: what is asked for, what it would give, what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Any;
use utoipa::ToSchema;
use validator::Validate;

use crate::api::problem::Problem;
use crate::desk::starts::NotBegun;
use crate::desk::{NoAnswer, presets::NotDone};
use crate::hub::servers::{NotStarted, Started};
use crate::resolve::{Asked, Resolution};

/// What is to be started, and where.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartToTry {
    /// A preset's id, or `~` and a profile's key to choose every option by hand; nothing said: one's default.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub preset: Option<String>,
    /// Values of options, as `me/effective` and `me/schema` say they may be.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Any>,
    /// The group or event to act in, as `contexts` of `me/effective` names it; empty: in none of them; nothing said:
    /// the one they would be in. A preset of a group or event starts in its own whatever is said.
    #[serde(default)]
    #[schema(max_length = 70)]
    pub context: Option<String>,
    /// The name of the server; nothing said: the default one.
    #[serde(default)]
    #[validate(length(max = 255, message = "must have at most 255 characters"))]
    #[schema(max_length = 255)]
    pub server: String,
}

/// What a start would give.
#[derive(Debug, Serialize, ToSchema)]
pub struct WouldStart {
    pub preset: StartedPreset,
    /// The group or event it would start for; none for none.
    pub context: Option<String>,
    /// Every option, checked.
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Any>,
    /// Of these, what would be remembered as chosen.
    #[schema(value_type = Object)]
    pub chosen: BTreeMap<String, Any>,
    /// What a saved preset would have to give up to fit, for people.
    pub changes: Vec<String>,
}

/// What is started.
#[derive(Debug, Serialize, ToSchema)]
pub struct StartedPreset {
    pub id: String,
    pub title: String,
    /// 0 where every option is chosen by hand.
    pub version: i64,
}

/// A server that runs, or is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerStarted {
    /// `ready`, or `pending`: it starts.
    pub state: &'static str,
    /// Where a browser finds it, or sees it start; also in `Location`.
    pub page: String,
    /// What it was asked to start.
    pub started: WouldStart,
}

impl StartToTry {
    pub fn asked(&self) -> Asked {
        let Self { preset, values, context, .. } = self;
        Asked { card: preset.clone(), values: values.clone(), context: context.clone(), ..Asked::default() }
    }
}

impl From<Resolution> for WouldStart {
    fn from(resolution: Resolution) -> Self {
        let Resolution { card, title, version, context, given, chosen, changes, .. } = resolution;
        let plain = |values: BTreeMap<_, Any>| -> BTreeMap<String, Any> {
            values
                .into_iter()
                .map(|(key, json): (crate::catalogue::Key, _)| (key.to_string(), json))
                .collect()
        };
        Self {
            preset: StartedPreset { id: card.to_string(), title, version },
            context: context.map(|context| context.to_string()),
            values: plain(given),
            chosen: plain(chosen),
            changes,
        }
    }
}

impl ServerStarted {
    pub fn of(started: Started, page: &str, resolution: Resolution) -> Self {
        let state = if started == Started::Ready { "ready" } else { "pending" };
        Self { state, page: page.to_owned(), started: resolution.into() }
    }
}

impl From<NotBegun> for Problem {
    fn from(why: NotBegun) -> Self {
        match why {
            NotBegun::NotDone(why) => NotDone::into(why),
            NotBegun::Refused(refusal) => NoAnswer::Refused(refusal).into(),
            NotBegun::NotStarted(why) => why.into(),
        }
    }
}

impl From<NotStarted> for Problem {
    fn from(why: NotStarted) -> Self {
        match why {
            NotStarted::TokenTooNarrow => Self::token_too_narrow(
                "the hub starts nothing with this token: it needs the scope servers!user. Make a token with it on \
                 the hub's token page; for sessions in the browser, an administrator adds the scope to \
                 oauth_client_allowed_scopes of this service",
            ),
            NotStarted::Refused(said) if said.is_empty() => {
                Self::not_started("the hub refused without saying why: look at its home page, then try again")
            }
            NotStarted::Refused(said) => Self::not_started(format!(
                "the hub says: {said}. If a server of that name runs or starts already, stop it first"
            )),
            NotStarted::Busy(said) => {
                let said = if said.is_empty() { "it has too much to do".to_owned() } else { said };
                Self::busy(format!("the hub starts nothing just now: {said}"))
            }
            NotStarted::Unknown(trouble) => {
                tracing::warn!("a start: {trouble}");
                Self::start_unknown(
                    "the hub gave no usable answer: look at its home page whether the server starts before you \
                     try again",
                )
            }
        }
    }
}
