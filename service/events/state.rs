//! What an event is at an instant: draft, preview, open, closed, grace, archived, deleted.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::timetable::Timetable;

/// The states of an event, in their order; open and closed take turns.
///
/// Each holds from the instant it begins until just before the one it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// Written, not published: for its organisers. Also what is published, until its preview.
    Draft {
        preview: Option<DateTime<Utc>>,
    },
    /// Before its first opening: organisers, instructors and helpers start for real.
    Preview {
        opens: DateTime<Utc>,
    },
    /// Everybody who takes part starts.
    Open {
        until: DateTime<Utc>,
    },
    /// Between two of its windows.
    Closed {
        opens: DateTime<Utc>,
    },
    /// Over: those who take part may still start; nobody joins.
    Grace {
        until: DateTime<Utc>,
    },
    /// Nothing starts; it is kept until then, or for good.
    Archived {
        until: Option<DateTime<Utc>>,
    },
    Deleted,
}

impl State {
    /// When another state follows; none where this one stays.
    pub fn lasts_until(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Draft { preview } => preview,
            Self::Preview { opens } | Self::Closed { opens } => Some(opens),
            Self::Open { until } | Self::Grace { until } => Some(until),
            Self::Archived { until } => until,
            Self::Deleted => None,
        }
    }

    /// Whether the event runs: the form then offers it before anything else (design §3.3).
    pub fn is_running(self) -> bool {
        matches!(self, Self::Open { .. } | Self::Grace { .. })
    }
}

impl Timetable {
    pub(super) fn state(&self, now: DateTime<Utc>) -> State {
        if !self.published {
            return State::Draft { preview: None };
        }
        if self.preview.is_some_and(|preview| now < preview) {
            return State::Draft { preview: self.preview };
        }
        let over = self.windows.partition_point(|window| window.closes <= now);
        match self.windows.get(over) {
            Some(window) if window.opens <= now => State::Open { until: window.closes },
            Some(window) if over == 0 => State::Preview { opens: window.opens },
            Some(window) => State::Closed { opens: window.opens },
            None if now < self.last_stop => State::Grace { until: self.last_stop },
            None if self.archive.is_some_and(|end| end <= now) => State::Deleted,
            None => State::Archived { until: self.archive },
        }
    }
}
