//! Events as the API writes and reads them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::draft::{EventToKeep, as_sent};
use crate::catalogue::Key;
use crate::desk::events::EventShown;
use crate::events::written;
use crate::groups;

/// A course, a workshop or a hackathon, as it stands now for whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    #[schema(example = "ai-school-2026-k3vq7mzp")]
    pub key: String,
    pub title: String,
    pub kind: EventKind,
    /// The zone in which it is told: an IANA name.
    pub zone: String,
    /// `draft`, `preview`, `open`, `closed`, `grace`, `archived` or `deleted`; null where it does not fit
    /// the catalogue of today, and nothing starts in it until its organisers have mended it.
    pub state: Option<&'static str>,
    /// The same for people: `open until 17:00 (Europe/Berlin)`.
    pub words: String,
    /// When the state is another; null where it stays.
    pub next_change: Option<DateTime<Utc>>,
    /// When participants may start: ascending, each from `opens` on and before `closes`.
    pub windows: Vec<EventWindow>,
    /// From when nothing starts any more; what runs should end by then.
    pub last_stop: Option<DateTime<Utc>>,
    /// For those who take part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Whether people who do not take part see that there is such an event.
    pub public: bool,
    pub role: EventRole,
    /// Whether one may start its presets now.
    pub may_start: bool,
    /// Whether one may change and remove it.
    pub may_change: bool,
    /// How many presets it has.
    pub presets: usize,
    /// Counts up with each change; the `ETag` in quotation marks.
    pub version: i64,
    /// It comes from the site file: it is changed there, and not here.
    pub managed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// All of it as it was written, for its organisers and whoever reads everybody's: what a change sends back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<EventToKeep>, nullable = false)]
    pub written: Option<Any>,
}

/// What it is called in front of people.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    Course,
    Workshop,
    Hackathon,
}

/// A time in which it is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventWindow {
    pub opens: DateTime<Utc>,
    pub closes: DateTime<Utc>,
}

/// What one is in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventRole {
    /// Its owner or one of its managers.
    pub organiser: bool,
    /// As what one takes part; null where one does not.
    pub audience: Option<Audience>,
}

/// As what somebody takes part in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    Participant,
    Helper,
    Instructor,
}

/// Part of a list of events, by key.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    pub items: Vec<Event>,
    /// Goes on behind these; null at the end.
    pub next: Option<String>,
}

/// Which event.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct EventPath {
    #[param(value_type = String, min_length = 1, max_length = 64)]
    pub key: Key,
}

/// Which part of which events.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventQuery {
    /// How many at most.
    #[serde(default = "fifty")]
    #[validate(range(min = 1, max = 100, message = "must be from 1 to 100"))]
    #[param(value_type = u8, minimum = 1, maximum = 100, default = 50)]
    pub limit: u8,
    /// `next` of the part before.
    pub cursor: Option<String>,
    /// All events, drafts and deleted ones too; needs `custom:presets:read`.
    #[serde(default)]
    #[param(value_type = bool, default = false)]
    pub all: bool,
}

fn fifty() -> u8 {
    50
}

impl From<EventShown> for Event {
    fn from(shown: EventShown) -> Self {
        let event = shown.event.as_ref();
        let state = event.map(|event| json!(event.state(shown.now)));
        let windows = event.into_iter().flat_map(crate::events::Event::windows);
        Self {
            state: state.and_then(|state| word(state["state"].as_str()?)),
            words: event.map_or_else(
                || "does not fit what is offered now".to_owned(),
                |event| event.words(shown.now),
            ),
            next_change: event.and_then(|event| event.next_change(shown.now)),
            windows: windows
                .map(|window| EventWindow { opens: window.opens, closes: window.closes })
                .collect(),
            last_stop: event.map(crate::events::Event::last_stop),
            role: EventRole {
                organiser: shown.role.organiser,
                audience: shown.role.audience.map(Audience::from),
            },
            may_start: shown.may_start(),
            written: shown.whole.then(|| as_sent(&shown.written)),
            message: shown.written.message.clone().filter(|_| shown.whole || shown.role.takes_part()),
            key: shown.key.to_string(),
            title: shown.written.title,
            kind: shown.written.kind.into(),
            zone: shown.written.zone,
            contact: shown.written.contact,
            public: shown.written.public,
            may_change: shown.may_change,
            presets: shown.presets,
            version: shown.version,
            managed: shown.managed,
            created_at: shown.created_at,
            updated_at: shown.updated_at,
        }
    }
}

/// The same word for good.
fn word(state: &str) -> Option<&'static str> {
    const STATES: [&str; 7] = ["draft", "preview", "open", "closed", "grace", "archived", "deleted"];
    STATES.into_iter().find(|known| *known == state)
}

impl From<written::Kind> for EventKind {
    fn from(kind: written::Kind) -> Self {
        match kind {
            written::Kind::Course => Self::Course,
            written::Kind::Workshop => Self::Workshop,
            written::Kind::Hackathon => Self::Hackathon,
        }
    }
}

impl From<groups::Audience> for Audience {
    fn from(audience: groups::Audience) -> Self {
        match audience {
            groups::Audience::Participant => Self::Participant,
            groups::Audience::Helper => Self::Helper,
            groups::Audience::Instructor => Self::Instructor,
        }
    }
}

impl From<Audience> for groups::Audience {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Participant => Self::Participant,
            Audience::Helper => Self::Helper,
            Audience::Instructor => Self::Instructor,
        }
    }
}
