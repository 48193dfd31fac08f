//! What is saved is sound and within limits, and each field that is not is told by itself.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{Office, assert_problem, notes, of_group, office, office_of_its_own};
use crate::running::Answer;
use crate::scratch::Scratch;

fn with(changes: &[(&str, Json)]) -> Json {
    let mut body = notes();
    for (pointer, value) in changes {
        body[pointer.trim_start_matches('/')] = value.clone();
    }
    body
}

#[track_caller]
fn faults(answer: &Answer) -> Vec<(String, String)> {
    assert_problem(answer, 422, "invalid-request");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let text = |fault: &Json, member: &str| fault[member].as_str().unwrap().to_owned();
    errors.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
}

fn raw(office: &Office, body: &str) -> Answer {
    let bearer = format!("Bearer {}", super::token("alice"));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    office.service.send("POST", &format!("{}api/v1/presets", crate::running::PREFIX), &headers, body)
}

#[tokio::test]
async fn each_field_at_fault_is_told_by_itself() {
    let office = office_of_its_own();
    for (changes, expected) in [
        (&[("title", json!(""))][..], &[("/title", "label")][..]),
        (&[("title", json!("x".repeat(101)))], &[("/title", "label")]),
        (&[("title", json!("a\nb"))], &[("/title", "label")]),
        (&[("title", json!("a\u{202e}b"))], &[("/title", "label")]),
        (&[("title", json!("\u{e000}"))], &[("/title", "label")]),
        (&[("title", json!(format!("Z{}", "\u{301}".repeat(7))))], &[("/title", "text")]),
        (&[("description", json!("x".repeat(2_001)))], &[("/description", "too-long")]),
        (&[("description", json!("a\u{2066}b"))], &[("/description", "text")]),
        (
            &[("profile", json!("nix"))],
            &[("/profile", "unknown"), ("/values/walltime", "unknown"), ("/ask/cores", "unknown")],
        ),
        (&[("profile", json!("No Key!"))], &[("/profile", "unknown")]),
        (&[("values", json!({ "cores": 200 }))], &[("/values/cores", "not-allowed")]),
        (&[("values", json!({ "cores": "many" }))], &[("/values/cores", "wrong-type")]),
        (
            &[("values", json!({ "nix": 1, "walltime": 1.5 }))],
            &[("/values/nix", "unknown"), ("/values/walltime", "wrong-type")],
        ),
        (&[("values", json!({ "a/b~c": 1 }))], &[("/values/a~1b~0c", "unknown")]),
        (&[("ask", json!({ "cores": { "min": 200 } }))], &[("/ask/cores", "empty")]),
        (&[("ask", json!({ "partition": { "max": 3 } }))], &[("/ask/partition", "misplaced")]),
        (&[("ask", json!({ "partition": { "only": [] } }))], &[("/ask/partition/only", "empty")]),
        (
            &[("title", json!("")), ("values", json!({ "cores": 0 })), ("ask", json!({ "nix": {} }))],
            &[("/title", "label"), ("/values/cores", "not-allowed"), ("/ask/nix", "unknown")],
        ),
        // Above the site's ceiling, which is said with what is allowed and why.
        (&[("values", json!({ "walltime": "20h" }))], &[("/values/walltime", "out-of-range")]),
        (&[("owner", json!({ "kind": "site", "name": "x" }))], &[("/owner/name", "misplaced")]),
        (&[("owner", json!({ "kind": "user" }))], &[("/owner/name", "missing")]),
        (&[("owner", json!({ "kind": "user", "name": "" }))], &[("/owner/name", "unknown")]),
        (&[("owner", json!({ "kind": "group", "name": "A B" }))], &[("/owner/name", "unknown")]),
        (&[("owner", json!({ "kind": "nobody" }))], &[("/owner/kind", "wrong-shape")]),
        (&[("values", json!([]))], &[("/values", "wrong-shape")]),
        (&[("title", Json::Null)], &[("/title", "wrong-shape")]),
        (&[("version", json!(7))], &[("/version", "unknown-field")]),
        (&[("ask", json!({ "cores": [] }))], &[("/ask/cores", "wrong-shape")]),
        (&[("ask", json!({ "cores": [4, 8, null] }))], &[("/ask/cores", "wrong-shape")]),
        (&[("owner", json!(["site", null]))], &[("/owner", "wrong-shape")]),
        (&[("ask", json!({ "cores": { "mx": 3 } }))], &[("/ask/cores/mx", "unknown-field")]),
    ] {
        let refused = office.post("alice", "presets", &with(changes));
        let mut told = faults(&refused);
        let mut expected: Vec<_> =
            expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        told.sort();
        expected.sort();
        assert_eq!(told, expected, "{changes:?}: {refused:?}");
    }
    let refused = office.post("alice", "presets", &with(&[("values", json!({ "walltime": "20h" }))])).json();
    let fault = &refused["errors"][0];
    assert_eq!(fault["value"], "20h", "{refused}");
    assert_eq!(fault["allowed"]["max"], "12h", "{refused}");
    assert!(fault["detail"].as_str().unwrap().contains("interactive work ends the same day"), "{refused}");
    assert_eq!(office.listed("alice", 100, "&owner_kind=user"), ["mine"]);
}

