//! Whoever may not, or asks wrongly, is told so: the same way for what is not there and not theirs.

use serde_json::{Value as Json, json};

use super::{assert_problem, notes, of_group, office, office_of_its_own, token};
use crate::running::{Answer, PREFIX, Running, SECRET};

/// An answer without what differs between any two.
fn bare(answer: &Answer) -> Json {
    let mut body = answer.json();
    for member in ["request_id", "instance"] {
        body.as_object_mut().unwrap().remove(member);
    }
    let mut headers: Vec<&str> = answer
        .head
        .lines()
        .filter(|line| !line.starts_with("x-request-id") && !line.starts_with("date"))
        .filter(|line| !line.starts_with("content-length"))
        .collect();
    headers.sort_unstable();
    json!({ "body": body, "headers": headers })
}

/// Method, path, headers and body.
type Call = (&'static str, String, Vec<(&'static str, &'static str)>, Option<Json>);

/// Each operation, as somebody would call it who may.
fn calls(path: &str) -> Vec<Call> {
    vec![
        ("GET", path.to_owned(), vec![], None),
        ("PUT", path.to_owned(), vec![("if-match", "\"1\"")], Some(notes())),
        ("DELETE", path.to_owned(), vec![("if-match", "\"1\"")], None),
        ("GET", format!("{path}/versions"), vec![], None),
        ("GET", format!("{path}/versions/1"), vec![], None),
        ("POST", format!("{path}/copy"), vec![], Some(json!({}))),
    ]
}

on_each_database! {
    async fn not_yours_is_not_there(scratch: Scratch) {
        let office = office(&scratch);
        let (bobs, physics) = (office.made("bob", &notes()), office.made("carol", &of_group("physics")));
        for (who, path) in [("alice", &bobs), ("carol", &bobs), ("dave", &physics), ("dave", &bobs), ("service-alice", &bobs)] {
            for ((method, path, headers, body), (_, nowhere, ..)) in calls(path).into_iter().zip(calls("presets/nowhere-2345abcd")) {
                let not_theirs = office.call(who, method, &path, &headers, body.as_ref());
                assert_problem(&not_theirs, 404, "not-found");
                let not_there = office.call(who, method, &nowhere, &headers, body.as_ref());
                assert_eq!(bare(&not_theirs), bare(&not_there), "{who} {method} {path}");
            }
        }
        // And nothing of it happened.
        assert_eq!(office.get("bob", &bobs).json()["version"], 1);
        assert_eq!(office.listed("dave", 100, "").len(), 1);
    }

    async fn what_one_sees_one_may_not_always_change(scratch: Scratch) {
        let office = office(&scratch);
        let physics = office.made("carol", &of_group("physics"));
        let bobs = office.made("bob", &notes());
        for (who, path) in [("alice", &physics), ("olga", &physics), ("olga", &bobs), ("alice", &"presets/small".to_owned()), ("carol", &"presets/small".to_owned())] {
            assert_eq!(office.get(who, path).status, 200);
            assert_problem(&office.put(who, path, "\"1\"", &notes()), 403, "forbidden");
            assert_problem(&office.delete(who, path, "\"1\""), 403, "forbidden");
        }
        // What the site file keeps, nobody changes here.
        for (who, path) in [("root", "presets/small"), ("root", "presets/gpu"), ("carol", "presets/gpu"), ("alice", "presets/mine"), ("root", "presets/mine")] {
            let refused = office.put(who, path, "\"1\"", &notes());
            assert_problem(&refused, 409, "managed");
            assert!(refused.json()["detail"].as_str().unwrap().contains("jupyterhub-presets apply"), "{refused:?}");
            assert_problem(&office.delete(who, path, "\"1\""), 409, "managed");
        }
        assert_eq!(office.get("root", "presets/small").json()["version"], 1);
    }

    async fn one_saves_for_oneself_and_for_what_one_manages(scratch: Scratch) {
        let office = office(&scratch);
        let owned = |kind: &str, name: Option<&str>| {
            let mut body = notes();
            body["owner"] = name.map_or_else(|| json!({ "kind": kind }), |name| json!({ "kind": kind, "name": name }));
            body
        };
        let site = owned("site", None);
        for who in ["alice", "carol", "olga", "service-alice"] {
            assert_problem(&office.post(who, "presets", &site), 403, "forbidden");
        }
        // Whether there is such a group or person, nobody learns from this.
        let answers: Vec<Json> = [owned("group", Some("chemistry")), owned("group", Some("nix")), owned("user", Some("bob")), owned("user", Some("nobody"))]
            .iter()
            .map(|body| bare(&office.post("carol", "presets", body)))
            .collect();
        assert!(answers.iter().all(|answer| answer == &answers[0] && answer["body"]["status"] == 403), "{answers:?}");
        for who in ["root", "robot"] {
            assert_eq!(office.post(who, "presets", &site).status, 201);
            assert_eq!(office.post(who, "presets", &owned("group", Some("chemistry"))).status, 201);
            assert_eq!(office.post(who, "presets", &owned("user", Some("dave"))).status, 201);
        }
        let unknown = office.post("root", "presets", &owned("group", Some("nix")));
        assert_problem(&unknown, 422, "invalid-request");
        assert_eq!(unknown.json()["errors"][0]["pointer"], "/owner/name");
        assert_problem(&office.post("robot", "presets", &notes()), 422, "invalid-request");
        // A preset stays whose it is.
        let path = office.made("carol", &of_group("physics"));
        let refused = office.put("carol", &path, "\"1\"", &owned("user", Some("carol")));
        assert_problem(&refused, 422, "invalid-request");
        assert_eq!(refused.json()["errors"][0]["pointer"], "/owner");
        assert_eq!(office.put("carol", &path, "\"1\"", &of_group("physics")).status, 200);
    }
}

#[tokio::test]
async fn a_change_says_what_it_changes() {
    let office = office_of_its_own();
    let path = office.made("alice", &notes());
    for method in ["PUT", "DELETE"] {
        let body = (method == "PUT").then(notes);
        for (headers, status, kind) in [
            (&[][..], 428, "if-match-required"),
            (&[("if-match", "*")], 428, "if-match-required"),
            (&[("if-match", "")], 428, "if-match-required"),
            (&[("if-match", "1")], 400, "malformed-request"),
            (&[("if-match", "\"1")], 400, "malformed-request"),
            (&[("if-match", "W/\"1\"")], 412, "stale"),
            (&[("if-match", "\"0\"")], 412, "stale"),
            (&[("if-match", "\"2\"")], 412, "stale"),
            (&[("if-match", "\"one\"")], 412, "stale"),
        ] {
            let answer = office.call("alice", method, &path, headers, body.as_ref());
            assert_problem(&answer, status, kind);
            if status == 412 {
                assert_eq!(
                    (answer.header("etag"), &answer.json()["current"]),
                    (Some("\"1\""), &json!(1)),
                    "{answer:?}"
                );
            }
        }
    }
    assert_eq!(office.put("alice", &path, "\"7\", \"1\"", &notes()).status, 200);
}

#[tokio::test]
async fn odd_paths_lead_nowhere() {
    let office = office_of_its_own();
    office.made("alice", &notes());
    let long = "a".repeat(300);
    for name in [
        "%2f",
        "..%2fsmall",
        "small%2f",
        "%00",
        "small%00",
        "%ff",
        "%c0%af",
        "%EF%BF%BD",
        "%0a",
        "%F0%9F%A7%AA",
        "Small",
        "small%20",
        "%7esmall",
        ".",
        "..",
        "%2e%2e",
        "small;x=1",
        "small%3fx",
        "%25",
        "%",
        "%zz",
        "~node",
        "-small",
        "",
        "a'%20OR%20'1'='1",
        "small--%20",
        "%2561",
        long.as_str(),
    ] {
        for (method, path, headers, body) in calls(&format!("presets/{name}")) {
            let answer = office.call("alice", method, &path, &headers, body.as_ref());
            assert!(
                [404, 405].contains(&answer.status) || (name == "%" || name == "%zz") && answer.status == 400,
                "{method} {path}: {answer:?}"
            );
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json"),
                "{method} {path}: {answer:?}"
            );
        }
    }
    for version in ["0", "-1", "x", "1e9", "1.0", "99999999999999999999", "%31%00", "2"] {
        assert_problem(&office.get("alice", &format!("presets/small/versions/{version}")), 404, "not-found");
    }
    // An encoded name that decodes to a good one is that one.
    assert_eq!(office.get("alice", "presets/sm%61ll").status, 200);
}

