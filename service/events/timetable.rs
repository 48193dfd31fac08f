//! The times of an event: read as they are written, put into order, and made instants once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::windows::{Plan, Window};
use super::written;
use super::zone::{Zone, near};
use crate::catalogue::amount::Measure;
use crate::catalogue::fault::below;
use crate::catalogue::{Fault, read_amount};

/// The longest event, in days.
const LONGEST: i64 = 400;
/// The longest grace, in days.
const LONGEST_GRACE: i64 = 31;
const WALL: &str = "%Y-%m-%dT%H:%M";
const DAY: &str = "%Y-%m-%d";
const MINUTES_A_DAY: u16 = 1440;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Timetable {
    pub zone: Zone,
    pub published: bool,
    /// Never after `opens`.
    pub preview: Option<DateTime<Utc>>,
    /// At least one.
    pub windows: Vec<Window>,
    pub opens: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    pub last_stop: DateTime<Utc>,
    /// Never before `last_stop`.
    pub archive: Option<DateTime<Utc>>,
}

impl Timetable {
    /// When it ends, for people.
    pub fn until(&self) -> String {
        format!("{} ({})", self.zone.wall(self.ends).format("%Y-%m-%d %H:%M"), self.zone.name())
    }

    /// Checks the times of the event at `at`; none where something is wrong with them.
    pub fn check(written: &written::Event, at: &str, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let zone = keep(read_zone(&below(at, "zone"), &written.zone), faults);
        let from = keep(read_wall(&below(at, "from"), &written.from), faults);
        let to = keep(read_wall(&below(at, "to"), &written.to), faults);
        let daily = match &written.daily {
            None => Some((0, MINUTES_A_DAY)),
            Some(daily) => read_daily(&below(at, "daily"), daily, faults),
        };
        let grace = keep(read_grace(&below(at, "grace"), written), faults);
        let wall = |member: &str, text: &Option<String>| {
            text.as_ref().map(|text| read_wall(&below(at, member), text)).transpose()
        };
        let preview = keep(wall("preview", &written.preview), faults);
        let archive = keep(wall("archive", &written.archive), faults);
        let within = from.zip(to).filter(|(from, to)| from < to);
        if let Some((from, to)) = from.zip(to) {
            faults.extend(check_length(&below(at, "to"), from, to));
        }
        let skip = read_skip(&below(at, "skip"), &written.skip, within, faults);
        if faults.len() > before {
            return None; // what follows from mistyped times would only repeat them
        }
        let zone = zone?;
        let windows = Plan { zone, from: from?, to: to?, daily: daily?, skip: &skip }.windows();
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            let why = "nothing is left to be open: the daily hours and the days off leave no time from “from” \
                       to “to”";
            faults.push(Fault::new(at, "empty", why));
            return None;
        };
        let timetable = Self {
            zone,
            published: written.published,
            preview: preview?.map(|wall| zone.instant(wall)),
            opens: first.opens,
            ends: last.closes,
            last_stop: last.closes + grace?,
            archive: archive?.map(|wall| zone.instant(wall)),
            windows,
        };
        faults.extend(timetable.check_order(at));
        (faults.len() == before).then_some(timetable)
    }

    fn check_order(&self, at: &str) -> Vec<Fault> {
        let shown = |instant| self.zone.wall(instant).format(WALL).to_string();
        let mut faults = Vec::new();
        if self.preview.is_some_and(|preview| preview > self.opens) {
            let why = format!("the preview must not begin after the first opening, {}", shown(self.opens));
            faults.push(Fault::new(below(at, "preview"), "order", why));
        }
        if self.archive.is_some_and(|archive| archive < self.last_stop) {
            let why = format!("it cannot be deleted before its end and grace, {}", shown(self.last_stop));
            faults.push(Fault::new(below(at, "archive"), "order", why));
        }
        faults
    }
}

fn keep<T>(read: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}

fn read_zone(at: &str, name: &str) -> Result<Zone, Fault> {
    Zone::named(name).ok_or_else(|| {
        let near = near(name);
        let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
        let hint = match &near[..] {
            [] => "write an IANA name, for example Europe/Berlin".to_owned(),
            [only] => format!("did you mean {only}?"),
            several => format!("near are {}", several.join(", ")),
        };
        Fault::new(at, "zone", format!("there is no zone “{shown}”; {hint}"))
            .with_value(name)
            .with_allowed(near)
    })
}

