//! Events: courses, workshops and hackathons. Who takes part, when, and with which trims.

mod check;
mod people;
mod state;
mod timetable;
mod windows;
mod words;
pub mod written;
pub mod zone;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::catalogue::Key;
use crate::groups::Username;
use crate::trims::Trim;

pub use crate::groups::Audience;
pub use people::{May, Members, Role};
pub use state::State;
pub use windows::Window;
pub use written::Kind;
pub use zone::Zone;

use timetable::Timetable;

/// An event, checked: it has at least one window, and its times are in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub key: Key,
    pub title: String,
    pub kind: Kind,
    /// Whether people who do not take part see that there is such an event.
    pub public: bool,
    /// Higher stands first; 0 where nothing is said.
    pub priority: i32,
    /// For those who take part, over several lines.
    pub message: Option<String>,
    /// Whom to ask about this event.
    pub contact: Option<String>,
    /// Who may edit and delete it besides the site's administrators.
    pub owner: Option<Username>,
    pub managers: BTreeSet<Username>,
    pub audiences: BTreeMap<Audience, Members>,
    /// When it ends, for people: `2026-11-25 17:00 (Europe/Berlin)`.
    pub until: String,
    /// For all audiences: the values it sets first, then its other trims. None is a policy.
    pub trims: Vec<Trim>,
    timetable: Timetable,
}

impl Event {
    /// The zone in which its times were written and are told.
    pub fn zone(&self) -> Zone {
        self.timetable.zone
    }

    /// When participants may start: half-open, ascending, none empty, no two touching.
    pub fn windows(&self) -> &[Window] {
        &self.timetable.windows
    }

    /// The state at `now`: exactly one at each instant, and never an earlier one later on, but for
    /// open and closed, which take turns.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        self.timetable.state(now)
    }

    /// The next instant after `now` at which the state is another; none where it stays.
    pub fn next_change(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.state(now).lasts_until()
    }

    /// When it opens first.
    pub fn opens_at(&self) -> DateTime<Utc> {
        self.timetable.opens
    }

    /// When its last window closes: at `to`, or before where the daily hours end earlier.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.timetable.ends
    }

    /// The end of its grace. What is started in the event should not run longer (design §3.9).
    pub fn last_stop(&self) -> DateTime<Utc> {
        self.timetable.last_stop
    }

    /// From when it is gone; none where it is kept.
    pub fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.timetable.archive.filter(|_| self.timetable.published)
    }

    /// Whether it is more than a draft that its author still writes.
    pub fn is_published(&self) -> bool {
        self.timetable.published
    }
}
