//! Every error is a problem (RFC 9457), whoever makes it; every answer carries its headers.

use std::time::{Duration, Instant};

use jupyterhub_presets::api::specification;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::{form, resolve, start, start_with};
use crate::running::{Answer, PREFIX, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

fn assert_problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    assert_eq!(answer.json()["type"], format!("/problems/{kind}"), "{answer:?}");
    assert_eq!(answer.json()["status"], status);
}

#[tokio::test]
async fn errors_of_the_framework_are_problems_too() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let path = format!("{PREFIX}api/v1/hub/form");
    let bearer = format!("Bearer {SECRET}");
    let json_type = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_problem(&service.get("/nowhere"), 404, "not-found");
    assert_problem(&service.get(&format!("{PREFIX}api/v1/nothing")), 404, "not-found");
    assert_problem(&service.get(&format!("{PREFIX}assets/..%2f..%2fetc%2fpasswd")), 404, "not-found");
    let wrong = service.send("DELETE", &path, &json_type, "");
    assert_problem(&wrong, 405, "method-not-allowed");
    assert_eq!(wrong.header("allow"), Some("POST"));
    assert_problem(&service.send("POST", &path, &json_type[..1], "{}"), 415, "wrong-type");
    assert_problem(&service.send("POST", &path, &json_type, &" ".repeat(70_000)), 413, "too-large");
    for body in ["", "{", "{} {}", r#"{"protocol":1,"protocol":1,"user":"a"}"#] {
        assert_problem(&service.send("POST", &path, &json_type, body), 400, "malformed-request");
    }
    for body in ["[]", "{}", "null", r#"{"protocol":1,"user":"a","x":1}"#, r#"{"protocol":1,"user":7}"#] {
        assert_problem(&service.send("POST", &path, &json_type, body), 422, "invalid-request");
    }
    assert_problem(&service.hub("form", &json!({ "protocol": 9, "user": "a" })), 422, "invalid-request");
    let deep = format!(r#"{{"protocol":1,"user":"a","options":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    assert_problem(&service.hub_raw("resolve", &deep), 400, "malformed-request");
}

#[tokio::test]
async fn a_shape_that_is_not_understood_says_where() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let refused = |options: Json| service.hub("resolve", &resolve("eve", &options));
    for (options, pointer) in [
        (json!([1]), ""),
        (json!("gpu"), ""),
        (json!({ "preset": 7 }), "/preset"),
        (json!({ "values": [] }), "/values"),
        (json!({ "prest/et": "x" }), "/prest~1et"),
        (json!({ "preset": "small", "values": { "nix": 1 } }), "/values/nix"),
        (json!({ "preset": "small", "values": { "cores": "many" } }), "/values/cores"),
        (json!({ "preset": "small", "values": { "cores": 1.5 } }), "/values/cores"),
        (json!({ "preset": "small", "values": { "cores": 1e300 } }), "/values/cores"),
        (json!({ "preset": "small", "values": { "job_name": "a\nb" } }), "/values/job_name"),
        (json!({ "preset": "small", "values": { "memory": "1GB" } }), "/values/memory"),
    ] {
        let answer = refused(options.clone());
        assert_problem(&answer, 422, "options-refused");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{options}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let answers = [
        service.get(PREFIX),
        service.get("/nowhere"),
        service.get(&format!("{PREFIX}api/v1/openapi.json")),
        service.hub("form", &form("eve")),
        service.send("POST", &format!("{PREFIX}api/v1/hub/form"), &[], "{}"),
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        assert!(
            answer
                .header("content-security-policy")
                .is_some_and(|policy| policy.starts_with("default-src 'none'"))
        );
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() == 32), "{answer:?}");
        assert_eq!(answer.header("server"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn without_a_database_the_service_answers_and_says_so() {
    let url = "postgres://nobody@127.0.0.1:9/none".parse().unwrap();
    let began = Instant::now();
    let service = Running::without_database(Store::open(&url, 4));
    assert_eq!(service.get(PREFIX).status, 200);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!(service.get(&format!("{PREFIX}api/v1/health/live")).status, 200);
    let ready = service.get(&format!("{PREFIX}api/v1/health/ready"));
    assert_eq!((ready.status, ready.json()["database"].as_str()), (503, Some("away")));
    for answer in [service.hub("form", &form("alice")), service.hub("resolve", &resolve("alice", &json!({})))]
    {
        assert_problem(&answer, 503, "unavailable");
        assert!(!answer.body.contains("127.0.0.1"), "{answer:?}");
    }
}

#[tokio::test]
async fn every_route_of_the_description_is_served_and_needs_what_it_says() {
    // With a hub: without one, only the plugin's routes would ask who is calling.
    let scratch = Scratch::sqlite();
    let service = start_with(&scratch, &ScriptedHub::start());
    let document = serde_json::to_value(specification()).unwrap();
    let mut routes = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let path = format!("{}{}", PREFIX.trim_end_matches('/'), path);
            let answer = service.send(&method.to_uppercase(), &path, &[], "");
            let expected = if operation.get("security").is_some() { 401 } else { 200 };
            assert_eq!(answer.status, expected, "{method} {path}: {answer:?}");
            routes += 1;
        }
    }
    assert!(routes >= 5, "{routes} routes");
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let current = specification().to_pretty_json().unwrap() + "\n";
    assert!(
        committed == current,
        "openapi/openapi.json is stale: cargo run -- openapi > openapi/openapi.json"
    );
}
