//! Events in the form: whose card comes first, when, with which limits, and what starts nothing.

use chrono::{DateTime, TimeDelta, Utc};
use jupyterhub_presets::effective::{Content, Notice, State};
use serde_json::{Value as Json, json};

use super::{Somebody, content, sentence, somebody, titles, with};

const SITE: &str = "\
contact: hpc-support@example.org
options:
  partition: {type: choice, label: Partition, choices: {rome: AMD Rome, gpu: NVIDIA A100}}
  reservation: {type: text, label: Reservation, pattern: '[a-z0-9-]*'}
  gpus: {type: integer, label: GPUs, unit: GPUs, min: 0, max: 4}
  walltime: {type: duration, label: Wall time, min: 30min, max: 24h, step: 30min, default: 2h}
backends:
  slurm:
    spawner: slurm
    ends_after: walltime
    traits: {req_partition: '{partition}', req_reservation: '{reservation}', req_runtime: '{walltime:slurm}'}
profiles:
  node: {title: A node, backend: slurm, options: [partition, reservation, gpus, walltime]}
baseline:
  reservation: {absent: true, because: reservations belong to courses}
  gpus: {max: 0, because: GPUs are for projects and courses}
groups:
  school: {title: School, from: {hub: school}}
  physics: {title: Physics, from: {hub: physics}, trims: {walltime: {fixed: 1h, because: short jobs only}}}
events:
  ai-school:
    title: AI School
    kind: course
    zone: Europe/Berlin
    from: 2026-11-23T09:00
    to: 2026-11-24T17:00
    daily: {from: '09:00', to: '17:00'}
    grace: 1h
    audiences:
      participant: {groups: [school]}
      instructor: {names: [dave], trims: {gpus: {max: 4, because: instructors show more, grant: {max: 4}}}}
    sets: {reservation: ai-school-26}
    trims: {gpus: {grant: {max: 1}, max: 4, because: a GPU each}}
  hackathon:
    title: Hack Week
    kind: hackathon
    zone: Europe/Berlin
    from: 2026-11-24T09:00
    to: 2026-11-24T17:00
    audiences: {participant: {names: [erin]}}
presets:
  small: {title: A small server, owner: site, profile: node, ask: {walltime: {}}}
  lab:
    title: The lab
    owner: {event: ai-school}
    profile: node
    values: {partition: gpu, gpus: 1, walltime: 4h}
    ask: {walltime: {max: 4h}}
  stage: {title: The stage, owner: {event: ai-school}, audiences: [instructor], profile: node, values: {gpus: 4}}
  hack: {title: Hack, owner: {event: hackathon}, profile: node}
defaults: {preset: small}
";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Monday 23 November 2026 at ten in Berlin.
fn monday() -> DateTime<Utc> {
    at("2026-11-23T09:00:00Z")
}

fn student() -> Somebody {
    somebody(&["school"]).at(monday())
}

fn lab(person: &Somebody, content: &Content) -> Option<State> {
    let form = person.form(content);
    let lab = form.cards.iter().find(|card| card.id.to_string() == "lab")?;
    Some(lab.state.clone())
}

#[test]
fn while_an_event_runs_its_card_is_first_and_chosen() {
    let content = content(SITE);
    let student = student();
    let form = student.form(&content);
    assert_eq!(form.context.map(|acting| acting.context().to_string()).as_deref(), Some("event:ai-school"));
    assert_eq!(titles(&form), ["The lab", "A small server", "Choose every option myself"]);
    assert_eq!(form.chosen.as_ref().map(ToString::to_string).as_deref(), Some("lab"));
    let preferring = somebody(&["school"]).at(monday()).who_prefers(&json!({ "default": "small" }));
    assert_eq!(preferring.form(&content).chosen.map(|id| id.to_string()).as_deref(), Some("lab"));
}

#[test]
fn what_an_event_brings_along_is_had_in_its_context_only() {
    let content = content(SITE);
    let student = student();
    let lab = student.starts(&content, &json!({ "preset": "lab" })).unwrap();
    assert_eq!(lab.traits["req_reservation"], json!("ai-school-26"));
    assert_eq!(lab.given["gpus"], json!(1));
    let elsewhere = somebody(&["school", "physics"]).at(monday()).acting_in("physics");
    let small = elsewhere.starts(&content, &json!({ "preset": "small" })).unwrap();
    assert!(!small.traits.contains_key("req_reservation"), "{:?}", small.traits);
    let posted = with("~node", json!({ "reservation": "ai-school-26" }));
    let refused = sentence(elsewhere.starts(&content, &posted));
    assert!(
        refused.contains("Reservation: this is not offered here") && refused.contains("belong to courses"),
        "{refused}"
    );
    assert!(sentence(elsewhere.starts(&content, &with("~node", json!({ "gpus": 1 })))).contains("GPUs"));
}