#[tokio::test]
async fn the_same_checks_hold_for_a_change_and_a_copy() {
    let office = office_of_its_own();
    let path = office.made("alice", &notes());
    let refused = office.put("alice", &path, "\"1\"", &with(&[("values", json!({ "cores": 200 }))]));
    assert_eq!(faults(&refused), [("/values/cores".to_owned(), "not-allowed".to_owned())]);
    let refused = office.post("alice", &format!("{path}/copy"), &json!({ "title": "\u{202e}" }));
    assert_eq!(faults(&refused), [("/title".to_owned(), "label".to_owned())]);
    // Chemistry's policy allows 8 cores: who is in it copies no 18.
    let gpu = json!({ "owner": { "kind": "group", "name": "chemistry" } });
    let refused = office.post("root", "presets/gpu/copy", &gpu);
    assert_eq!(faults(&refused), [("/values/cores".to_owned(), "out-of-range".to_owned())]);
    assert!(refused.json()["errors"][0]["detail"].as_str().unwrap().contains("a shared node"), "{refused:?}");
    assert_eq!(office.get("alice", &path).json()["version"], 1);
}

#[tokio::test]
async fn a_profile_that_is_not_open_is_not_opened_by_a_preset_of_ones_own() {
    let office = office_of_its_own();
    // Profile `node` is not open; `small` offers 1 to 32 cores of it to everybody.
    let own = |cores: u32| json!({ "title": "Mine", "profile": "node", "values": { "cores": cores } });
    assert_eq!(office.post("dave", "presets", &own(32)).status, 201);
    assert_eq!(
        faults(&office.post("dave", "presets", &own(33))),
        [("/profile".to_owned(), "not-open".to_owned())]
    );
    let asks = json!({ "title": "Mine", "profile": "node", "ask": { "cores": { "max": 64 } } });
    assert_eq!(
        faults(&office.post("dave", "presets", &asks)),
        [("/profile".to_owned(), "not-open".to_owned())]
    );
    // One's own do not vouch for one another, and those who make offers are not bound by them.
    let memory = json!({ "title": "Mine", "profile": "node", "values": { "memory": "512GB" } });
    assert_eq!(
        faults(&office.post("alice", "presets", &memory)),
        [("/profile".to_owned(), "not-open".to_owned())]
    );
    let mut offer = memory;
    offer["owner"] = json!({ "kind": "group", "name": "physics" });
    assert_eq!(office.post("carol", "presets", &offer).status, 201);
}

#[tokio::test]
async fn a_text_is_kept_composed_and_trimmed() {
    let office = office_of_its_own();
    let path = office.made(
        "alice",
        &with(&[("title", json!(" A\u{30a}ngstro\u{308}m ")), ("description", json!("e\u{301}"))]),
    );
    let kept = office.get("alice", &path).json();
    assert_eq!((&kept["title"], &kept["description"]), (&json!("Ångström"), &json!("é")));
    assert!(path.starts_with("presets/angstrom-"), "{path}");
    let path = office.made("alice", &with(&[("title", json!("量子 🧪")), ("description", json!(""))]));
    assert!(path.starts_with("presets/preset-"), "{path}");
    assert!(office.get("alice", &path).json().get("description").is_none());
}

