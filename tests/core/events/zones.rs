//! Each change of the clocks from 2020 to 2035 in thirty zones: no instant in two windows or states.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDateTime, NaiveTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use jupyterhub_presets::events::{Event, State, Zone};

use super::{course, event, utc};

/// Both hemispheres, half-hour changes, changes at midnight, rules that changed, and Ramadan.
const ZONES: [&str; 30] = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Juba",
    "America/Asuncion",
    "America/Chihuahua",
    "America/Havana",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Fiji",
];

/// Zones that gave changing up before 2020: their days are all alike.
const STILL: [&str; 3] = ["America/Sao_Paulo", "Asia/Kathmandu", "Etc/GMT+12"];

fn offset(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

/// The first instants of each new offset, found without the code under test.
fn changes(name: &str) -> Vec<DateTime<Utc>> {
    let zone: Tz = name.parse().unwrap();
    let (mut at, end) = (utc("2020-01-01T00:00"), utc("2036-01-01T00:00"));
    let mut changes = Vec::new();
    while at < end {
        let next = at + Duration::hours(6);
        if offset(zone, at) != offset(zone, next) {
            let after = |second: &i64| offset(zone, at + Duration::seconds(*second)) != offset(zone, at);
            let (mut low, mut high): (i64, i64) = (0, 6 * 3600);
            while high - low > 1 {
                let middle = low.midpoint(high);
                if after(&middle) { high = middle } else { low = middle }
            }
            changes.push(at + Duration::seconds(high));
        }
        at = next;
    }
    changes
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried is asked for")]
fn the_changes_are_those_of_the_iana_database() {
    // From tzdata 2025b by Python's zoneinfo, not by the crate that is tested here.
    let known: BTreeMap<&str, &[&str]> = BTreeMap::from(KNOWN);
    for (zone, expected) in known {
        let found: Vec<_> = changes(zone).iter().map(|at| at.format("%Y-%m-%dT%H:%M").to_string()).collect();
        for change in expected {
            assert!(found.iter().any(|at| at == change), "{zone} {change}: {found:?}");
        }
    }
    for zone in STILL {
        assert!(changes(zone).is_empty(), "{zone}");
    }
    let counts: Vec<_> = ZONES.iter().map(|zone| changes(zone).len()).collect();
    println!("{} changes of {} zones: {counts:?}", counts.iter().sum::<usize>(), ZONES.len());
    assert!(counts.iter().all(|count| *count >= 1), "{counts:?}");
    assert!(counts.iter().sum::<usize>() >= 650, "{counts:?}");
}

#[test]
fn a_time_on_the_wall_is_the_first_instant_that_shows_it_or_later() {
    for name in ZONES {
        let (zone, tz) = (Zone::named(name).unwrap(), name.parse::<Tz>().unwrap());
        for change in changes(name) {
            // What clocks show in each minute of the two days around, in the order of time.
            let start = change - Duration::days(1);
            let shown: Vec<NaiveDateTime> = (0..2 * 1440)
                .map(|minute| {
                    let at = start + Duration::minutes(minute);
                    at.naive_utc() + Duration::seconds(offset(tz, at).into())
                })
                .collect();
            let local = change.naive_utc() + Duration::seconds(offset(tz, change).into());
            // Later walls never come earlier, so the search goes on where it ended.
            let mut first = 0;
            for minute in -200..200 {
                let wall = local + Duration::minutes(minute);
                first += shown[first..].iter().position(|shown| *shown >= wall).unwrap();
                let expected = start + Duration::minutes(i64::try_from(first).unwrap());
                assert_eq!(zone.instant(wall), expected, "{name} {wall}");
            }
        }
    }
}

/// In a draft nothing is before; the turns of open and closed are one.
fn rank(state: State) -> u8 {
    match state {
        State::Draft { .. } => 0,
        State::Preview { .. } => 1,
        State::Open { .. } | State::Closed { .. } => 2,
        State::Grace { .. } => 3,
        State::Archived { .. } => 4,
        State::Deleted => 5,
    }
}

/// No instant in two windows or two states, states in order, each edge half-open.
pub fn holds_together(event: &Event) {
    let second = Duration::seconds(1);
    let apart = event.windows().windows(2).all(|pair| pair[0].closes < pair[1].opens);
    let filled = event.windows().iter().all(|window| window.opens < window.closes);
    assert!(apart && filled && !event.windows().is_empty(), "{:?}", event.windows());
    if !event.is_published() {
        let always = [utc("1970-01-01T00:00"), event.opens_at(), event.last_stop(), utc("2199-01-01T00:00")];
        assert_eq!(always.map(|at| event.state(at)), [State::Draft { preview: None }; 4]);
        return;
    }
    for window in event.windows() {
        assert_eq!(event.state(window.opens), State::Open { until: window.closes });
        assert_eq!(event.state(window.closes - second), State::Open { until: window.closes });
        assert!(!matches!(event.state(window.opens - second), State::Open { .. }), "{window:?}");
        assert!(!matches!(event.state(window.closes), State::Open { .. }), "{window:?}");
    }
    for pair in event.windows().windows(2) {
        assert_eq!(event.state(pair[0].closes), State::Closed { opens: pair[1].opens });
    }
    // From change to change: one state all the while, another one then, and none earlier again.
    let mut at = utc("1970-01-01T00:00");
    let mut steps = 0;
    while let Some(next) = event.next_change(at) {
        let state = event.state(at);
        assert!(next > at, "{state:?} changes at {next}, which is not after {at}");
        for inside in [at + (next - at) / 2, next - second] {
            assert_eq!(event.state(inside), state, "{inside}");
        }
        let then = event.state(next);
        assert!(rank(then) >= rank(state) && then != state, "{state:?} before {then:?}");
        at = next;
        steps += 1;
    }
    assert!(matches!(
        event.state(at),
        State::Archived { until: None } | State::Deleted | State::Draft { .. }
    ));
    assert!(steps <= 2 * event.windows().len() + 4, "{steps} changes");
    assert!(
        !event.is_published() || event.state(event.last_stop() - second) != event.state(event.last_stop())
    );
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried is asked for")]
fn no_instant_is_in_two_windows_or_states_when_clocks_change() {
    const WALL: &str = "%Y-%m-%dT%H:%M";
    let (mut events, mut vanished) = (0, 0);
    for name in ZONES {
        let tz: Tz = name.parse().unwrap();
        for change in changes(name) {
            let before =
                change.naive_utc() + Duration::seconds(offset(tz, change - Duration::seconds(1)).into());
            let after = change.naive_utc() + Duration::seconds(offset(tz, change).into());
            let (low, high) = (before.min(after), before.max(after));
            // Hours that end, begin and lie in what is skipped or shown twice, reach over it, and fill the day.
            let quarter = Duration::minutes(15);
            let edges = [low - quarter, low, low + (high - low) / 2, high, high + quarter];
            let mut hours =
                vec![("00:00".to_owned(), "24:00".to_owned()), ("09:00".to_owned(), "17:00".to_owned())];
            for (n, from) in edges.iter().enumerate() {
                for to in &edges[n + 1..] {
                    let [from, to] = [from, to].map(|edge| edge.format("%H:%M").to_string());
                    if from < to {
                        hours.push((from, to));
                    } else {
                        hours.push((from, "24:00".to_owned()));
                        hours.push(("00:00".to_owned(), to.replace("00:00", "00:01")));
                    }
                }
            }
            let midnight = |day: NaiveDateTime| day.date().and_time(NaiveTime::MIN);
            let (from, to) = (midnight(low) - Days::new(1), midnight(high) + Days::new(2));
            for (open, close) in hours {
                let more = format!("daily: {{from: '{open}', to: '{close}'}}, grace: 1h");
                let days = course(name, &from.format(WALL).to_string(), &to.format(WALL).to_string(), &more);
                let event = event(&days);
                holds_together(&event);
                let expected = (to - from).num_days();
                vanished += i64::from(event.windows().len() as i64 == expected - 1 && close != "24:00");
                events += 1;
            }
        }
    }
    println!("{events} events around changes of clocks, {vanished} with a window that clocks skipped");
    assert!(events > 8_000 && vanished > 100, "{events}, {vanished}");
}

/// Some changes of zones that are hard to get right.
const KNOWN: [(&str, &[&str]); 10] = [
    ("Europe/Berlin", &["2020-03-29T01:00", "2025-03-30T01:00", "2030-03-31T01:00", "2035-10-28T01:00"]),
    (
        "Australia/Lord_Howe",
        &["2020-04-04T15:00", "2025-04-05T15:00", "2030-04-06T15:00", "2035-10-06T15:30"],
    ),
    (
        "Africa/Casablanca",
        &[
            "2020-04-19T02:00",
            "2023-03-19T02:00",
            "2026-03-22T02:00",
            "2029-02-18T02:00",
            "2032-11-28T02:00",
            "2035-12-09T02:00",
        ],
    ),
    (
        "Asia/Gaza",
        &[
            "2020-03-27T22:00",
            "2023-04-29T00:00",
            "2026-03-28T00:00",
            "2029-03-24T00:00",
            "2032-03-27T00:00",
            "2035-10-26T23:00",
        ],
    ),
    ("Pacific/Apia", &["2020-04-04T14:00", "2020-09-26T14:00", "2021-04-03T14:00"]),
    (
        "America/Scoresbysund",
        &[
            "2020-03-29T01:00",
            "2023-03-26T01:00",
            "2026-10-25T01:00",
            "2029-10-28T01:00",
            "2032-10-31T01:00",
            "2035-10-28T01:00",
        ],
    ),
    ("Africa/Cairo", &["2023-04-27T22:00", "2027-04-29T22:00", "2031-04-24T22:00", "2035-10-25T21:00"]),
    ("Asia/Almaty", &["2024-02-29T18:00"]),
    ("Pacific/Chatham", &["2020-04-04T14:00", "2035-09-29T14:00"]),
    ("America/St_Johns", &["2020-03-08T05:30", "2035-11-04T04:30"]),
];
