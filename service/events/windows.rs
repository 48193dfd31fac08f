//! From hours on the wall to windows of time: half-open, ascending, none empty, none touching.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use serde::Serialize;

use super::Zone;

/// A time in which an event is open: from `opens` on, and before `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    pub opens: DateTime<Utc>,
    pub closes: DateTime<Utc>,
}

/// When an event is open, as the clocks on the wall show it.
pub(super) struct Plan<'a> {
    pub zone: Zone,
    pub from: NaiveDateTime,
    /// No longer part of it.
    pub to: NaiveDateTime,
    /// Minutes of the day, 0 to 1440: the first and the one behind the last.
    pub daily: (u16, u16),
    pub skip: &'a BTreeSet<NaiveDate>,
}

impl Plan<'_> {
    /// The windows; none where the hours, the days off and the ends leave nothing.
    ///
    /// Days that follow one another without a pause are one window. A window between two times
    /// that clocks skip together is none.
    pub fn windows(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        let days = self.from.date().iter_days().take_while(|day| *day <= self.to.date());
        for day in days.filter(|day| !self.skip.contains(day)) {
            let minute = |minute: u16| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into());
            let opens = self.zone.instant(self.from.max(minute(self.daily.0)));
            let closes = self.zone.instant(self.to.min(minute(self.daily.1)));
            match windows.last_mut() {
                _ if opens >= closes => {}
                Some(last) if opens <= last.closes => last.closes = closes,
                _ => windows.push(Window { opens, closes }),
            }
        }
        windows
    }
}