#[tokio::test]
async fn a_body_is_read_to_the_letter() {
    let office = office_of_its_own();
    let post = |body: &str| raw(&office, body);
    for body in [
        "",
        "{",
        "null x",
        r#"{"title":"a","title":"a","profile":"desk"}"#,
        r#"{"title":"a","profile":"desk"} {}"#,
        r#"{"title":"a","profile":"desk","values":{"cores":1,"cores":2}}"#,
        r#"{"title":"\ud800","profile":"desk"}"#,
        r#"{"title":"a","profile":"desk","values":{"cores":1e999}}"#,
        "\u{feff}{}",
    ] {
        assert_problem(&post(body), 400, "malformed-request");
    }
    for body in [
        "null",
        "[]",
        "7",
        "{}",
        r#"{"title":"a\u0000","profile":"desk"}"#,
        r#"{"title":"a","profile":"desk","values":{"\u0000":1}}"#,
        r#"{"title":"a","profile":"desk","x":1}"#,
        r#"["a",null,null,"desk",{},{}]"#,
    ] {
        assert_problem(&post(body), 422, "invalid-request");
    }
    let deep = |n: usize| {
        format!(
            r#"{{"title":"a","profile":"desk","values":{{"cores":{}1{}}}}}"#,
            "[".repeat(n),
            "]".repeat(n)
        )
    };
    for (n, pointer) in [(13, "/values/cores"), (20_000, "/values/cores/0/0/0/0/0/0/0/0/0/0/0/0/0/0")] {
        let refused = post(&deep(n));
        assert_problem(&refused, 422, "invalid-request");
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{refused:?}");
    }
    let many = format!(
        r#"{{"title":"a","profile":"desk","ask":{{"cores":{{"only":[{}]}}}}}}"#,
        vec!["1"; 257].join(",")
    );
    assert_eq!(post(&many).json()["errors"][0]["code"], "too-many");
    let large = format!(r#"{{"title":"a","profile":"desk","description":"{}"}}"#, "x".repeat(64 << 10));
    assert_problem(&post(&large), 413, "too-large");
    let bearer = format!("Bearer {}", super::token("alice"));
    let typed = office.service.send(
        "POST",
        &format!("{}api/v1/presets", crate::running::PREFIX),
        &[("authorization", &bearer)],
        "{}",
    );
    assert_problem(&typed, 415, "wrong-type");
}

#[tokio::test]
async fn there_is_an_end_to_what_one_person_keeps() {
    let office = office_of_its_own();
    for n in 0..200 {
        let new = crate::api::presets::limits::kept(n);
        office
            .service
            .store
            .write(move |conn| {
                let author = jupyterhub_presets::store::presets::Author {
                    actor: jupyterhub_presets::store::audit::Actor::Operator("test".to_owned()),
                    token: None,
                    request_id: None,
                    at: chrono::DateTime::UNIX_EPOCH,
                };
                jupyterhub_presets::store::presets::create(conn, &new, &author)
            })
            .await
            .unwrap();
    }
    let refused = office.post("dave", "presets", &notes());
    assert_problem(&refused, 422, "limit-reached");
    assert!(refused.json()["detail"].as_str().unwrap().contains("200"), "{refused:?}");
    assert_problem(&office.post("dave", "presets/small/copy", &json!({})), 422, "limit-reached");
    assert_eq!(office.post("alice", "presets", &notes()).status, 201);
    assert_eq!(office.post("carol", "presets", &of_group("physics")).status, 201);
}

fn kept(n: i32) -> jupyterhub_presets::store::site::NewPreset {
    jupyterhub_presets::store::site::NewPreset {
        id: format!("d{n}"),
        owner: jupyterhub_presets::store::site::Owner::User("dave".to_owned()),
        document: json!({ "title": "x", "owner": { "user": "dave" }, "profile": "desk" }),
    }
}

#[tokio::test]
async fn without_a_database_nothing_is_lost_and_nothing_pretended() {
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    let path = office.made("alice", &notes());
    scratch.sql("ALTER TABLE presets RENAME TO elsewhere").unwrap();
    for answer in [
        office.get("alice", "presets"),
        office.get("alice", &path),
        office.post("alice", "presets", &notes()),
    ] {
        assert!([500, 503].contains(&answer.status), "{answer:?}");
        assert!(
            !answer.body.contains("presets.sqlite") && !answer.body.contains("no such table"),
            "{answer:?}"
        );
    }
    scratch.sql("ALTER TABLE elsewhere RENAME TO presets").unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(office.get("alice", &path).status, 200);
}
