//! The rights matrix: every operation of the description, asked by everybody, answers as `matrix.yaml` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::store::Store;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::description::operations;
use crate::running::{Answer, PREFIX, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, ScriptedHub, model};

const SITE: &str = include_str!("../sites/matrix.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    principals: Vec<String>,
    operations: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    statuses: Vec<u16>,
    #[serde(default)]
    given: BTreeMap<String, String>,
    if_match: Option<String>,
    body: Option<Json>,
}

fn matrix() -> Matrix {
    serde_saphyr::from_str(include_str!("matrix.yaml")).unwrap()
}

/// The operation of a row: its name without what is said in brackets.
fn operation_of(row: &str) -> &str {
    row.split(" (").next().unwrap_or(row)
}

fn method_of(row: &str) -> &str {
    row.split(' ').next().unwrap_or(row)
}

/// What each principal presents; the hub knows them from here on.
fn introduce(hub: &ScriptedHub) -> BTreeMap<&'static str, Option<String>> {
    let user = |token: &str, name: &str, scopes: &[&str]| {
        let scopes: Vec<&str> = [ACCESS].iter().chain(scopes).copied().collect();
        let mut known = model("user", name, &scopes);
        if ["alice", "bob", "carol"].contains(&name) {
            known["groups"] = json!(["physics"]);
        }
        hub.knows(token, known);
        Some(token.to_owned())
    };
    hub.knows("narrow", model("user", "alice", &["read:users!user=alice"]));
    hub.knows("foreign", model("user", "alice", &["access:services!service=presets2"]));
    hub.service("resolver", "robot", &["custom:presets:resolve"]);
    hub.service("service", "alice", &[]);
    hub.user("revoked", "alice", &[]);
    hub.forgets("revoked");
    BTreeMap::from([
        ("anonymous", None),
        ("narrow", Some("narrow".to_owned())),
        ("foreign", Some("foreign".to_owned())),
        ("revoked", Some("revoked".to_owned())),
        ("plugin", Some(SECRET.to_owned())),
        ("resolver", Some("resolver".to_owned())),
        ("service", Some("service".to_owned())),
        ("user", user("user", "alice", &[])),
        ("filtered", user("filtered", "alice", &["custom:presets:admin!user=alice"])),
        ("other", user("other", "bob", &[])),
        ("manager", user("manager", "carol", &[])),
        ("reader", user("reader", "dora", &["custom:presets:read"])),
        ("organiser", user("organiser", "erin", &["custom:presets:events"])),
        ("admin", user("admin", "ada", &["custom:presets:admin"])),
    ])
}

/// A request as one principal makes it.
fn ask(
    service: &Running,
    token: Option<&str>,
    method: &str,
    path: &str,
    more: &[(&str, &str)],
    body: Option<&Json>,
) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers: Vec<(&str, &str)> = more.to_vec();
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let kind = if path.ends_with("/import") { "application/yaml" } else { "application/json" };
    headers.extend(body.map(|_| ("content-type", kind)));
    headers.push(("origin", "https://elsewhere.example.org"));
    let path = format!("{}{path}", PREFIX.trim_end_matches('/'));
    let answer = service.send(method, &path, &headers, &body.map(ToString::to_string).unwrap_or_default());
    assert_guarded(&answer);
    answer
}

/// What every answer of the API carries, whoever asked for what (requirements R28, R122, R123).
#[track_caller]
fn assert_guarded(answer: &Answer) {
    for (name, value) in [
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}: {answer:?}");
    }
    let nothing = answer.header("permissions-policy").unwrap_or_default();
    assert!(
        nothing.split(", ").count() > 15 && nothing.split(", ").all(|one| one.ends_with("=()")),
        "{answer:?}"
    );
    for name in ["access-control-allow-origin", "access-control-allow-credentials", "server"] {
        assert_eq!(answer.header(name), None, "{name}: {answer:?}");
    }
    if answer.status != 204 && !answer.body.is_empty() {
        let kind = answer.header("content-type").unwrap_or_default();
        let known = ["json", "yaml", "text/html"].iter().any(|known| kind.contains(known));
        assert!(known, "{answer:?}");
    }
}

