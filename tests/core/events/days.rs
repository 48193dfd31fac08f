//! Days on the calendar: daily hours, days off, changes of the clocks, and the words for them.

use jupyterhub_presets::events::{Event, State, Zone};

use super::{SCHOOL, berlin, course, event, school, utc, wall};

/// The windows as UTC: `11-23T08:00–16:00`.
fn windows(event: &Event) -> Vec<String> {
    let windows = event.windows().iter();
    windows.map(|w| format!("{}–{}", w.opens.format("%m-%dT%H:%M"), w.closes.format("%m-%dT%H:%M"))).collect()
}

#[test]
fn a_daily_window_keeps_its_hours_when_clocks_change() {
    // Clocks in Berlin go back an hour on 25 October 2026, those on Lord Howe half an hour on 4 April 2027.
    let berlin = course(
        "Europe/Berlin",
        "2026-10-24T09:00",
        "2026-10-26T17:00",
        "daily: {from: '09:00', to: '17:00'}",
    );
    assert_eq!(
        windows(&event(&berlin)),
        ["10-24T07:00–10-24T15:00", "10-25T08:00–10-25T16:00", "10-26T08:00–10-26T16:00"]
    );
    let lord_howe = course(
        "Australia/Lord_Howe",
        "2027-04-03T09:00",
        "2027-04-04T12:00",
        "daily: {from: '09:00', to: '12:00'}",
    );
    assert_eq!(windows(&event(&lord_howe)), ["04-02T22:00–04-03T01:00", "04-03T22:30–04-04T01:30"]);
}

#[test]
fn a_skipped_time_moves_forward_and_of_a_double_one_the_first_is_meant() {
    for (zone, time, instant) in [
        ("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59"),
        ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29T02:59", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00"),
        ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59"),
        ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00"),
        // Half an hour only.
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
        // Midnight itself is skipped.
        ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00"),
        ("Africa/Cairo", "2026-04-24T00:30", "2026-04-23T22:00"),
        // Midnight comes an hour after 23:59 did first.
        ("Asia/Beirut", "2026-10-25T00:00", "2026-10-24T22:00"),
        // A whole day is skipped.
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00"),
    ] {
        assert_eq!(Zone::named(zone).unwrap().instant(wall(time)), utc(instant), "{zone} {time}");
    }
}

#[test]
fn a_window_within_skipped_hours_is_none() {
    let night =
        |more| course("Europe/Berlin", "2026-03-28T00:00", "2026-03-31T00:00", &format!("daily: {{{more}}}"));
    assert_eq!(
        windows(&event(&night("from: '02:10', to: '02:50'"))),
        ["03-28T01:10–03-28T01:50", "03-30T00:10–03-30T00:50"]
    );
    assert_eq!(
        windows(&event(&night("from: '01:30', to: '02:30'"))),
        ["03-28T00:30–03-28T01:30", "03-29T00:30–03-29T01:00", "03-29T23:30–03-30T00:30"]
    );
    let only = course("Europe/Berlin", "2026-03-29T02:10", "2026-03-29T02:50", "");
    let (none, faults) = super::checked(&only);
    assert!(none.is_none() && faults[0].code == "empty", "{faults:?}");
}

#[test]
fn there_is_no_window_on_a_day_off() {
    assert_eq!(windows(&event(SCHOOL)), ["11-23T08:00–11-23T16:00", "11-25T08:00–11-25T16:00"]);
    let whole_days = course("Europe/Berlin", "2026-11-21T12:00", "2026-11-26T12:00", "skip: [2026-11-24]");
    assert_eq!(windows(&event(&whole_days)), ["11-21T11:00–11-23T23:00", "11-24T23:00–11-26T11:00"]);
}

#[test]
fn days_without_a_pause_are_one_window() {
    let through = course("Europe/Berlin", "2026-11-21T09:00", "2026-11-23T17:00", "");
    assert_eq!(windows(&event(&through)), ["11-21T08:00–11-23T16:00"]);
    let nights = course(
        "Europe/Berlin",
        "2026-11-21T09:00",
        "2026-11-23T17:00",
        "daily: {from: '00:00', to: '24:00'}",
    );
    assert_eq!(windows(&event(&nights)), windows(&event(&through)));
}

