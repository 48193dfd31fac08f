//! Events through the API: who sees them and when, who makes them, and every way it can be refused.

mod limits;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jupyterhub_presets::clock::SetClock;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::presets::{Office, assert_problem, token};
use crate::running::{PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

/// Alice and bob are in physics; erin and finn organise, gil has no scope, hana is nobody in particular.
const PEOPLE: [(&str, &[&str]); 8] = [
    ("alice", &[]),
    ("bob", &[]),
    ("gil", &[]),
    ("hana", &[]),
    ("erin", &["custom:presets:events"]),
    ("finn", &["custom:presets:events"]),
    ("root", &["custom:presets:admin"]),
    ("olga", &["custom:presets:read"]),
];

const SITE: &str = "\
contact: hpc-support@example.org
options:
  partition: {type: choice, label: Partition, choices: {rome: AMD Rome, gpu: NVIDIA A100}}
  reservation: {type: choice, label: Reservation, choices: {none: none, school: School, summit: Summit}}
  cores: {type: integer, label: CPU cores, unit: cores, min: 1, max: 128, default: 1}
  walltime: {type: duration, label: Wall time, min: 30min, max: 24h, step: 30min, default: 2h}
backends:
  local: {spawner: local, traits: {cpu_limit: '{cores}'}}
profiles:
  node: {title: A node, backend: local, open: true, options: [partition, reservation, cores, walltime]}
trims:
  walltime: {max: 12h, because: interactive work ends the same day}
baseline:
  cores: {max: 16, because: more is for projects}
  reservation: {only: [none], because: reservations belong to courses}
groups:
  physics: {title: Physics, from: {file: physics}}
  staff: {title: Staff, from: {file: staff}}
organisers: {groups: [physics], sets: [reservation, cores, walltime], longest: 5d}
events:
  colloquium:
    title: Colloquium
    kind: workshop
    zone: UTC
    from: 2026-11-23T09:00
    to: 2026-11-23T17:00
    public: true
    message: In room 4
    owner: erin
    managers: [gil]
    audiences: {participant: {groups: [physics]}}
presets:
  small: {title: A small server, owner: site, profile: node}
  talk: {title: The talk, owner: {event: colloquium}, profile: node}
";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A service whose clock shows Saturday noon until the test moves it.
struct Day {
    office: Office,
    clock: Arc<SetClock>,
}

impl std::ops::Deref for Day {
    type Target = Office;

    fn deref(&self) -> &Office {
        &self.office
    }
}

fn day(scratch: &Scratch) -> Day {
    day_at(scratch, SITE)
}

fn day_at(scratch: &Scratch, site: &str) -> Day {
    let hub = ScriptedHub::start();
    for (name, scopes) in PEOPLE {
        hub.user(&token(name), name, scopes);
    }
    hub.service(&token("robot"), "robot", &["custom:presets:events"]);
    hub.service(&token("service-erin"), "erin", &["custom:presets:events"]);
    let clock = Arc::new(SetClock::at(at("2026-11-21T12:00:00Z")));
    let store = Store::open(&scratch.url(), 4);
    let groups = "groups: {physics: [alice, bob], staff: [hana]}";
    let service = Running::start_with(store, site, groups, &hub, clock.clone());
    Day { office: Office::of(service, hub), clock }
}

/// A school of two days, as erin writes it.
fn school() -> Json {
    json!({
        "title": "AI School 2026", "kind": "course", "zone": "UTC",
        "from": "2026-11-23T09:00", "to": "2026-11-24T17:00", "daily": { "from": "09:00", "to": "17:00" },
        "preview": "2026-11-22T00:00", "grace": "30min", "message": "Welcome!",
        "managers": ["gil"],
        "audiences": { "participant": { "groups": ["physics"] }, "instructor": { "names": ["finn"] } },
        "sets": { "reservation": "school" },
        "trims": { "cores": { "max": 4, "because": "so that all find room" } },
    })
}

fn made(day: &Day, who: &str, body: &Json) -> String {
    let answer = day.post(who, "events", body);
    assert_eq!(answer.status, 201, "{answer:?}");
    format!("events/{}", answer.json()["key"].as_str().unwrap())
}

fn keys(day: &Day, who: &str, query: &str) -> Vec<String> {
    let page = day.get(who, &format!("events{query}"));
    assert_eq!(page.status, 200, "{page:?}");
    let items = page.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

on_each_database! {
    async fn an_event_lives_through_its_days(scratch: Scratch) {
        let day = day(&scratch);
        let made = day.post("erin", "events", &school());
        assert_eq!((made.status, made.header("etag")), (201, Some("\"1\"")), "{made:?}");
        let event = made.json();
        let key = event["key"].as_str().unwrap();
        assert!(key.starts_with("ai-school-2026-"), "{key}");
        assert_eq!(made.header("location"), Some(format!("{PREFIX}api/v1/events/{key}").as_str()));
        let path = format!("events/{key}");
        let preset = json!({ "title": "The lab", "profile": "node", "owner": { "kind": "event", "name": key }, "values": { "cores": 4 } });
        let lab = day.post("gil", "presets", &preset);
        assert_eq!(lab.status, 201, "a manager without the scope writes presets: {lab:?}");
        let lab = lab.json()["id"].as_str().unwrap().to_owned();
        let start = |who: &str| day.service.hub("resolve", &json!({ "protocol": 1, "user": who, "options": { "preset": lab } })).status;
        for (now, state, words, next, alice, finn, erin) in [
            ("2026-11-21T12:00:00Z", "draft", "a draft, to be tried from Sunday 22 November at 00:00 (UTC)", "2026-11-22T00:00:00Z", 403, 403, 422),
            ("2026-11-22T00:00:00Z", "preview", "opens Monday 23 November at 09:00 (UTC)", "2026-11-23T09:00:00Z", 422, 200, 200),
            ("2026-11-23T09:00:00Z", "open", "open until 17:00 (UTC)", "2026-11-23T17:00:00Z", 200, 200, 200),
            ("2026-11-23T17:00:00Z", "closed", "closed until Tuesday 24 November at 09:00 (UTC)", "2026-11-24T09:00:00Z", 422, 200, 200),
            ("2026-11-24T16:59:59Z", "open", "open until 17:00 (UTC)", "2026-11-24T17:00:00Z", 200, 200, 200),
            ("2026-11-24T17:29:00Z", "grace", "over, servers may still be started until 17:30 (UTC)", "2026-11-24T17:30:00Z", 200, 200, 200),
            ("2026-11-24T17:30:00Z", "archived", "ended on Tuesday 24 November", "", 403, 403, 403),
        ] {
            day.clock.set(at(now));
            let shown = day.get("erin", &path).json();
            assert_eq!((&shown["state"], &shown["words"]), (&json!(state), &json!(words)), "{now}");
            assert_eq!(shown["next_change"], if next.is_empty() { Json::Null } else { json!(next) }, "{now}");
            assert_eq!(shown["role"], json!({ "organiser": true, "audience": null }));
            assert_eq!((&shown["may_start"], &shown["presets"]), (&json!(erin == 200), &json!(1)), "{now}");
            assert_eq!((start("alice"), start("finn"), start("erin")), (alice, finn, erin), "{now}");
            let seen = day.get("alice", &path);
            assert_eq!(seen.status, if state == "draft" { 404 } else { 200 }, "{now}");
            if seen.status == 200 {
                assert_eq!((&seen.json()["role"]["audience"], &seen.json()["may_start"]), (&json!("participant"), &json!(alice == 200)), "{now}");
            }
            // Whoever takes part sees the presets while there is something to start or to come.
            let shown = !["draft", "archived"].contains(&state);
            assert_eq!(day.listed("alice", 50, "").contains(&lab), shown, "{now}");
            assert_eq!(day.get("alice", &format!("presets/{lab}")).status, if shown { 200 } else { 404 }, "{now}");
            assert!(day.listed("gil", 50, "&owner_kind=event").contains(&lab) && !day.listed("hana", 50, "").contains(&lab), "{now}");
        }
    }

    async fn everybody_sees_of_an_event_what_is_theirs(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &school());
        day.clock.set(at("2026-11-22T12:00:00Z"));
        let key = path.strip_prefix("events/").unwrap();
        for (who, theirs) in [
            ("alice", vec![key, "colloquium"]), ("finn", vec![key, "colloquium"]), ("gil", vec![key, "colloquium"]), ("erin", vec![key, "colloquium"]),
            ("hana", vec!["colloquium"]), ("robot", vec!["colloquium"]), ("service-erin", vec!["colloquium"]),
            ("olga", vec!["colloquium"]), ("root", vec!["colloquium"]),
        ] {
            assert_eq!(keys(&day, who, ""), theirs, "{who}");
            let knows = theirs.len() == 2 || ["olga", "root"].contains(&who);
            assert_eq!(day.get(who, &path).status, if knows { 200 } else { 404 }, "{who}");
            let all = day.get(who, "events?all=true");
            assert_eq!(all.status, if ["olga", "root"].contains(&who) { 200 } else { 403 }, "{who}");
        }
        assert_eq!(keys(&day, "olga", "?all=true"), [key, "colloquium"]);
        // Page by page, the same.
        let first = day.get("alice", "events?limit=1").json();
        let next = first["next"].as_str().unwrap();
        assert_eq!(keys(&day, "alice", &format!("?limit=1&cursor={next}")), ["colloquium"]);
        assert_problem(&day.get("alice", &format!("events?limit=1&all=true&cursor={next}")), 400, "malformed-request");
        assert_problem(&day.get("alice", "events?odd=1"), 400, "malformed-request");
        // Who takes part is for organisers and readers; a message for those who take part.
        let told = |who: &str, path: &str| { let event = day.get(who, path).json(); (event.get("message").is_some(), event.get("written").is_some(), event["may_change"] == true) };
        assert_eq!((told("alice", &path), told("gil", &path), told("erin", &path)), ((true, false, false), (true, true, false), (true, true, true)));
        assert_eq!((told("hana", "events/colloquium"), told("alice", "events/colloquium")), ((false, false, false), (true, false, false)));
        assert_eq!((told("olga", &path), told("root", &path), told("erin", "events/colloquium")), ((true, true, false), (true, true, true), (true, true, false)));
        assert!(!day.get("alice", &path).body.contains("gil") && !day.get("alice", &path).body.contains("finn"));
    }

    async fn what_is_sent_back_as_it_was_shown_changes_nothing(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &school());
        let shown = day.get("erin", &path).json();
        assert_eq!((&shown["written"]["owner"], &shown["written"]["sets"]), (&json!("erin"), &json!({ "reservation": "school" })));
        let again = day.put("erin", &path, "\"1\"", &shown["written"]);
        assert_eq!((again.status, again.header("etag")), (200, Some("\"2\"")), "{again:?}");
        assert_eq!(again.json()["written"], shown["written"]);
        // A draft is published by putting it there with `published`.
        let mut body = school();
        body["published"] = json!(false);
        let draft = made(&day, "erin", &body);
        day.clock.set(at("2026-11-23T10:00:00Z"));
        assert_eq!((day.get("erin", &draft).json()["state"].clone(), day.get("alice", &draft).status), (json!("draft"), 404));
        assert_eq!(day.put("erin", &draft, "\"1\"", &school()).json()["state"], "open");
        assert_eq!(day.get("alice", &draft).status, 200);
    }

    async fn only_organisers_change_their_event(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &school());
        day.clock.set(at("2026-11-22T12:00:00Z"));
        for (who, status) in [("alice", 403), ("gil", 403), ("hana", 403), ("olga", 403), ("finn", 403), ("robot", 404), ("service-erin", 404)] {
            assert_eq!(day.put(who, &path, "\"1\"", &school()).status, status, "{who}");
            assert_eq!(day.delete(who, &path, "\"1\"").status, status, "{who}");
        }
        for who in ["alice", "gil", "olga"] {
            assert_problem(&day.post(who, "events", &school()), 403, "forbidden");
        }
        let mut body = school();
        body["managers"] = json!(["gil", "finn"]);
        assert_eq!(day.put("erin", &path, "\"1\"", &body).status, 200);
        body["title"] = json!("AI School");
        assert_eq!(day.put("finn", &path, "\"2\"", &body).status, 200, "a manager with the scope does");
        assert_eq!(day.get("erin", &path).json()["written"]["owner"], "erin", "and it stays erin's");
        // Whom it belongs to is not theirs to say.
        for owner in ["finn", "root"] {
            body["owner"] = json!(owner);
            for refused in [day.put("finn", &path, "\"3\"", &body), day.post("erin", "events", &body)] {
                assert_problem(&refused, 422, "invalid-request");
                assert_eq!(refused.json()["errors"][0]["pointer"], "/owner", "{refused:?}");
            }
        }
        assert_eq!(day.put("root", &path, "\"3\"", &body).json()["written"]["owner"], "root");
        assert_problem(&day.post("robot", "events", &school()), 422, "invalid-request");
        assert_eq!(day.delete("root", &path, "\"4\"").status, 204);
        assert_problem(&day.get("erin", &path), 404, "not-found");
        assert_eq!(scratch.count("events"), 1);
    }

    async fn a_change_says_what_it_changes(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &school());
        assert_problem(&day.call("erin", "PUT", &path, &[], Some(&school())), 428, "if-match-required");
        assert_problem(&day.call("erin", "DELETE", &path, &[], None), 428, "if-match-required");
        let stale = day.put("erin", &path, "\"7\"", &school());
        assert_problem(&stale, 412, "stale");
        assert_eq!((stale.header("etag"), &stale.json()["current"]), (Some("\"1\""), &json!(1)));
        assert_problem(&day.delete("erin", &path, "\"7\""), 412, "stale");
        for (who, status, kind) in [("erin", 409, "managed"), ("root", 409, "managed")] {
            assert_problem(&day.put(who, "events/colloquium", "\"1\"", &school()), status, kind);
            let refused = day.delete(who, "events/colloquium", "\"1\"");
            assert_problem(&refused, status, kind);
            assert!(refused.json()["detail"].as_str().unwrap().contains("this event"), "{refused:?}");
        }
        for path in ["events/nothing", "events/NO", "events/%00"] {
            assert_problem(&day.get("erin", path), 404, "not-found");
            assert_problem(&day.put("erin", path, "\"1\"", &school()), 404, "not-found");
        }
    }

    async fn one_that_is_sent_again_is_answered_again(scratch: Scratch) {
        let day = day(&scratch);
        let send = |body: &Json| day.call("erin", "POST", "events", &[("idempotency-key", "k1")], Some(body));
        let (first, again) = (send(&school()), send(&school()));
        assert_eq!((first.status, again.status), (201, 201), "{again:?}");
        assert_eq!((first.json(), again.header("idempotency-replayed")), (again.json(), Some("true")));
        let mut other = school();
        other["title"] = json!("Other");
        assert_problem(&send(&other), 422, "idempotency-key-reused");
        assert_eq!(scratch.count("events WHERE NOT managed"), 1);
    }

    async fn presets_of_an_event_are_its_audiences(scratch: Scratch) {
        let day = day(&scratch);
        let path = made(&day, "erin", &school());
        let key = path.strip_prefix("events/").unwrap();
        day.clock.set(at("2026-11-23T10:00:00Z"));
        let preset = |audiences: Json| json!({ "title": "Stage", "profile": "node", "owner": { "kind": "event", "name": key }, "audiences": audiences });
        let stage = day.made("erin", &preset(json!(["instructor"])));
        let lab = day.made("erin", &preset(json!([])));
        let shown = day.get("finn", &stage).json();
        assert_eq!((&shown["audiences"], &shown["owner"]), (&json!(["instructor"]), &json!({ "kind": "event", "name": key })));
        for (who, stages, labs) in [("finn", 200, 200), ("erin", 200, 200), ("gil", 200, 200), ("alice", 404, 200), ("hana", 404, 404), ("olga", 200, 200)] {
            assert_eq!((day.get(who, &stage).status, day.get(who, &lab).status), (stages, labs), "{who}");
        }
        for (who, status) in [("alice", 403), ("finn", 403), ("hana", 404), ("gil", 200)] {
            assert_eq!(day.put(who, &lab, "\"1\"", &preset(json!(["participant"]))).status, status, "{who}");
        }
        assert_eq!(day.get("alice", &format!("{lab}/versions/2")).json()["audiences"], json!(["participant"]));
        for who in ["alice", "finn", "hana"] {
            assert_problem(&day.post(who, "presets", &preset(json!([]))), 403, "forbidden");
        }
        // Whom it is for, it says today: nobody comes to it by the link to a version that was for them.
        let id = lab.strip_prefix("presets/").unwrap();
        let link = |version: u8| format!("me/effective?card={id}%40{version}");
        assert_eq!((day.get("alice", &link(1)).status, day.get("finn", &link(1)).status), (200, 404));
        assert_eq!(day.put("gil", &lab, "\"2\"", &preset(json!(["instructor"]))).status, 200);
        assert_eq!((day.get("alice", &link(1)).status, day.get("alice", &link(2)).status), (404, 404));
        assert_eq!((day.get("finn", &link(1)).status, day.get("finn", &link(2)).status), (200, 200));
        // A copy for the event keeps whom it is for; one's own has no audiences.
        let copy = day.post("gil", &format!("{stage}/copy"), &json!({ "owner": { "kind": "event", "name": key } }));
        assert_eq!((copy.status, &copy.json()["audiences"]), (201, &json!(["instructor"])), "{copy:?}");
        let own = day.post("gil", &format!("{stage}/copy"), &json!({}));
        assert_eq!((own.status, own.json().get("audiences")), (201, None), "{own:?}");
        let misplaced = day.post("alice", "presets", &json!({ "title": "Mine", "profile": "node", "audiences": ["helper"] }));
        assert_problem(&misplaced, 422, "invalid-request");
        assert_eq!(misplaced.json()["errors"][0]["pointer"], "/audiences");
        // They keep to the event's limits, and go with it.
        let mut large = preset(json!([]));
        large["values"] = json!({ "cores": 8 });
        let refused = day.post("erin", "presets", &large);
        assert_problem(&refused, 422, "invalid-request");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/values/cores", "{refused:?}");
        assert_eq!(day.delete("erin", &path, "\"1\"").status, 204);
        assert_eq!((day.get("olga", &lab).status, day.get("olga", &stage).status), (404, 404));
        let feed = day.get("olga", "changes?since=1").json();
        let last: Vec<_> = feed["items"].as_array().unwrap().iter().rev().take(1).map(|item| (item["kind"].clone(), item["action"].clone())).collect();
        assert_eq!(last, [(json!("event"), json!("remove"))]);
    }

    async fn who_leaves_stands_in_no_event(scratch: Scratch) {
        let day = day(&scratch);
        let mut body = school();
        body["audiences"]["instructor"]["names"] = json!(["finn", "hana"]);
        let path = made(&day, "erin", &body);
        let export = day.get("hana", "users/hana/export");
        let named = &export.json()["events"];
        assert_eq!((&named[0]["title"], &named[0]["places"]), (&json!("AI School 2026"), &json!(["audiences › instructor"])));
        assert!(!export.body.contains("finn") && !export.body.contains("erin"), "{export:?}");
        assert_eq!(day.call("root", "DELETE", "users/hana", &[], None).status, 204);
        let written = day.get("erin", &path).json()["written"].clone();
        assert_eq!(written["audiences"]["instructor"]["names"], json!(["finn"]));
        assert_eq!(day.get("hana", "users/hana/export").json()["events"], json!([]));
        let refused = day.call("root", "DELETE", "users/erin", &[], None);
        assert_problem(&refused, 409, "managed");
        assert!(refused.json()["detail"].as_str().unwrap().contains("event colloquium (owner)"), "{refused:?}");
    }
}