/// The path with its parameters filled, and the version of what was made for it.
fn fill(service: &Running, pattern: &str, given: &BTreeMap<String, String>) -> (String, Option<String>) {
    let (mut path, mut version) = (pattern.to_owned(), None);
    for (parameter, what) in given {
        let value = match what.as_str() {
            "preset" | "group-preset" => {
                let (owner, token) = match what.as_str() {
                    "preset" => (json!({ "kind": "user", "name": "alice" }), "user"),
                    _ => (json!({ "kind": "group", "name": "physics" }), "manager"),
                };
                let new = json!({ "title": "Made", "profile": "node", "owner": owner });
                let made = ask(service, Some(token), "POST", "/api/v1/presets", &[], Some(&new));
                assert_eq!(made.status, 201, "{made:?}");
                version = made.header("etag").map(str::to_owned);
                made.json()["id"].as_str().unwrap().to_owned()
            }
            "event" | "admin-event" => {
                let mut new = json!({
                    "title": "Made", "kind": "course", "zone": "UTC", "from": "2090-01-10T09:00", "to": "2090-01-10T17:00",
                    "audiences": { "participant": { "groups": ["physics"] } },
                });
                new["published"] = json!(what == "event");
                let token = if what == "event" { "organiser" } else { "admin" };
                let made = ask(service, Some(token), "POST", "/api/v1/events", &[], Some(&new));
                assert_eq!(made.status, 201, "{made:?}");
                version = made.header("etag").map(str::to_owned);
                made.json()["key"].as_str().unwrap().to_owned()
            }
            "decision" => {
                let asked = json!({ "protocol": 1, "user": "alice", "options": { "preset": "small" } });
                let start = service.hub("resolve", &asked);
                assert_eq!(start.status, 200, "{start:?}");
                start.json()["decision"].as_str().unwrap().to_owned()
            }
            word => word.to_owned(),
        };
        path = path.replace(&format!("{{{parameter}}}"), &value);
    }
    assert!(!path.contains('{'), "{pattern}: say in matrix.yaml what its parameters are given");
    (path, version)
}

#[test]
fn every_operation_has_its_row_and_every_row_its_operation() {
    let matrix = matrix();
    let described: Vec<String> = operations().into_iter().map(|(name, _)| name).collect();
    for name in &described {
        assert!(matrix.operations.contains_key(name), "{name} has no row in matrix.yaml");
    }
    for (name, row) in &matrix.operations {
        assert_eq!(row.statuses.len(), matrix.principals.len(), "{name}: a status for each principal");
        let operation = operation_of(name).to_owned();
        assert!(described.contains(&operation), "{name} has a row and is no operation");
        assert!(
            ["GET", "POST", "PUT", "DELETE"].contains(&method_of(name)),
            "{name} is held by no test below"
        );
    }
}

#[test]
fn a_row_says_no_status_that_the_description_does_not() {
    let matrix = matrix();
    for (name, operation) in operations() {
        for status in &matrix.operations[&name].statuses {
            assert!(
                operation["responses"].get(status.to_string()).is_some(),
                "{name} may not answer {status}"
            );
        }
    }
}

/// Holds the rows of `method` against a service; one test each, since they wait for each other on two replicas.
async fn hold(scratch: Scratch, method: &str) {
    let hub = ScriptedHub::start();
    let tokens = introduce(&hub);
    let store = Store::open(&scratch.url(), 4);
    let service = Running::start_with(store, SITE, "groups: {}", &hub, Arc::new(SystemClock));
    let kept = || KEPT.map(|rows| scratch.count(rows));
    let matrix = matrix();
    let mut strays = Vec::new();
    let rows = matrix.operations.iter().filter(|(name, _)| method_of(name) == method);
    for (name, row) in rows {
        let (_, pattern) = operation_of(name).split_once(' ').unwrap();
        // What is only read is the same for everybody.
        let read = (method == "GET").then(|| fill(&service, pattern, &row.given));
        let before = kept();
        for (principal, expected) in matrix.principals.iter().zip(&row.statuses) {
            let (path, version) = read.clone().unwrap_or_else(|| fill(&service, pattern, &row.given));
            let version = version.as_deref().or(row.if_match.as_deref());
            let version = version.filter(|_| ["PUT", "DELETE"].contains(&method) || row.if_match.is_some());
            let headers: Vec<_> = version.map(|version| ("if-match", version)).into_iter().collect();
            let token = tokens[principal.as_str()].as_deref();
            let answer = ask(&service, token, method, &path, &headers, row.body.as_ref());
            if answer.status != *expected {
                let (is, said) = (answer.status, answer.body);
                strays.push(format!("{name} as {principal}: {is} instead of {expected}: {said}"));
            }
        }
        if method == "GET" {
            assert_eq!(kept(), before, "{name}: what is read changes nothing (requirement R25)");
        }
    }
    assert!(strays.is_empty(), "\n{}\n", strays.join("\n"));
}

/// What the database keeps, but for refusals: who asks for what is not theirs is written down.
const KEPT: [&str; 13] = [
    "audit WHERE action <> 'refuse'",
    "audit_of_people",
    "catalogues",
    "decisions",
    "events",
    "site_groups",
    "idempotency",
    "preferences",
    "preset_versions",
    "presets",
    "selections",
    "sessions",
    "sign_ins",
];

on_each_database! {
    async fn everybody_reads_as_the_matrix_says(scratch: Scratch) {
        hold(scratch, "GET").await;
    }

    async fn everybody_makes_as_the_matrix_says(scratch: Scratch) {
        hold(scratch, "POST").await;
    }

    async fn everybody_replaces_as_the_matrix_says(scratch: Scratch) {
        hold(scratch, "PUT").await;
    }

    async fn everybody_removes_as_the_matrix_says(scratch: Scratch) {
        hold(scratch, "DELETE").await;
    }
}