#[test]
fn the_end_is_the_last_minute_that_is_open() {
    let late = event(&school("to: 2026-11-25T17:00", "to: 2026-11-26T08:00"));
    assert_eq!(late.ends_at(), berlin("2026-11-25T17:00"));
    assert_eq!(late.last_stop(), berlin("2026-11-25T17:30"));
    assert_eq!(late.opens_at(), berlin("2026-11-23T09:00"));
    assert_eq!(late.deleted_at(), Some(berlin("2026-12-24T00:00")));
    assert_eq!(late.state(berlin("2026-11-25T17:10")), State::Grace { until: berlin("2026-11-25T17:30") });
}

#[test]
fn without_preview_and_archive_an_event_can_be_tried_at_once_and_is_kept() {
    let bare = event(&course("Europe/Berlin", "2026-11-23T09:00", "2026-11-23T17:00", ""));
    let (opens, until) = (berlin("2026-11-23T09:00"), berlin("2026-11-23T17:00"));
    assert_eq!(bare.state(utc("1990-01-01T00:00")), State::Preview { opens });
    assert_eq!(bare.state(opens), State::Open { until });
    assert_eq!(bare.state(until), State::Archived { until: None });
    assert_eq!(bare.state(utc("2500-01-01T00:00")), State::Archived { until: None });
    assert_eq!(bare.next_change(until), None);
}

#[test]
fn the_words_hold_wherever_one_reads_them() {
    let school = event(SCHOOL);
    for (now, words) in [
        ("2026-11-19T12:00", "a draft, to be tried from Friday 20 November at 08:00 (Europe/Berlin)"),
        ("2026-11-22T12:00", "opens Monday 23 November at 09:00 (Europe/Berlin)"),
        ("2026-11-23T12:00", "open until 17:00 (Europe/Berlin)"),
        ("2026-11-24T12:00", "closed until Wednesday 25 November at 09:00 (Europe/Berlin)"),
        ("2026-11-25T17:10", "over, servers may still be started until 17:30 (Europe/Berlin)"),
        ("2026-12-01T12:00", "ended on Wednesday 25 November"),
        ("2027-01-01T12:00", "no longer there"),
    ] {
        assert_eq!(school.words(berlin(now)), words, "{now}");
    }
    assert_eq!(school.words(utc("2025-12-01T00:00")).matches("2026").count(), 1, "another year is named");
    let draft = event(&super::school("public: false", "published: false"));
    assert_eq!(draft.words(berlin("2026-11-23T12:00")), "a draft");
    assert_eq!(draft.sentence(berlin("2026-11-23T12:00")), "“AI School 2026” is a draft.");
}

#[test]
fn an_end_names_its_day_unless_it_is_the_same() {
    let through = event(&course("Europe/Berlin", "2026-10-23T09:00", "2026-10-26T00:00", ""));
    assert_eq!(
        through.words(berlin("2026-10-23T09:00")),
        "open until Sunday 25 October at 24:00 (Europe/Berlin)"
    );
    assert_eq!(through.words(berlin("2026-10-25T00:00")), "open until 24:00 (Europe/Berlin)");
    assert_eq!(through.words(berlin("2026-10-26T00:00")), "ended on Sunday 25 October");
    // Clocks go from 23:59 to 01:00: the end of the day all the same.
    let cairo = event(&course("Africa/Cairo", "2026-04-23T09:00", "2026-04-24T00:00", ""));
    assert_eq!(cairo.words(utc("2026-04-23T12:00")), "open until 24:00 (Africa/Cairo)");
}

#[test]
fn a_time_that_clocks_show_twice_says_which_it_is() {
    let night = event(&course("Europe/Berlin", "2026-10-25T02:15", "2026-10-25T02:45", "grace: 1h"));
    assert_eq!(night.words(utc("2026-10-24T12:00")), "opens Sunday 25 October at 02:15 CEST (Europe/Berlin)");
    assert_eq!(night.words(night.opens_at()), "open until 02:45 CEST (Europe/Berlin)");
    assert_eq!(
        night.words(night.ends_at()),
        "over, servers may still be started until 02:45 CET (Europe/Berlin)"
    );
}
