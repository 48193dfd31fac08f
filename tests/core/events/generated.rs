//! Events by the dozen, made up: whatever an author writes, each instant belongs to one state.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use jupyterhub_presets::events::{Event, State};
use proptest::prelude::*;

use super::zones::holds_together;
use super::{checked, course};

const WALL: &str = "%Y-%m-%dT%H:%M";

/// What an author wrote, for an oracle that reads the clock on the wall.
#[derive(Debug, Clone)]
struct Written {
    zone: Tz,
    from: NaiveDateTime,
    to: NaiveDateTime,
    daily: Option<(i64, i64)>,
    skip: Vec<NaiveDate>,
    preview: Option<NaiveDateTime>,
    grace: i64,
    archive: Option<NaiveDateTime>,
    published: bool,
}

fn written() -> impl Strategy<Value = Written> {
    let span = (0i64..16 * 366, 0i64..1440, 1i64..20 * 1440);
    let daily = prop::option::of((0i64..1439).prop_flat_map(|from| (Just(from), from + 1..=1440)));
    let skip = prop::collection::btree_set(0i64..20, 0..4);
    let around =
        (prop::option::of(1i64..30), 0i64..600, prop::option::of(1i64..100), prop::bool::weighted(0.9));
    let zone = prop::sample::select(TZ_VARIANTS.to_vec());
    (zone, span, daily, skip, around).prop_map(
        |(zone, (day, minute, minutes), daily, skip, (preview, grace, archive, published))| {
            let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Duration::days(day);
            let from = first.and_time(NaiveTime::MIN) + Duration::minutes(minute);
            let to = from + Duration::minutes(minutes);
            let days = skip.into_iter().map(|day| first + Duration::days(day));
            Written {
                zone,
                from,
                to,
                daily,
                skip: days.filter(|day| *day <= to.date()).collect(),
                preview: preview.map(|days| from - Duration::days(days)),
                grace,
                archive: archive.map(|days| to + Duration::minutes(grace) + Duration::days(days)),
                published,
            }
        },
    )
}

impl Written {
    fn yaml(&self) -> String {
        let mut more = format!("grace: {}min, published: {}", self.grace, self.published);
        if let Some((from, to)) = self.daily {
            let time = |minute: i64| format!("'{:02}:{:02}'", minute / 60, minute % 60);
            more += &format!(", daily: {{from: {}, to: {}}}", time(from), time(to));
        }
        let skip: Vec<String> = self.skip.iter().map(ToString::to_string).collect();
        more += &format!(", skip: [{}]", skip.join(", "));
        for (member, wall) in [("preview", self.preview), ("archive", self.archive)] {
            if let Some(wall) = wall {
                more += &format!(", {member}: {}", wall.format(WALL));
            }
        }
        let [from, to] = [self.from, self.to].map(|wall| wall.format(WALL).to_string());
        course(self.zone.name(), &from, &to, &more)
    }

    /// Whether the wall says that it is open: no thought is given to instants.
    fn open_by_the_wall(&self, at: DateTime<Utc>) -> bool {
        let wall = at.with_timezone(&self.zone).naive_local();
        let minute = (wall - wall.date().and_time(NaiveTime::MIN)).num_minutes();
        let (from, to) = self.daily.unwrap_or((0, 1440));
        self.from <= wall
            && wall < self.to
            && from <= minute
            && minute < to
            && !self.skip.contains(&wall.date())
    }

    /// Whether clocks stay as they are for two days around.
    fn calm(&self, at: DateTime<Utc>) -> bool {
        let offset = |hours| (at + Duration::hours(hours)).with_timezone(&self.zone).offset().fix();
        (-48..=48).step_by(6).all(|hours| offset(hours) == offset(0))
    }

    /// The event; none where no minute of it is open by the wall either.
    fn event(&self) -> Option<Event> {
        let (event, faults) = checked(&self.yaml());
        if event.is_none() {
            assert!(matches!(&faults[..], [fault] if fault.code == "empty"), "{faults:?}");
            let minutes = (self.to - self.from).num_minutes();
            let at =
                |minute| self.zone.from_local_datetime(&(self.from + Duration::minutes(minute))).earliest();
            let open = (0..minutes).filter_map(at).find(|at| self.open_by_the_wall(at.to_utc()));
            assert_eq!(open, None, "{self:?}");
        }
        event
    }
}

/// Cases to try: 64, or what a soak asks for.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    // Of what is made, one in twenty is no event.
    let max_global_rejects = cases.max(1_024);
    ProptestConfig { cases, max_global_rejects, failure_persistence: None, ..ProptestConfig::default() }
}

fn is_open(event: &Event, at: DateTime<Utc>) -> bool {
    matches!(event.state(at), State::Open { .. })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_instant_of_any_event_is_in_two_windows_or_states(written in written()) {
        let event = written.event();
        prop_assume!(event.is_some());
        holds_together(&event.unwrap());
    }

    #[test]
    fn an_event_is_open_when_the_clock_on_the_wall_says_so(
        written in written(),
        minutes in prop::collection::vec(-2_000i64..22 * 1440, 200),
    ) {
        let written = Written { published: true, ..written };
        let event = written.event();
        prop_assume!(event.is_some());
        let event = event.unwrap();
        let start = event.opens_at() - Duration::days(1);
        for minute in minutes {
            let at = start + Duration::minutes(minute);
            if written.calm(at) {
                prop_assert_eq!(is_open(&event, at), written.open_by_the_wall(at), "{}", at);
            }
        }
        for window in event.windows() {
            for at in [window.opens, window.closes - Duration::seconds(1)] {
                let day = at.with_timezone(&written.zone).date_naive();
                prop_assert!(!written.skip.contains(&day), "{} is a day off", day);
            }
        }
    }

    #[test]
    fn words_never_say_today(written in written(), minute in -40_000i64..40_000) {
        let event = written.event();
        prop_assume!(event.is_some());
        let event = event.unwrap();
        let sentence = event.sentence(event.opens_at() + Duration::minutes(minute));
        for word in ["today", "tomorrow", "yesterday", "now"] {
            prop_assert!(!sentence.split_whitespace().any(|said| said == word), "{}", sentence);
        }
    }
}
