//! What people are told about an event's times: always in its zone, never “today” or “tomorrow”.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};

use super::{Event, State, Zone};

impl Zone {
    /// A time at which something begins: `Monday 23 November at 09:00 (Europe/Berlin)`.
    ///
    /// With its year where that is not the year of `now`.
    pub fn says_start(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let day = self.says_day(self.wall(at).date(), now);
        format!("{day} at {} ({})", self.says_time(at), self.name())
    }

    /// A time at which something ends: `17:00 (Europe/Berlin)`, with its day where that is not the
    /// day of `now`. Midnight is the end of a day: `24:00`.
    pub fn says_end(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let last = self.wall(at - TimeDelta::seconds(1));
        let (day, time) = if last.format("%H:%M:%S").to_string() == "23:59:59" {
            (last.date(), "24:00".to_owned())
        } else {
            (self.wall(at).date(), self.says_time(at))
        };
        let time = format!("{time} ({})", self.name());
        if day == self.wall(now).date() { time } else { format!("{} at {time}", self.says_day(day, now)) }
    }

    fn says_day(self, day: NaiveDate, now: DateTime<Utc>) -> String {
        let format = if day.year() == self.wall(now).year() { "%A %-d %B" } else { "%A %-d %B %Y" };
        day.format(format).to_string()
    }

    /// `02:30`; `02:30 CEST` where clocks show it twice.
    fn says_time(self, at: DateTime<Utc>) -> String {
        let time = self.wall(at).format("%H:%M");
        match self.mark(at) {
            Some(mark) => format!("{time} {mark}"),
            None => time.to_string(),
        }
    }
}

impl Event {
    /// Where it stands at `now`, to put behind its title: `open until 17:00 (Europe/Berlin)`.
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let zone = self.zone();
        match self.state(now) {
            State::Draft { preview: None } => "a draft".to_owned(),
            State::Draft { preview: Some(at) } => {
                format!("a draft, to be tried from {}", zone.says_start(at, now))
            }
            State::Preview { opens } => format!("opens {}", zone.says_start(opens, now)),
            State::Open { until } => format!("open until {}", zone.says_end(until, now)),
            State::Closed { opens } => format!("closed until {}", zone.says_start(opens, now)),
            State::Grace { until } => {
                format!("over, servers may still be started until {}", zone.says_end(until, now))
            }
            State::Archived { .. } => {
                // A day, not a time: what ended at 24:00 ended on the day before.
                let last = zone.wall(self.ends_at() - TimeDelta::seconds(1)).date();
                format!("ended on {}", zone.says_day(last, now))
            }
            State::Deleted => "no longer there".to_owned(),
        }
    }

    /// The same as a sentence of its own.
    pub fn sentence(&self, now: DateTime<Utc>) -> String {
        let verb = match self.state(now) {
            State::Preview { .. } | State::Archived { .. } => "",
            _ => "is ",
        };
        format!("“{}” {verb}{}.", self.title, self.words(now))
    }
}
