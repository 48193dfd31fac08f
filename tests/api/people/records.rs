//! The audit, decisions and the feed of changes: who is told what, and that it is what was recorded.

use serde_json::{Value as Json, json};

use super::super::presets::{Office, office, token};
use super::super::{form, resolve};
use super::{prefer, start};
use crate::scripted_hub::model;

fn items(answer: &Json) -> Vec<Json> {
    answer["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

fn audit(office: &Office, query: &str) -> Vec<Json> {
    items(&office.get("olga", &format!("audit?{query}")).json())
}

on_each_database! {
    async fn each_change_is_in_the_audit_with_who_and_by_which_token(scratch: Scratch) {
        let office = office(&scratch);
        prefer(&office, "alice", "\"0\"", &json!({ "default": "gpu" }));
        let made = office.post("alice", "presets", &json!({ "title": "Own", "profile": "node" }));
        let found = audit(&office, "actor=alice");
        let [preset, preferences] = found.as_slice() else { panic!("{found:#?}") };
        assert_eq!(preferences["actor"], json!({ "kind": "user", "name": "alice" }));
        assert_eq!((&preferences["action"], &preferences["object_kind"], &preferences["object_id"]), (&json!("add"), &json!("preferences"), &json!("alice")));
        assert_eq!((&preferences["before"], &preferences["after"]["default"], &preferences["token"]), (&json!(null), &json!("gpu"), &json!("a1")));
        assert_eq!((&preset["object_kind"], &preset["object_id"], &preset["after"]["title"]), (&json!("preset"), &made.json()["id"], &json!("Own")));
        assert_eq!(preset["request_id"].as_str(), made.header("x-request-id"));
        assert_eq!(audit(&office, "object_kind=preferences&object_id=alice").len(), 1);
        assert_eq!(audit(&office, "actor=bob"), Vec::<Json>::new());
        let by_file = audit(&office, "actor=test&object_kind=catalogue");
        assert_eq!(by_file[0]["actor"], json!({ "kind": "operator", "name": "test" }));
    }

    async fn the_audit_goes_page_by_page_and_its_queries_are_checked(scratch: Scratch) {
        let office = office(&scratch);
        let all = audit(&office, "limit=100");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = office.get("olga", &format!("audit?limit=2{cursor}")).json();
            seen.extend(items(&page));
            // What happens meanwhile is newer, and does not shift the rest.
            office.post("alice", "presets", &json!({ "title": "More", "profile": "node" }));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, all);
        let next = office.get("olga", "audit?limit=1").json()["next"].as_str().unwrap().to_owned();
        for (query, status) in [
            ("limit=0".to_owned(), 400), ("limit=101".into(), 400), ("limit=1&limit=2".into(), 400), ("who=alice".into(), 400),
            ("cursor=x".into(), 400), (format!("actor=bob&cursor={next}"), 400), (format!("cursor={next}"), 200),
            ("from=yesterday".into(), 400), ("from=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z".into(), 200),
            ("object_kind=%00".into(), 400), (format!("object_kind={}", "k".repeat(65)), 400),
        ] {
            assert_eq!(office.get("olga", &format!("audit?{query}")).status, status, "{query}");
        }
        assert_eq!(audit(&office, "until=2026-01-01T00:00:00Z"), Vec::<Json>::new());
        for who in ["alice", "carol", "service-alice"] {
            assert_eq!(office.get(who, "audit").status, 403, "{who}");
        }
    }

    async fn refusals_are_in_the_audit_with_whom_they_refused(scratch: Scratch) {
        let office = office(&scratch);
        let refused = office.get("alice", "audit");
        office.call("carol", "DELETE", "users/alice", &[], None);
        office.hub.knows("narrow", model("user", "bob", &["access:servers!user=bob"]));
        let narrow = office.service.send("GET", "/services/presets/api/v1/me", &[("authorization", "Bearer narrow")], "");
        assert_eq!(narrow.status, 403);
        let found = audit(&office, "object_kind=request");
        let told: Vec<_> = found.iter().map(|entry| (entry["actor"]["name"].as_str().unwrap(), entry["object_id"].as_str().unwrap())).collect();
        assert_eq!(told, [
            ("bob", "GET /services/presets/api/v1/me"),
            ("carol", "DELETE /services/presets/api/v1/users/{name}"),
            ("alice", "GET /services/presets/api/v1/audit"),
        ]);
        let first = &found[2];
        assert_eq!((&first["action"], &first["after"]["problem"], &first["after"]["stands_for"]), (&json!("refuse"), &json!("forbidden"), &json!(1)));
        assert_eq!(first["request_id"].as_str(), refused.header("x-request-id"));
        // Nobody was refused here: what is not there, who is not known, and a start that is not offered.
        office.get("dave", "groups/physics");
        office.service.get("/services/presets/api/v1/me");
        office.service.hub("resolve", &resolve("dave", &json!({ "preset": "gpu" })));
        assert_eq!(audit(&office, "object_kind=request").len(), 3);
    }

    async fn a_flood_of_refusals_is_counted_not_written(scratch: Scratch) {
        let office = office(&scratch);
        for _ in 0..210 {
            assert_eq!(office.get("alice", "audit").status, 403);
        }
        let found = scratch.count("audit WHERE action = 'refuse'");
        // A minute may have ended in between, and then it began anew.
        assert!((101..=202).contains(&found), "{found}");
    }

    async fn a_decision_is_told_as_it_was_recorded_to_whom_it_concerns(scratch: Scratch) {
        let office = office(&scratch);
        let started = start(&office, "alice", &json!({ "preset": "gpu", "values": { "walltime": "1h" } }));
        let path = format!("decisions/{}", started["decision"].as_str().unwrap());
        let decision = office.get("alice", &path).json();
        assert_eq!((&decision["person"], &decision["outcome"]), (&json!("alice"), &json!("given")));
        assert_eq!(decision["asked"], json!({ "preset": "gpu", "values": { "walltime": "1h" } }));
        assert_eq!((&decision["given"]["traits"], &decision["given"]["backend"]), (&started["traits"], &started["backend"]));
        assert_eq!(decision["groups"], json!([{ "key": "physics", "source": "file" }]));
        assert_eq!(decision["sources"][0]["standing"], "fresh");
        assert!(decision["limits"].to_string().contains("interactive work ends the same day"), "{decision}");
        assert_eq!(office.get("olga", &path).json(), decision);
        for who in ["bob", "carol", "service-alice"] {
            assert_eq!(office.get(who, &path).status, 404, "{who}");
        }
        for odd in ["decisions/x", "decisions/00000000-0000-0000-0000-000000000000"] {
            assert_eq!(office.get("alice", odd).status, 404, "{odd}");
        }
        let refused = office.service.hub("resolve", &resolve("dave", &json!({ "preset": "gpu" })));
        assert_eq!(refused.status, 403);
        let latest = office.get("dave", "users/dave/export").json()["decisions"][0].clone();
        assert_eq!((&latest["outcome"], &latest["limits"][0]["code"]), (&json!("refused"), &json!("not-offered")));
    }

    async fn the_feed_tells_each_what_they_may_see(scratch: Scratch) {
        let office = office(&scratch);
        let first = office.get("olga", "changes").json();
        let revision = first["revision"].as_i64().unwrap();
        let told: Vec<_> = items(&first).iter().map(|item| format!("{} {}", item["kind"].as_str().unwrap(), item["id"].as_str().unwrap())).collect();
        assert_eq!(told, ["catalogue catalogue", "group chemistry", "group physics", "preset gpu", "preset mine", "preset small"]);
        let ids = |who: &str, since: i64| {
            let page = office.get(who, &format!("changes?since={since}")).json();
            items(&page).iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("alice", 0), ["catalogue", "physics", "gpu", "mine", "small"]);
        assert_eq!(ids("bob", 0), ["catalogue", "physics", "gpu", "small"]);
        assert_eq!(ids("carol", 0), ["catalogue", "physics", "gpu", "small"]);
        assert_eq!(ids("dave", 0), ["catalogue", "small"]);
        assert_eq!(ids("service-alice", 0), ["catalogue", "small"]);
        assert_eq!(ids("olga", revision), Vec::<String>::new());
        prefer(&office, "alice", "\"0\"", &json!({ "default": "gpu" }));
        let shared = office.made("carol", &json!({ "title": "Shared", "profile": "node", "owner": { "kind": "group", "name": "physics" } }));
        let own = office.made("alice", &json!({ "title": "Own", "profile": "node" }));
        office.delete("alice", &own, "\"1\"");
        let (shared, own) = (shared.replace("presets/", ""), own.replace("presets/", ""));
        assert_eq!(ids("alice", revision), [shared.clone(), own.clone(), own.clone()]);
        assert_eq!(ids("bob", revision), vec![shared.clone()]);
        assert_eq!(ids("dave", revision), Vec::<String>::new());
        assert_eq!(ids("olga", revision), [shared, own.clone(), own]);
        let last = items(&office.get("olga", &format!("changes?since={revision}")).json()).pop().unwrap();
        assert_eq!((&last["action"], &last["version"], &last["revision"]), (&json!("remove"), &json!(1), &json!(revision + 3)));
    }

    async fn the_feed_is_asked_often_and_answered_briefly(scratch: Scratch) {
        let office = office(&scratch);
        let answer = office.get("alice", "changes");
        let tag = answer.header("etag").unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", answer.json()["revision"]));
        let ask = |tag: &str| office.call("alice", "GET", "changes", &[("if-none-match", tag)], None);
        assert_eq!((ask(&tag).status, ask(&tag).body), (304, String::new()));
        assert_eq!(ask(&format!("\"999\", W/{tag}")).status, 304);
        office.made("alice", &json!({ "title": "Own", "profile": "node" }));
        let changed = ask(&tag);
        assert_eq!((changed.status, changed.header("etag") == Some(tag.as_str())), (200, false));
        for query in ["since=-1", "since=x", "since=1&since=2", "limit=101", "cursor=x"] {
            assert_eq!(office.get("alice", &format!("changes?{query}")).status, 400, "{query}");
        }
    }

    async fn the_feed_goes_on_where_a_part_of_it_ends(scratch: Scratch) {
        let office = office(&scratch);
        for who in ["olga", "alice", "dave"] {
            let whole = items(&office.get(who, "changes?limit=100").json());
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = office.get(who, &format!("changes?limit=2{cursor}")).json();
                seen.extend(items(&page));
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, whole, "{who}");
        }
    }

    async fn nothing_that_only_reads_changes_anything(scratch: Scratch) {
        let office = office(&scratch);
        start(&office, "alice", &json!({ "preset": "gpu" }));
        prefer(&office, "alice", "\"0\"", &json!({ "default": "gpu" }));
        let rows = || ["audit", "people", "audit_of_people", "preferences", "selections", "decisions", "presets"].map(|table| scratch.count(table));
        let before = rows();
        for who in ["alice", "root"] {
            for path in ["me", "me/preferences", "me/selections", "groups", "groups/physics", "catalogue", "changes", "users/alice/export", "presets"] {
                assert_eq!(office.get(who, path).status, 200, "{who} {path}");
            }
        }
        for path in ["audit", "catalogue/versions", "catalogue/versions/1"] {
            assert_eq!(office.get("root", path).status, 200, "{path}");
        }
        assert_eq!(rows(), before);
        assert_eq!(office.service.hub("form", &form("alice")).status, 200);
        assert!(token("alice").starts_with("token"));
    }
}