fn read_wall(at: &str, text: &str) -> Result<NaiveDateTime, Fault> {
    // The parser takes `+2026` and `9:00` too; a time is written in one way.
    let read = |text: &str| {
        let wall = NaiveDateTime::parse_from_str(text, WALL).ok();
        wall.filter(|wall| wall.format(WALL).to_string() == text && is_of_our_time(wall.date()))
    };
    read(text).ok_or_else(|| {
        let why = if text.get(..16).and_then(read).is_some() {
            "leave out seconds and offset: write what clocks in the event's zone show, as 2026-11-23T09:00"
        } else {
            "write a day and a time from 2000 to 2099, for example 2026-11-23T09:00"
        };
        Fault::new(at, "time", why).with_value(text)
    })
}

fn is_of_our_time(day: NaiveDate) -> bool {
    (2000..=2099).contains(&day.year())
}

fn check_length(at: &str, from: NaiveDateTime, to: NaiveDateTime) -> Option<Fault> {
    let shown = to.format(WALL).to_string();
    if to <= from {
        return Some(Fault::new(at, "order", "the end must be after “from”").with_value(shown));
    }
    let why = format!("an event lasts at most {LONGEST} days; make two of it");
    (to - from > TimeDelta::days(LONGEST)).then(|| Fault::new(at, "too-long", why).with_value(shown))
}

/// Minutes of the day: the first, and the one behind the last.
fn read_daily(at: &str, daily: &written::Daily, faults: &mut Vec<Fault>) -> Option<(u16, u16)> {
    let from = keep(read_minute(&below(at, "from"), &daily.from, 0..=MINUTES_A_DAY - 1), faults);
    let to = keep(read_minute(&below(at, "to"), &daily.to, 1..=MINUTES_A_DAY), faults);
    let (from, to) = (from?, to?);
    if from < to {
        return Some((from, to));
    }
    let why =
        "the day's end must be after its beginning; midnight is 24:00, and hours beyond it are another day";
    faults.push(Fault::new(below(at, "to"), "order", why).with_value(daily.to.as_str()));
    None
}

fn read_minute(at: &str, text: &str, allowed: RangeInclusive<u16>) -> Result<u16, Fault> {
    let digits = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse::<u16>().ok()).flatten()
    };
    let read = text.split_once(':').and_then(|(hour, minute)| digits(hour).zip(digits(minute)));
    let read = read.filter(|(_, minute)| *minute < 60).map(|(hour, minute)| hour * 60 + minute);
    read.filter(|minute| allowed.contains(minute)).ok_or_else(|| {
        let shown = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let why = format!("write a time from {} to {}", shown(allowed.start()), shown(allowed.end()));
        Fault::new(at, "time", why).with_value(text)
    })
}

fn read_skip(
    at: &str,
    days: &[String],
    within: Option<(NaiveDateTime, NaiveDateTime)>,
    faults: &mut Vec<Fault>,
) -> BTreeSet<NaiveDate> {
    let mut skip = BTreeSet::new();
    for (n, text) in days.iter().enumerate() {
        let fault =
            |code, why: &str| Fault::new(below(at, n.to_string()), code, why).with_value(text.as_str());
        let read = NaiveDate::parse_from_str(text, DAY).ok();
        let Some(day) = read.filter(|day| day.format(DAY).to_string() == *text && is_of_our_time(*day))
        else {
            faults.push(fault("date", "write a day, for example 2026-11-24"));
            continue;
        };
        if within.is_some_and(|(from, to)| day < from.date() || day > to.date()) {
            faults.push(fault("outside", "this day is not from “from” to “to”: remove it"));
        } else if !skip.insert(day) {
            faults.push(fault("twice", "this day stands here twice"));
        }
    }
    skip
}

fn read_grace(at: &str, written: &written::Event) -> Result<TimeDelta, Fault> {
    let Some(json) = &written.grace else { return Ok(TimeDelta::zero()) };
    let fault = |why: String| Fault::new(at, "amount", why).with_value(json.clone());
    let seconds = read_amount(Measure::Duration, json).map_err(fault)?;
    if seconds % 60 == 0 && seconds <= LONGEST_GRACE * 86_400 {
        Ok(TimeDelta::seconds(seconds))
    } else {
        Err(fault(format!("write whole minutes, for example 30min, at most {LONGEST_GRACE} days")))
    }
}