#[tokio::test]
async fn lists_refuse_what_they_do_not_know() {
    let office = office_of_its_own();
    for n in 0..3 {
        office.made("alice", &json!({ "title": format!("{n}"), "profile": "desk" }));
    }
    for query in [
        "limit=0",
        "limit=-1",
        "limit=101",
        "limit=1e9",
        "limit=abc",
        "limit=",
        "limit=5&limit=5",
        "x=1",
        "cursor=",
        "cursor=x",
        "cursor=%00",
        "owner=alice",
        "owner_kind=nobody",
        "owner_kind=",
        "offset=3",
        "limit=5;limit=6",
        "cursor=a&cursor=a",
        "Limit=5",
    ] {
        assert_problem(&office.get("alice", &format!("presets?{query}")), 400, "malformed-request");
    }
    let next = |query: &str| {
        office.get("alice", &format!("presets?limit=1{query}")).json()["next"].as_str().unwrap().to_owned()
    };
    let cursor = next("");
    let mut touched = cursor.clone();
    let letter = if touched.ends_with('A') { "B" } else { "A" };
    touched.replace_range(4..5, if &touched[4..5] == letter { "C" } else { letter });
    for wrong in [
        touched.as_str(),
        &cursor[1..],
        &cursor[..cursor.len() - 4],
        &format!("{cursor}AAAA"),
        &next("&owner_kind=user"),
    ] {
        assert_problem(&office.get("alice", &format!("presets?cursor={wrong}")), 400, "malformed-request");
    }
    assert_problem(
        &office.get("alice", &format!("presets/small/versions?cursor={cursor}")),
        400,
        "malformed-request",
    );
    assert_eq!(office.get("alice", &format!("presets?cursor={cursor}")).status, 200);
    // No other operation takes a query at all.
    for (method, path, headers, body) in
        calls("presets/small").into_iter().chain([("POST", "presets".to_owned(), vec![], Some(notes()))])
    {
        let answer = office.call("alice", method, &format!("{path}?x=1"), &headers, body.as_ref());
        assert_problem(&answer, 400, "malformed-request");
    }
}

