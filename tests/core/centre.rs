//! A computing centre of real size: what four kinds of people see of its 15 fields and 120 choices.

mod submissions;

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use jupyterhub_presets::effective::{Card, Content, Form, State};
use jupyterhub_presets::groups::{GroupId, Membership, SourceName};
use serde_json::json;

use super::{Somebody, content, somebody};

pub const CENTRE: &str = include_str!("../sites/centre.yaml");

/// Monday morning of the school, ten in Berlin.
pub fn monday() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// Somebody in groups of the centre's directory.
pub fn member_of(groups: &[&str]) -> Somebody {
    let id = |key: &&str| GroupId {
        source: SourceName::ldap(),
        id: format!("cn={key},ou=groups,dc=example,dc=org").into(),
    };
    let groups = groups.iter().map(id).collect();
    Somebody { membership: Membership { groups, sources: vec![] }, ..somebody(&[]) }.at(monday())
}

/// How many fields and choices there are to fill in.
fn counts(card: &Card<'_>) -> (usize, usize) {
    let asked = || card.fields.iter().filter(|field| field.editable);
    (
        asked().count(),
        asked().map(|field| field.allowed.listed(12).map_or(field.allowed.count(), |all| all.len())).sum(),
    )
}

/// The same of the whole catalogue.
fn counts_of_all(content: &Content) -> (usize, usize) {
    let options = content.catalogue.options.values();
    (content.catalogue.options.len(), options.map(|opt| opt.kind.choices().len()).sum())
}

/// The form as lines: every card, and every field of the chosen one and of the one filled in by hand.
fn sheet(content: &Content, form: &Form<'_>) -> String {
    let (fields, choices) = counts_of_all(content);
    let mut text = String::new();
    let context = form.context.map_or_else(|| "none".to_owned(), |acting| acting.context().to_string());
    writeln!(text, "context: {context}").unwrap();
    for notice in &form.notices {
        writeln!(text, "notice: {notice:?}").unwrap();
    }
    for card in &form.cards {
        let chosen = if Some(&card.id) == form.chosen.as_ref() { " *" } else { "" };
        let (asked, of) = counts(card);
        let state = match &card.state {
            State::Ok => format!("fields {asked}/{fields}, choices {of}/{choices}"),
            State::Adjusted(changes) => {
                format!("fields {asked}/{fields}, choices {of}/{choices}; adjusted: {}", changes.join("; "))
            }
            State::Unavailable(why) => format!("not available: {why}"),
        };
        writeln!(text, "{}{chosen}: {}: {state}", card.id, card.title).unwrap();
    }
    let by_hand = form.cards.iter().filter(|card| card.id.to_string().starts_with('~'));
    let chosen = form.cards.iter().filter(|card| Some(&card.id) == form.chosen.as_ref());
    for card in chosen.chain(by_hand) {
        writeln!(text, "\n{}", card.id).unwrap();
        for field in &card.fields {
            let kind = &field.opt.kind;
            let value = kind.label(&field.value);
            let says = match (field.absent, field.hidden, field.editable) {
                (true, ..) => "absent".to_owned(),
                (_, true, _) => format!("hidden {value}"),
                (.., true) => format!("{value} of {}", field.allowed.describe(kind)),
                _ => value.into_owned(),
            };
            let because: Vec<String> =
                field.because.iter().map(jupyterhub_presets::trims::Because::said).collect();
            writeln!(text, "  {}: {says}  <- {}", field.opt.label, because.join(" | ")).unwrap();
        }
    }
    text
}

#[test]
fn the_centre_is_of_real_size() {
    let content = content(CENTRE);
    assert_eq!(counts_of_all(&content), (15, 120));
    let choices = |key: &str| content.catalogue.options[key].kind.choices().len();
    assert_eq!((choices("system"), choices("partition")), (4, 14));
    assert!(content.rules.rules.len() >= 25, "{} rules", content.rules.rules.len());
    assert_eq!((content.groups.len(), content.presets.len()), (40, 60));
}

#[test]
fn somebody_in_a_course_clicks_once() {
    let content = content(CENTRE);
    let student = member_of(&["school-students"]);
    let form = student.form(&content);
    assert_eq!(form.chosen.as_ref().map(ToString::to_string).as_deref(), Some("school-lab"));
    assert_eq!(counts(form.card(form.chosen.as_ref().unwrap()).unwrap()), (0, 0), "no field, no choice");
    let started = student.starts(&content, &json!({ "preset": "school-lab" })).unwrap();
    assert_eq!(started.traits["req_reservation"], json!("ai-school"));
    assert_eq!(started.traits["req_prologue"], json!("module load CUDA/12.6 cuDNN/9.5"));
    insta::assert_snapshot!("course_member", sheet(&content, &form));
}

#[test]
fn somebody_in_a_project_changes_two_fields() {
    let content = content(CENTRE);
    let member = member_of(&["p-physics-1", "dept-physics"]);
    insta::assert_snapshot!("project_member", sheet(&content, &member.form(&content)));
}

#[test]
fn an_expert_comes_back_to_what_they_used() {
    let content = content(CENTRE);
    let values = json!({ "system": "atlas", "partition": "atlas-batch", "nodes": 2, "cores": 128, "memory": "512GB", "walltime": "12h" });
    let expert = member_of(&["hpc-experts", "p-cosmo-1"]).who_used("~node", &values);
    insta::assert_snapshot!("returning_expert", sheet(&content, &expert.form(&content)));
}

#[test]
fn whoever_is_in_no_group_gets_what_everybody_gets() {
    let content = content(CENTRE);
    let stranger = member_of(&[]);
    insta::assert_snapshot!("nobodys_member", sheet(&content, &stranger.form(&content)));
}

#[test]
fn whoever_acts_for_any_project_can_choose_every_option() {
    let content = content(CENTRE);
    let projects: Vec<&str> =
        content.groups.values().map(|group| group.key.as_str()).filter(|key| key.starts_with("p-")).collect();
    assert_eq!(projects.len(), 18);
    for project in projects {
        let member = member_of(&[project]);
        let form = member.form(&content);
        let card = form.cards.iter().find(|card| card.id.to_string() == "~node").unwrap();
        assert_eq!(card.state, State::Ok, "{project}");
        let started = member.starts(&content, &json!({ "preset": "~node" })).unwrap();
        assert_eq!(started.given["project"], json!(project.trim_start_matches("p-")));
        // The page says what starts, and goes on from there.
        let shown = card.field("system").unwrap();
        assert_eq!(shown.opt.kind.json(&shown.value), started.given["system"], "{project}");
        assert!(shown.editable && card.slots().is_some(), "{project}");
    }
    // Climate has no time on Atlas, the first of the list: chosen, it is refused, and not moved.
    let climate = member_of(&["p-climate-1"]);
    assert_eq!(
        climate.starts(&content, &json!({ "preset": "~node" })).unwrap().given["system"],
        json!("boreas")
    );
    let refused = climate.starts(&content, &json!({ "preset": "~node", "values": { "system": "atlas" } }));
    assert!(super::sentence(refused).contains("the account has no time on this system"));
    let account = json!({ "preset": "~node", "values": { "account": "climate" } });
    assert!(climate.starts(&content, &account).is_ok(), "what is so anyway may be said");
}