#[test]
fn a_value_that_the_event_sets_is_refused_when_posted_otherwise() {
    let content = content(SITE);
    let refused = sentence(student().starts(&content, &with("lab", json!({ "reservation": "another" }))));
    assert!(refused.contains("set to ai-school-26") && refused.contains("AI School"), "{refused}");
    assert!(student().starts(&content, &with("lab", json!({ "reservation": "ai-school-26" }))).is_ok());
}

#[test]
fn before_it_opens_instructors_start_and_participants_are_told_when() {
    let content = content(SITE);
    let sunday = at("2026-11-22T12:00:00Z");
    let told = State::Unavailable("“AI School” opens Monday 23 November at 09:00 (Europe/Berlin)".into());
    assert_eq!(lab(&somebody(&["school"]).at(sunday), &content), Some(told));
    let dave = somebody(&[]).named("dave").at(sunday);
    assert_eq!(lab(&dave, &content), Some(State::Ok));
    assert!(dave.starts(&content, &json!({ "preset": "lab" })).is_ok());
    let refused = sentence(somebody(&["school"]).at(sunday).starts(&content, &json!({ "preset": "lab" })));
    assert!(refused.contains("opens Monday 23 November at 09:00"), "{refused}");
}

#[test]
fn an_audience_sees_its_own_presets_and_has_its_own_limits() {
    let content = content(SITE);
    let dave = somebody(&[]).named("dave").at(monday());
    assert_eq!(titles(&dave.form(&content))[..2], ["The lab", "The stage"]);
    assert_eq!(dave.starts(&content, &json!({ "preset": "stage" })).unwrap().given["gpus"], json!(4));
    assert!(
        sentence(student().starts(&content, &json!({ "preset": "stage" }))).contains("no preset “stage”")
    );
}

#[test]
fn nothing_that_starts_in_an_event_outlives_its_grace() {
    let content = content(SITE);
    // 15:40 on the last day: the grace ends at 18:00.
    let late = somebody(&["school"]).at(at("2026-11-24T14:40:00Z"));
    let started = late.starts(&content, &json!({ "preset": "lab" })).unwrap();
    assert_eq!(started.given["walltime"], json!("2h"));
    assert_eq!(
        started.changes,
        ["Wall time: 2 h instead of 4 h (AI School: servers stop with it, until 18:00 (Europe/Berlin))"]
    );
    let refused = sentence(late.starts(&content, &with("lab", json!({ "walltime": "4h" }))));
    assert!(refused.contains("servers stop with it"), "{refused}");
    let too_late = somebody(&["school"]).at(at("2026-11-24T16:45:00Z"));
    let Some(State::Unavailable(why)) = lab(&too_late, &content) else { panic!("it starts") };
    assert!(why.contains("too little time"), "{why}");
}

#[test]
fn between_its_days_and_after_it_nothing_starts() {
    let content = content(SITE);
    let night = somebody(&["school"]).at(at("2026-11-23T22:00:00Z"));
    let Some(State::Unavailable(why)) = lab(&night, &content) else { panic!("it starts") };
    assert!(why.contains("Tuesday 24 November at 09:00"), "{why}");
    assert_eq!(night.form(&content).chosen.map(|id| id.to_string()).as_deref(), Some("small"));
    let grace = somebody(&["school"]).at(at("2026-11-24T16:20:00Z"));
    assert!(matches!(lab(&grace, &content), Some(State::Adjusted(_))), "{:?}", lab(&grace, &content));
    let after = somebody(&["school"]).at(at("2026-11-24T17:00:00Z"));
    assert_eq!(lab(&after, &content), None);
    assert!(sentence(after.starts(&content, &json!({ "preset": "lab" }))).contains("no preset “lab”"));
}

