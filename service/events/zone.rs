//! Time zones by their IANA names, and the one rule by which the time on a wall becomes an instant.

use chrono::{DateTime, NaiveDateTime, TimeZone as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// A zone of the IANA database that this program was built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// The zone of exactly that name: `Europe/Berlin`, not `europe/berlin`.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The first instant at which this zone's clocks show `wall` or later (requirement R59).
    ///
    /// A time that clocks skip moves forward to the first instant after the gap; of a time that
    /// they show twice the first is meant. So whatever comes later on the wall never comes earlier
    /// in truth. `wall` must lie in the years 1 to 9998.
    pub fn instant(self, wall: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&wall).earliest() {
            Some(instant) => instant.to_utc(),
            None => self.end_of_gap_at(wall),
        }
    }

    /// What clocks show at `instant`.
    pub fn wall(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// The short name in use at `instant`, where clocks show its time twice: `CET`, `+0330`.
    pub(super) fn mark(self, instant: DateTime<Utc>) -> Option<String> {
        let local = instant.with_timezone(&self.0);
        let twice = self.0.from_local_datetime(&local.naive_local()).single().is_none();
        twice.then(|| local.format("%Z").to_string())
    }

    fn end_of_gap_at(self, wall: NaiveDateTime) -> DateTime<Utc> {
        // No zone is a whole day away from UTC, and around a gap there is no other change.
        let utc = wall.and_utc().timestamp();
        let (mut before, mut after) = (utc - 86_400, utc + 86_400);
        while after - before > 1 {
            let middle = before.midpoint(after);
            match at(middle) {
                instant if self.wall(instant) < wall => before = middle,
                _ => after = middle,
            }
        }
        at(after)
    }
}

fn at(timestamp: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(timestamp, 0).expect("a day beside a date is a date")
}

/// Names that begin most like `name`, as a whole or behind their last stroke: at most five.
pub(super) fn near(name: &str) -> Vec<&'static str> {
    const SHOWN: usize = 5;
    let alike = |zone: &str| {
        let city = zone.rsplit('/').next().unwrap_or(zone);
        common_beginning(zone, name).max(common_beginning(city, name))
    };
    let most = TZ_VARIANTS.iter().map(|zone| alike(zone.name())).max().unwrap_or(0);
    // One letter in common is chance.
    if most < 2 {
        return Vec::new();
    }
    let zones = TZ_VARIANTS.iter().map(|zone| zone.name());
    zones.filter(|zone| alike(zone) == most).take(SHOWN).collect()
}

/// How many letters two texts begin with alike, whatever their case; a space is an underscore.
fn common_beginning(a: &str, b: &str) -> usize {
    let fold = |c: char| if c == ' ' { '_' } else { c.to_ascii_lowercase() };
    a.chars().map(fold).zip(b.chars().map(fold)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_zone_is_near_to_those_that_begin_alike() {
        assert_eq!(near("Europe/Berln"), ["Europe/Berlin"]);
        assert_eq!(near("europe/berlin"), ["Europe/Berlin"]);
        assert_eq!(near("Berlin"), ["Europe/Berlin"]);
        assert_eq!(near("New York"), ["America/New_York"]);
        assert_eq!(near("Europe/"), near("Europe/Xyz"));
        assert_eq!(near("Europe/").len(), 5);
        assert_eq!(near("?"), [""; 0]);
        assert_eq!(near(""), [""; 0]);
    }

    #[test]
    fn names_are_told_apart_by_case() {
        assert_eq!(Zone::named("Europe/Berlin").map(Zone::name), Some("Europe/Berlin"));
        assert_eq!(Zone::named("Europe/berlin"), None);
        assert_eq!(Zone::named("UTC").map(Zone::name), Some("UTC"));
    }
}
