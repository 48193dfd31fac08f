//! What one may start, as data: with a chain behind each limit, and a start that is checked before the hub is asked.

mod catalogues;
mod contexts;
mod starts;
mod travel;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jupyterhub_presets::clock::{Clock, SharedClock};
use jupyterhub_presets::desk::forms::View;
use jupyterhub_presets::desk::presets::NotDone;
use jupyterhub_presets::directory::FileDirectory;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::presets::{Office, token};
use crate::running::{Answer, PREFIX, Running, desk};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

pub const SITE: &str = include_str!("../sites/reasons.yaml");
const GROUPS: &str = "groups: {ai: [alice, bob], chem: [bob]}";

/// Always a few days before the AI School ends.
struct November;

impl Clock for November {
    fn now(&self) -> DateTime<Utc> {
        "2026-11-21T06:12:00Z".parse().unwrap()
    }
}

/// Alice is in the AI School, bob in Chemistry too, dave in nothing.
fn office(scratch: &Scratch) -> Office {
    let hub = ScriptedHub::start();
    for (name, scopes) in [
        ("alice", &[][..]),
        ("bob", &[]),
        ("dave", &[]),
        ("root", &["custom:presets:admin"]),
        ("olga", &["custom:presets:read"]),
    ] {
        hub.user(&token(name), name, scopes);
    }
    hub.service(&token("robot"), "robot", &["custom:presets:admin"]);
    let clock: SharedClock = Arc::new(November);
    let store = Store::open(&scratch.url(), 4);
    Office::of(Running::start_with(store, SITE, GROUPS, &hub, clock), hub)
}

#[track_caller]
fn told(answer: &Answer) -> Json {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn card<'a>(form: &'a Json, id: &str) -> &'a Json {
    form["cards"].as_array().unwrap().iter().find(|card| card["id"] == id).unwrap_or_else(|| panic!("{form}"))
}

fn option<'a>(card: &'a Json, key: &str) -> &'a Json {
    card["options"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["key"] == key)
        .unwrap_or_else(|| panic!("{card}"))
}

/// `owner: left (reason)`, link by link.
fn chain(option: &Json) -> Vec<String> {
    let links = option["because"].as_array().unwrap().iter();
    let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    links
        .map(|link| format!("{}: {} ({})", text(&link["owner"]), text(&link["left"]), text(&link["reason"])))
        .collect()
}