#[test]
fn of_two_events_that_run_none_is_chosen_and_a_start_without_a_choice_starts_nothing() {
    let content = content(SITE);
    let erin = somebody(&["school"]).named("erin").at(at("2026-11-24T09:00:00Z"));
    let form = erin.form(&content);
    assert_eq!((form.chosen.clone(), form.context), (None, None));
    assert!(form.notices.iter().any(|notice| matches!(notice, Notice::SeveralEvents { .. })));
    let refused = sentence(erin.starts(&content, &Json::Null));
    assert_eq!(
        refused,
        "Nothing was started, because AI School and Hack Week run at the same time. Choose one."
    );
    assert!(erin.starts(&content, &json!({ "preset": "hack" })).is_ok());
    let chosen =
        somebody(&["school"]).named("erin").at(at("2026-11-24T09:00:00Z")).acting_in("event:hackathon");
    assert_eq!(chosen.form(&content).chosen.map(|id| id.to_string()).as_deref(), Some("hack"));
}

#[test]
fn an_events_card_starts_in_its_event_wherever_the_page_is() {
    let content = content(SITE);
    let elsewhere = somebody(&["school", "physics"]).at(monday()).acting_in("physics");
    let form = elsewhere.form(&content);
    let lab = form.cards.iter().find(|card| card.id.to_string() == "lab").unwrap();
    assert_eq!(lab.context.map(|acting| acting.context().to_string()).as_deref(), Some("event:ai-school"));
    assert_eq!(
        elsewhere.starts(&content, &json!({ "preset": "lab" })).unwrap().given["walltime"],
        json!("4h")
    );
    let small = form.cards.iter().find(|card| card.id.to_string() == "small").unwrap();
    assert_eq!(small.field("walltime").map(|field| field.editable), Some(false), "Physics fixes it");
}

#[test]
fn whoever_wants_to_act_in_nothing_gets_what_the_site_says() {
    let content = content(SITE);
    let student = student().acting_in("");
    let form = student.form(&content);
    assert_eq!((form.context, form.contexts.len()), (None, 2));
    assert_eq!(form.chosen.as_ref().map(ToString::to_string).as_deref(), Some("small"));
    let posted = json!({ "preset": "~node", "context": "" });
    assert!(!student.starts(&content, &posted).unwrap().traits.contains_key("req_reservation"));
    // Two events run, and nothing is undecided any more.
    let erin = somebody(&["school"]).named("erin").at(at("2026-11-24T09:00:00Z")).acting_in("");
    assert_eq!(erin.starts(&content, &Json::Null).unwrap().card.to_string(), "small");
}

#[test]
fn a_start_for_a_context_that_is_not_theirs_is_refused() {
    let content = content(SITE);
    for context in ["physics", "event:hackathon", "event:nix", "?"] {
        let student = student().acting_in(context);
        assert_eq!(
            student.form(&content).chosen.map(|id| id.to_string()).as_deref(),
            Some("lab"),
            "the usual"
        );
        let refused = sentence(student.starts(&content, &json!({ "preset": "small", "context": context })));
        let said =
            format!("Your server was not started: nothing can be started for “{context}”: you are not in it");
        assert!(refused.starts_with(&said), "{refused}");
    }
    let over = student().at(at("2026-12-24T10:00:00Z"));
    let asked = json!({ "preset": "small", "context": "event:ai-school" });
    assert!(sentence(over.starts(&content, &asked)).contains("or it is over"));
}

#[test]
fn an_event_whose_trims_leave_nothing_is_refused_on_saving() {
    let site = SITE.replace(
        "gpus: {grant: {max: 1}, max: 4, because: a GPU each}",
        "walltime: {min: 30h, because: long}",
    );
    let written = super::yaml::parse::<super::written::Site>(&site, "site.yaml").unwrap().value;
    let (_, faults) = Content::check(&written, 1, &Default::default());
    let places: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert!(places.contains(&"/events/ai-school/trims/walltime"), "{faults:#?}");
}

#[test]
fn the_same_instant_gives_the_same_form_and_a_minute_more_may_not() {
    let content = content(SITE);
    let twice = [student().form(&content).chosen, student().form(&content).chosen];
    assert_eq!(twice[0], twice[1]);
    let before = somebody(&["school"]).at(at("2026-11-23T08:00:00Z") - TimeDelta::seconds(1));
    let begun = somebody(&["school"]).at(at("2026-11-23T08:00:00Z"));
    assert!(matches!(lab(&before, &content), Some(State::Unavailable(_))));
    assert_eq!(lab(&begun, &content), Some(State::Ok));
}