#[tokio::test]
async fn keys_of_creates_are_visible_and_one() {
    let office = office_of_its_own();
    let long = "k".repeat(129);
    for headers in [
        vec![("idempotency-key", "")],
        vec![("idempotency-key", "a b")],
        vec![("idempotency-key", "ü")],
        vec![("idempotency-key", long.as_str())],
        vec![("idempotency-key", "a"), ("idempotency-key", "a")],
    ] {
        for (path, body) in [("presets", notes()), ("presets/small/copy", json!({}))] {
            assert_problem(
                &office.call("alice", "POST", path, &headers, Some(&body)),
                400,
                "malformed-request",
            );
        }
    }
    assert_eq!(
        office.call("alice", "POST", "presets", &[("idempotency-key", &long[1..])], Some(&notes())).status,
        201
    );
}

#[tokio::test]
async fn whoever_is_not_known_gets_nothing() {
    let office = office_of_its_own();
    office.hub.forgets(&token("dave"));
    let plugin = format!("Bearer {SECRET}");
    let everything = calls("presets/small").into_iter().chain([
        ("GET", "presets".to_owned(), vec![], None),
        ("POST", "presets".to_owned(), vec![], Some(notes())),
    ]);
    for (method, path, headers, body) in everything {
        let anonymous = |service: &Running, extra: &[(&str, &str)]| {
            let mut all = headers.clone();
            all.extend(extra);
            if body.is_some() {
                all.push(("content-type", "application/json"));
            }
            let body = body.as_ref().map(Json::to_string).unwrap_or_default();
            service.send(method, &format!("{PREFIX}api/v1/{path}"), &all, &body)
        };
        let answer = anonymous(&office.service, &[]);
        assert_problem(&answer, 401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        assert_problem(&office.call("dave", method, &path, &headers, body.as_ref()), 401, "unauthenticated");
        assert_problem(&anonymous(&office.service, &[("authorization", plugin.as_str())]), 403, "forbidden");
    }
    assert_eq!(office.listed("alice", 100, "").len(), 3);
}
