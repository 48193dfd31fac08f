//! Events: what is refused, who may what, and that each instant belongs to one state.

mod days;
mod generated;
mod mistakes;
mod people;
mod zones;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDateTime, Utc};
use jupyterhub_presets::catalogue::{Catalogue, Fault, Key, written::Catalogue as Written};
use jupyterhub_presets::config::yaml;
use jupyterhub_presets::events::{Event, Zone, written};

const OPTIONS: &str = "
options:
  reservation: {type: choice, label: Reservation, choices: {none: None, ai-school: AI School}}
  account: {type: choice, label: Account, choices: {own: My own, training: Training}}
  cores: {type: integer, label: CPU cores, min: 1, max: 128, default: 1}
";

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let written = yaml::parse::<Written>(OPTIONS, "options").unwrap();
    Catalogue::check(&written.value).unwrap()
});

const SCHOOL: &str = "
title: AI School 2026
kind: course
zone: Europe/Berlin
from: 2026-11-23T09:00
to: 2026-11-25T17:00
daily: {from: 09:00, to: \"17:00\"}
skip: [2026-11-24]
preview: 2026-11-20T08:00
grace: 30min
archive: 2026-12-24T00:00
public: false
priority: 3
message: |
  Welcome to the school.
  Bring a laptop.
contact: school@example.org
owner: alice
managers: [bob]
audiences:
  participant: {groups: [ai-school], names: [carol, dave], trims: {cores: {max: 8, because: one card each}}}
  instructor: {names: [dave]}
  helper: {groups: [helpers]}
trims:
  cores: {max: 16, because: the room has few}
sets: {reservation: ai-school, account: training}
";

/// What a check makes of `yaml`: the event, if it is one, and each mistake in it.
fn checked(yaml: &str) -> (Option<Event>, Vec<Fault>) {
    check(&read(yaml).unwrap())
}

fn read(yaml: &str) -> Result<written::Event, String> {
    yaml::parse(yaml, "event").map(|document| document.value).map_err(|refused| refused.to_string())
}

fn check(event: &written::Event) -> (Option<Event>, Vec<Fault>) {
    let groups: [Key; 2] = ["ai-school", "helpers"].map(key);
    let mut faults = Vec::new();
    let groups: BTreeSet<&Key> = groups.iter().collect();
    let event = Event::check(&key("school"), event, &CATALOGUE, &groups, &mut faults);
    (event, faults)
}

fn event(yaml: &str) -> Event {
    let (event, faults) = checked(yaml);
    assert!(faults.is_empty(), "{faults:#?}");
    event.unwrap()
}

/// The school, with one line or part of it written otherwise.
fn school(right: &str, other: &str) -> String {
    assert!(SCHOOL.contains(right), "{right}");
    SCHOOL.replacen(right, other, 1)
}

/// A course in `zone` that has only times.
fn course(zone: &str, from: &str, to: &str, more: &str) -> String {
    format!(
        "{{title: T, kind: course, zone: {zone}, from: {from}, to: {to}, \
         audiences: {{participant: {{names: [carol]}}}}, {more}}}"
    )
}

fn key(text: &str) -> Key {
    text.try_into().unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

/// The instant of a time on Berlin's clocks.
fn berlin(text: &str) -> DateTime<Utc> {
    Zone::named("Europe/Berlin").unwrap().instant(wall(text))
}

fn wall(text: &str) -> NaiveDateTime {
    format!("{text}:00").parse().unwrap()
}
