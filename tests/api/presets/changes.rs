//! What somebody may do, is done: seen at once, once only, and never over somebody else's change.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{Office, assert_problem, notes, of_group, office, office_of_its_own, token};
use crate::running::{Answer, PREFIX, Running};
use crate::scratch::Scratch;
use jupyterhub_presets::store::Store;

fn titled(title: &str) -> Json {
    let mut body = notes();
    body["title"] = json!(title);
    body
}

on_each_database! {
    async fn a_title_that_looks_like_another_one_of_the_same_owner_is_kept_and_told(scratch: Scratch) {
        let office = office(&scratch);
        let first = office.post("alice", "presets", &titled("PyTorch 2")).json();
        assert_eq!(first.get("looks_like"), None, "there is no other");
        let other = json!({ "id": first["id"], "title": "PyTorch 2" });
        let twice = [("idempotency-key", "twice")];
        // The first two letters are Cyrillic.
        let made = office.call("alice", "POST", "presets", &twice, Some(&titled("\u{420}\u{443}Torch 2")));
        assert_eq!((made.status, &made.json()["looks_like"]), (201, &other), "{made:?}");
        let again = office.call("alice", "POST", "presets", &twice, Some(&titled("\u{420}\u{443}Torch 2")));
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &made.body));
        assert_eq!(office.post("bob", "presets", &titled("PyTorch 2")).json().get("looks_like"), None, "it is not bob's");

        let path = format!("presets/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(office.get("alice", &path).json().get("looks_like"), None, "told when it is saved");
        let renamed = office.put("alice", &path, "\"1\"", &titled("Something else"));
        assert_eq!((renamed.status, renamed.json().get("looks_like")), (200, None), "{renamed:?}");
        let renamed = office.put("alice", &path, "\"2\"", &titled("pytorch  2"));
        assert_eq!((renamed.status, &renamed.json()["looks_like"]), (200, &other), "{renamed:?}");
    }

    async fn a_preset_of_ones_own_lives_and_shows(scratch: Scratch) {
        let office = office(&scratch);
        let made = office.post("alice", "presets", &notes());
        assert_eq!(made.status, 201, "{made:?}");
        let preset = made.json();
        let id = preset["id"].as_str().unwrap();
        assert!(id.starts_with("my-notes-2-") && id.len() == "my-notes-2-".len() + 8, "{id}");
        assert_eq!(made.header("location"), Some(format!("{PREFIX}api/v1/presets/{id}").as_str()));
        assert_eq!((made.header("etag"), made.header("idempotency-replayed")), (Some("\"1\""), None));
        assert_eq!(preset["owner"], json!({ "kind": "user", "name": "alice" }));
        assert_eq!((&preset["version"], &preset["managed"]), (&json!(1), &json!(false)));
        assert_eq!((&preset["values"], &preset["ask"]), (&json!({ "walltime": "2h" }), &json!({ "cores": { "max": 4 } })));
        assert!(preset["created_at"].as_str().unwrap().ends_with('Z') && preset.get("description").is_none());
        // At once, not at the next look at the database.
        assert!(office.form("alice").contains("My notes 2") && !office.form("bob").contains("My notes 2"));

        let path = format!("presets/{id}");
        assert_eq!(office.get("alice", &path).json(), preset);
        let mut body = notes();
        body["title"] = json!("Renamed");
        body["description"] = json!("What for:\n\tnotes");
        let changed = office.put("alice", &path, "\"1\"", &body);
        assert_eq!((changed.status, changed.header("etag")), (200, Some("\"2\"")), "{changed:?}");
        assert_eq!(changed.json()["description"], "What for:\n\tnotes");
        assert_eq!(changed.json()["created_at"], preset["created_at"]);
        assert!(office.form("alice").contains("Renamed"));
        let start = office.service.hub("resolve", &json!({ "protocol": 1, "user": "alice", "options": { "preset": id } }));
        assert_eq!((start.status, &start.json()["preset"]["version"]), (200, &json!(2)), "{start:?}");

        let versions = office.get("alice", &format!("{path}/versions?limit=1")).json();
        assert_eq!(versions["items"][0]["title"], "Renamed");
        assert_eq!(versions["items"][0]["changed_by"], "alice");
        let next = versions["next"].as_str().unwrap();
        let rest = office.get("alice", &format!("{path}/versions?limit=1&cursor={next}")).json();
        assert_eq!((&rest["items"][0]["version"], &rest["next"]), (&json!(1), &Json::Null));
        assert_eq!(office.get("alice", &format!("{path}/versions/1")).json()["title"], "My notes 2");
        assert_problem(&office.get("alice", &format!("{path}/versions/3")), 404, "not-found");

        assert_eq!(office.delete("alice", &path, "\"2\"").status, 204);
        assert_problem(&office.get("alice", &path), 404, "not-found");
        assert_problem(&office.get("alice", &format!("{path}/versions")), 404, "not-found");
        assert!(!office.form("alice").contains("Renamed"));
    }

    async fn everybody_sees_what_is_theirs_to_see(scratch: Scratch) {
        let office = office(&scratch);
        let bobs = office.made("bob", &notes());
        let physics = office.made("carol", &of_group("physics"));
        let short = |path: &str| path.strip_prefix("presets/").unwrap().to_owned();
        let (bobs, physics) = (short(&bobs), short(&physics));
        let made = |first: &[&str], then: &[&String]| -> Vec<String> {
            first.iter().map(|id| (*id).to_owned()).chain(then.iter().map(|id| (*id).clone())).collect()
        };
        for (who, expected) in [
            ("alice", made(&["gpu", "mine", "small"], &[&physics])),
            ("bob", made(&["gpu", "small"], &[&bobs, &physics])),
            ("carol", made(&["gpu", "small"], &[&physics])),
            ("dave", made(&["small"], &[])),
            ("root", made(&["gpu", "mine", "small"], &[&bobs, &physics])),
            ("olga", made(&["gpu", "mine", "small"], &[&bobs, &physics])),
            // A service called alice is not alice.
            ("service-alice", made(&["small"], &[])),
            ("robot", made(&["gpu", "mine", "small"], &[&bobs, &physics])),
        ] {
            for limit in [1, 2, 100] {
                assert_eq!(office.listed(who, limit, ""), expected, "{who} by {limit}");
            }
        }
        assert_eq!(office.listed("alice", 1, "&owner_kind=group"), made(&["gpu"], &[&physics]));
        assert_eq!(office.listed("olga", 1, "&owner_kind=user&owner=bob"), [bobs]);
        assert_eq!(office.listed("alice", 1, "&owner_kind=user&owner=bob"), Vec::<String>::new());
    }

    async fn fifty_editors_and_one_wins_each_round(scratch: Scratch) {
        let office = office(&scratch);
        let path = office.made("carol", &of_group("physics"));
        for round in 1..=3_u64 {
            let etag = format!("\"{round}\"");
            let answers: Vec<Answer> = std::thread::scope(|scope| {
                let editors: Vec<_> = (0..50)
                    .map(|n| {
                        let (office, path, etag) = (&office, &path, &etag);
                        scope.spawn(move || {
                            let mut body = notes();
                            body["title"] = json!(format!("By {n} in {round}"));
                            office.put("carol", path, etag, &body)
                        })
                    })
                    .collect();
                editors.into_iter().map(|editor| editor.join().unwrap()).collect()
            });
            let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
            assert_eq!(won.len(), 1, "{answers:?}");
            for lost in answers.iter().filter(|answer| answer.status != 200) {
                assert_problem(lost, 412, "stale");
                assert_eq!(lost.json()["current"], round + 1, "{lost:?}");
                assert_eq!(lost.header("etag"), Some(format!("\"{}\"", round + 1).as_str()));
            }
            assert_eq!(office.get("alice", &path).json()["title"], won[0].json()["title"]);
        }
    }

    async fn a_create_sent_again_and_again_makes_one(scratch: Scratch) {
        let office = office(&scratch);
        let key = [("idempotency-key", "8e03978e-40d5-43dd-bc93-6894a57f9324")];
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..20)
                .map(|_| scope.spawn(|| office.call("alice", "POST", "presets", &key, Some(&notes()))))
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == Some("true")).count();
        assert_eq!(replayed, 19, "{answers:?}");
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (201, &answers[0].body), "{answer:?}");
            assert_eq!(answer.header("location"), answers[0].header("location"));
            assert_eq!(answer.header("etag"), Some("\"1\""));
        }
        assert_eq!(office.listed("alice", 100, "&owner_kind=user").len(), 2);
        // The same key for something else, elsewhere, or by somebody else.
        let mut other = notes();
        other["title"] = json!("Something else");
        assert_problem(&office.call("alice", "POST", "presets", &key, Some(&other)), 422, "idempotency-key-reused");
        assert_problem(&office.call("alice", "POST", "presets/small/copy", &key, Some(&json!({}))), 422, "idempotency-key-reused");
        let bobs = office.call("bob", "POST", "presets", &key, Some(&notes()));
        assert_eq!((bobs.status, bobs.header("idempotency-replayed")), (201, None));
        // What was answered stays the answer, also when the preset is gone.
        let path = format!("presets/{}", answers[0].json()["id"].as_str().unwrap());
        assert_eq!(office.delete("alice", &path, "\"1\"").status, 204);
        let again = office.call("alice", "POST", "presets", &key, Some(&notes()));
        assert_eq!((again.status, &again.body), (201, &answers[0].body));
    }

    async fn a_copy_is_ones_own(scratch: Scratch) {
        let office = office(&scratch);
        let theirs = office.made("carol", &of_group("physics"));
        let copied = office.post("alice", &format!("{theirs}/copy"), &json!({ "title": "  Mine now " }));
        assert_eq!(copied.status, 201, "{copied:?}");
        let copy = copied.json();
        assert_eq!((&copy["title"], &copy["owner"]), (&json!("Mine now"), &json!({ "kind": "user", "name": "alice" })));
        assert_eq!((&copy["values"], &copy["ask"]), (&notes()["values"], &notes()["ask"]));
        // What comes from the site file is copied too, and the copy is nobody's file's.
        let small = office.post("dave", "presets/small/copy", &json!({}));
        assert_eq!((small.status, &small.json()["managed"]), (201, &json!(false)), "{small:?}");
        let to_group = json!({ "owner": { "kind": "group", "name": "physics" } });
        assert_eq!(office.post("carol", "presets/small/copy", &to_group).status, 201);
        assert_problem(&office.post("alice", "presets/small/copy", &to_group), 403, "forbidden");
        // Not theirs to see is not theirs to copy.
        assert_problem(&office.post("dave", &format!("{theirs}/copy"), &json!({})), 404, "not-found");
        // A service owns nothing, so it has to say whose the copy is.
        assert_problem(&office.post("robot", "presets/small/copy", &json!({})), 422, "invalid-request");
        let for_dave = json!({ "owner": { "kind": "user", "name": "dave" } });
        assert_eq!(office.post("robot", "presets/small/copy", &for_dave).json()["owner"]["name"], "dave");
    }

    async fn another_replica_sees_it_soon(scratch: Scratch) {
        let office = office(&scratch);
        let other = Running::start_with(
            Store::open(&scratch.url(), 4), &crate::api::presets::site(), crate::api::GROUPS, &office.hub,
            std::sync::Arc::new(jupyterhub_presets::clock::SystemClock),
        );
        let before = other.hub("form", &crate::api::form("alice")).json()["revision"].as_i64().unwrap();
        office.made("alice", &notes());
        let began = Instant::now();
        loop {
            let form = other.hub("form", &crate::api::form("alice")).json();
            if form["html"].as_str().unwrap().contains("My notes 2") {
                assert!(form["revision"].as_i64().unwrap() > before);
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(2), "not seen after {:?}", began.elapsed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[tokio::test]
async fn a_change_is_written_down_with_who_and_by_which_request() {
    let office = office_of_its_own();
    let path = office.made("carol", &of_group("physics"));
    let changed = office.put("carol", &path, "\"1\"", &notes());
    let removed = office.delete("root", &path, "\"2\"");
    let entries = office
        .service
        .store
        .read(|conn| jupyterhub_presets::store::audit::since(conn, 0, 1000))
        .await
        .unwrap();
    let told: Vec<_> = entries
        .iter()
        .rev()
        .take(2)
        .map(|(_, entry)| (entry.action.as_str(), entry.actor.to_string(), entry.request_id.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("remove", "root".to_owned(), removed.header("x-request-id")),
            ("change", "carol".to_owned(), changed.header("x-request-id")),
        ]
    );
    let shown = format!("{entries:?}");
    assert!(!shown.contains(&token("carol")), "no secrets");
}

#[tokio::test]
async fn who_may_change_or_see_all_is_told_who_changed_it() {
    let office = office_of_its_own();
    let path = office.made("carol", &of_group("physics"));
    let told = |office: &Office, who: &str| {
        office.get(who, &format!("{path}/versions/1")).json()["changed_by"].clone()
    };
    assert_eq!(
        [told(&office, "carol"), told(&office, "root"), told(&office, "olga")],
        ["carol", "carol", "carol"]
    );
    assert_eq!(told(&office, "alice"), Json::Null);
}

#[tokio::test]
async fn the_site_file_leaves_alone_what_people_made() {
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    let path = office.made("alice", &notes());
    // Applying again is what starting the same site does here.
    let again =
        Running::start(Store::open(&scratch.url(), 4), &crate::api::presets::site(), crate::api::GROUPS);
    assert!(again.hub("form", &crate::api::form("alice")).body.contains("My notes 2"));
    assert_eq!(office.get("alice", &path).json()["version"], 1);
}