on_each_database! {
    async fn a_form_is_told_with_groups_context_and_cards(scratch: Scratch) {
        let office = office(&scratch);
        let form = told(&office.get("alice", "me/effective"));
        assert_eq!((&form["user"], &form["server"], &form["at"]), (&json!("alice"), &json!(""), &json!("2026-11-21T06:12:00Z")));
        assert_eq!((&form["groups_standing"], &form["groups"][0]["key"], &form["groups"][0]["source"]), (&json!("fresh"), &json!("ai"), &json!("file")));
        assert_eq!(form["groups"][0]["standing"], "fresh");
        assert_eq!(form["context"], json!({ "key": "ai", "kind": "group", "title": "AI School" }));
        assert_eq!(form["chosen"], "small");
        assert_eq!(form["profiles"], json!([{ "key": "node", "title": "A node", "open": true, "offered": true }]));
        let school = card(&form, "school");
        assert_eq!((&school["state"], &school["from"]["key"], &school["version"]), (&json!("ok"), &json!("ai"), &json!(1)));
        let cores = option(card(&form, "small"), "cores");
        assert_eq!((&cores["kind"], &cores["unit"], &cores["help"]), (&json!("integer"), &json!("cores"), &json!("One task uses one")));
        assert_eq!((&cores["value"], &cores["allowed"]), (&json!(2), &json!({ "min": 1, "max": 16, "step": 1 })));
        assert_eq!(cores["allowed_words"], "between 1 and 16 cores");
        let dave = told(&office.get("dave", "me/effective"));
        assert_eq!((&dave["context"], &dave["groups"], &dave["contexts"]), (&Json::Null, &json!([]), &json!([])));
        assert!(dave["cards"].as_array().unwrap().iter().all(|card| card["id"] != "school"), "{dave}");
    }

    async fn whatever_is_locked_hidden_narrowed_or_missing_has_a_chain(scratch: Scratch) {
        let office = office(&scratch);
        let mut limits = 0;
        for who in ["alice", "bob", "dave", "root"] {
            let form = told(&office.get(who, "me/effective"));
            for card in form["cards"].as_array().unwrap() {
                assert_ne!(card["options"], json!([]), "{card}");
                for option in card["options"].as_array().unwrap() {
                    let limited = ["fixed", "hidden", "absent", "narrowed"].iter().any(|is| option[is] == true);
                    assert!(!limited || !chain(option).is_empty(), "{who} {}: {option}", card["id"]);
                    assert!(limited || option["editable"] == true, "{option}");
                    limits += usize::from(limited);
                }
            }
        }
        assert!(limits > 50, "{limits}");
        let form = told(&office.get("alice", "me/effective"));
        let open = card(&form, "~node");
        assert_eq!(chain(option(open, "walltime")), [
            "the site: between 30 min and 12 h (interactive work ends the same day)",
            "AI School: between 30 min and 8 h (two classes a day)",
        ]);
        assert_eq!(option(open, "walltime")["because"][1]["until"], "2026-12-01 12:00 +01:00");
        assert_eq!((&option(open, "walltime")["value"], &option(open, "share")["fixed"], &option(open, "note")["hidden"]), (&json!("3h"), &json!(true), &json!(true)));
        assert_eq!(option(open, "cores")["because"][0]["rule"], "half-a-node");
        assert_eq!(option(open, "colour")["absent"], false, "granted to the school");
        assert_eq!(chain(option(card(&form, "school"), "cores")).last().unwrap(), "this preset: 8 cores (it sets this)");
        let dave = told(&office.get("dave", "me/effective"));
        let open = card(&dave, "~node");
        assert_eq!((&option(open, "colour")["absent"], &option(open, "colour")["value"]), (&json!(true), &Json::Null));
        let partition = option(open, "partition");
        assert_eq!(partition["allowed"], json!(["rome", "gpu"]));
        assert_eq!(partition["choices"][1], json!({ "value": "gpu", "label": "NVIDIA A100" }));
        assert_eq!(chain(partition), ["the site: AMD Rome or NVIDIA A100 (some choices are kept for other groups)"]);
    }

    async fn a_context_is_chosen_among_ones_own(scratch: Scratch) {
        let office = office(&scratch);
        let form = told(&office.get("bob", "me/effective"));
        assert_eq!((&form["context"], form["contexts"].as_array().unwrap().len()), (&Json::Null, 2));
        let walltime = |form: &Json| option(card(form, "~node"), "walltime")["allowed"]["max"].clone();
        assert_eq!(walltime(&form), "12h");
        let school = told(&office.get("bob", "me/effective?context=ai"));
        assert_eq!((&school["context"]["key"], walltime(&school)), (&json!("ai"), json!("8h")));
        // A policy holds in every context.
        for form in [&form, &school] {
            assert_eq!(option(card(form, "~node"), "cores")["allowed"]["max"], 32, "{form}");
        }
        for path in ["me/effective?context=chem", "me/effective?context=nix", "me/schema?context=nix", "me/schema?card=nix"] {
            assert_eq!(office.get("alice", path).status, 404, "{path}");
        }
        for path in ["me/effective?colour=red", "me/effective?context=ai&context=ai", "me/schema?card=small&card=big"] {
            assert_eq!(office.get("alice", path).status, 400, "{path}");
        }
    }

    async fn it_is_counted_what_is_shown_of_what_there_is(scratch: Scratch) {
        let office = office(&scratch);
        let form = told(&office.get("alice", "me/effective"));
        // 3 partitions, 2 for a yes or no, 3 tools, 3 modules, 2 colours.
        assert_eq!(card(&form, "school")["counts"], json!({ "fields_shown": 1, "fields_in_catalogue": 12, "choices_shown": 0, "choices_in_catalogue": 13 }));
        assert_eq!(form["counts"], card(&form, "small")["counts"]);
        assert_eq!((&form["counts"]["fields_shown"], &form["counts"]["choices_shown"]), (&json!(4), &json!(3)));
    }

    async fn whoever_reads_everybodys_sees_anybodys_form_at_any_instant(scratch: Scratch) {
        let office = office(&scratch);
        let now = told(&office.get("olga", "users/alice/effective"));
        let mut own = told(&office.get("alice", "me/effective"));
        own["notes"] = now["notes"].clone();
        assert_eq!(now, own, "the same as alice sees");
        assert_eq!(now["notes"].as_array().unwrap().len(), 1);
        let later = told(&office.get("olga", "users/alice/effective?at=2026-12-01T12:00:00%2B01:00"));
        assert_eq!(later["at"], "2026-12-01T11:00:00Z");
        assert_eq!(option(card(&later, "~node"), "walltime")["allowed"]["max"], "12h", "the school's limit has ended");
        assert!(later["notes"][0].as_str().unwrap().contains("Memberships are as they are known today"), "{later}");
        let before = told(&office.get("olga", "users/alice/effective?at=2026-12-01T10:59:59Z"));
        assert_eq!(option(card(&before, "~node"), "walltime")["allowed"]["max"], "8h");
        told(&office.get("olga", "users/alice/effective?at=2200-01-01T00:00:00Z"));
        for at in ["tomorrow", "2026-12-01", "", "99999-12-01T00:00:00Z"] {
            assert_eq!(office.get("olga", &format!("users/alice/effective?at={at}")).status, 400, "{at}");
        }
        assert_eq!(office.get("alice", "users/alice/effective").status, 403);
    }

    async fn the_command_prints_the_same_chain_at_any_instant(scratch: Scratch) {
        let office = office(&scratch);
        let folder = tempfile::tempdir().unwrap();
        let groups = folder.path().join("groups.yaml");
        std::fs::write(&groups, GROUPS).unwrap();
        let directory = FileDirectory::open(&groups).unwrap();
        let desk = desk(PREFIX, office.service.store.clone(), vec![Box::new(directory)], Arc::new(November));
        desk.site.refresh().await.unwrap();
        let view = |at: Option<&str>| View::of("alice".try_into().unwrap(), at.map(|at| at.parse().unwrap()));
        let now = desk.explain(&view(None)).await.unwrap();
        let form = told(&office.get("alice", "me/effective"));
        let mut links = 0;
        for card in form["cards"].as_array().unwrap() {
            for option in card["options"].as_array().unwrap() {
                for link in option["because"].as_array().unwrap() {
                    let text = |member: &str| link[member].as_str().unwrap().to_owned();
                    let said = format!("← {} ({}: {}", text("left"), text("owner"), text("reason"));
                    assert!(now.contains(&said), "{said} is not in\n{now}");
                    links += 1;
                }
            }
        }
        assert!(links > 30, "{links}");
        assert!(now.contains("fields asked in the chosen card: 4 of 12 in the catalogue"), "{now}");
        let later = desk.explain(&view(Some("2026-12-01T11:00:00Z"))).await.unwrap();
        assert!(now.contains("two classes a day") && !later.contains("two classes a day"), "{later}");
        assert!(later.starts_with("at 2026-12-01T11:00:00+00:00, with today's memberships"), "{later}");
        let inside = |context: &str| View { context: Some(context.to_owned()), ..view(None) };
        assert!(now.contains("context: ai\n"), "{now}");
        let outside = desk.explain(&inside("")).await.unwrap();
        assert!(outside.contains("context: none (or ai)\n"), "{outside}");
        // The school's own card is the school's wherever one looks from.
        let said = |text: &str| text.matches("nobody reads it").count();
        assert!(said(&outside) < said(&now), "{outside}");
        assert!(matches!(desk.explain(&inside("chem")).await, Err(NotDone::NotFound)));
    }

    async fn a_schema_says_of_each_card_what_may_be_sent(scratch: Scratch) {
        let office = office(&scratch);
        let answer = office.get("alice", "me/schema");
        assert_eq!(answer.header("content-type"), Some("application/schema+json"));
        let schema = told(&answer);
        // Four cards, and what starts where nothing is named.
        assert_eq!(schema["oneOf"].as_array().unwrap().len(), 5, "{schema}");
        let one = told(&office.get("alice", "me/schema?card=school"));
        assert_eq!((&one["properties"]["preset"], &one["required"]), (&json!({ "const": "school" }), &json!(["preset"])));
        let walltime = &one["properties"]["values"]["properties"]["walltime"];
        assert_eq!((&walltime["x-kind"], &walltime["x-link"], &walltime["x-maximum"]), (&json!("duration"), &json!("https://docs.example.org/limits"), &json!("8h")));
        assert_eq!(one["properties"]["values"]["properties"]["cpus"]["deprecated"], true, "an old name is still understood");
    }

    async fn validating_tells_every_fault_and_writes_nothing(scratch: Scratch) {
        let office = office(&scratch);
        let fine = told(&office.post("alice", "me/validate", &json!({ "preset": "small", "values": { "cores": "4", "memory": "8 GB" } })));
        assert_eq!(fine["preset"], json!({ "id": "small", "title": "A small server", "version": 1 }));
        assert_eq!((&fine["context"], &fine["values"]["cores"], &fine["chosen"]), (&json!("ai"), &json!(4), &json!({ "cores": 4, "memory": "8GB" })));
        let usual = told(&office.post("alice", "me/validate", &json!({})));
        assert_eq!((&usual["preset"]["id"], &usual["changes"]), (&json!("small"), &json!([])));
        let refused = office.post("alice", "me/validate", &json!({ "preset": "~node", "values": { "cores": 65, "share": "2", "nix": 1, "walltime": "10h" } }));
        assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/options-refused")));
        let mut errors: Vec<(String, String)> = refused.json()["errors"].as_array().unwrap().iter().map(|error| {
            assert!(error["detail"].is_string() && error["value"] != Json::Null || error["code"] == "unknown-option", "{error}");
            assert_ne!(error["allowed"], Json::Null, "{error}");
            (error["pointer"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
        }).collect();
        errors.sort();
        let expected = [("/values/cores", "out-of-range"), ("/values/nix", "unknown-option"), ("/values/share", "fixed"), ("/values/walltime", "out-of-range")];
        assert_eq!(errors, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
        assert_eq!(office.post("dave", "me/validate", &json!({ "preset": "school" })).status, 403, "not offered");
        assert_eq!(office.post("alice", "me/validate", &json!({ "preset": 7 })).status, 422);
        assert_eq!(office.post("alice", "me/validate", &json!({ "colour": "red" })).status, 422);
        let nothing = office.get("alice", "me/selections").json();
        assert_eq!(nothing["items"], json!([]));
        assert_eq!(office.get("alice", "users/alice/export").json()["decisions"], json!([]));
    }
}
