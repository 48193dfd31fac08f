//! Presets through the API: who sees them, who changes them, and every way it can be refused.

mod changes;
mod limits;
mod links;
mod refusals;

use std::sync::Arc;

use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use crate::running::{Answer, PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

/// Alice and bob are in physics, carol manages it, dave is nobody in particular.
const PEOPLE: [(&str, &[&str]); 6] = [
    ("alice", &[]),
    ("bob", &[]),
    ("carol", &[]),
    ("dave", &[]),
    ("root", &["custom:presets:admin"]),
    ("olga", &["custom:presets:read"]),
];

/// Like the site of the other tests, with a profile that is not open beside one that is.
pub fn site() -> String {
    super::SITE
        .replace("node: {title: A node,", "node: {title: A node, open: false,")
        .replace("profiles:\n", "profiles:\n  desk: {title: A desk, backend: local, open: true, options: [partition, cores, share, walltime, memory, exclusive, job_name]}\n")
}

/// The service, and everybody's token.
pub struct Office {
    pub service: Running,
    pub hub: ScriptedHub,
    /// Kept where no test keeps it: connections are still made while the service runs.
    _scratch: Option<Scratch>,
}

/// An office on a database that only it knows.
pub fn office_of_its_own() -> Office {
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    Office { _scratch: Some(scratch), ..office }
}

pub fn office(scratch: &Scratch) -> Office {
    let hub = ScriptedHub::start();
    for (name, scopes) in PEOPLE {
        hub.user(&token(name), name, scopes);
    }
    hub.service(&token("robot"), "robot", &["custom:presets:admin"]);
    hub.service(&token("service-alice"), "alice", &[]);
    let store = Store::open(&scratch.url(), 4);
    let service = Running::start_with(store, &site(), super::GROUPS, &hub, Arc::new(SystemClock));
    Office { service, hub, _scratch: None }
}

pub fn token(name: &str) -> String {
    format!("token-of-{name}")
}

impl Office {
    /// Of a test's own making.
    pub fn of(service: Running, hub: ScriptedHub) -> Self {
        Self { service, hub, _scratch: None }
    }

    pub fn call(
        &self,
        who: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Json>,
    ) -> Answer {
        let bearer = format!("Bearer {}", token(who));
        let mut all = vec![("authorization", bearer.as_str())];
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        all.extend(headers);
        let body = body.map(Json::to_string).unwrap_or_default();
        self.service.send(method, &format!("{PREFIX}api/v1/{path}"), &all, &body)
    }

    /// A body as it is.
    pub fn raw(&self, who: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", token(who));
        let all: Vec<_> =
            [("authorization", bearer.as_str())].into_iter().chain(headers.iter().copied()).collect();
        self.service.send(method, &format!("{PREFIX}api/v1/{path}"), &all, body)
    }

    pub fn get(&self, who: &str, path: &str) -> Answer {
        self.call(who, "GET", path, &[], None)
    }

    pub fn post(&self, who: &str, path: &str, body: &Json) -> Answer {
        self.call(who, "POST", path, &[], Some(body))
    }

    pub fn put(&self, who: &str, path: &str, etag: &str, body: &Json) -> Answer {
        self.call(who, "PUT", path, &[("if-match", etag)], Some(body))
    }

    pub fn delete(&self, who: &str, path: &str, etag: &str) -> Answer {
        self.call(who, "DELETE", path, &[("if-match", etag)], None)
    }

    /// Makes a preset and returns the path to it.
    pub fn made(&self, who: &str, body: &Json) -> String {
        let answer = self.post(who, "presets", body);
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("presets/{}", answer.json()["id"].as_str().unwrap())
    }

    /// All that somebody sees, by following the cursors; `query` without the limit.
    pub fn listed(&self, who: &str, limit: u8, query: &str) -> Vec<String> {
        let (mut ids, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.get(who, &format!("presets?limit={limit}{query}{next}"));
            assert_eq!(page.status, 200, "{page:?}");
            let page = page.json();
            ids.extend(
                page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return ids,
            }
        }
    }

    /// The form that the hub shows to somebody.
    pub fn form(&self, who: &str) -> String {
        self.service.hub("form", &super::form(who)).json()["html"].as_str().unwrap().to_owned()
    }
}

fn notes() -> Json {
    json!({ "title": "My notes 2", "profile": "desk", "values": { "walltime": "2h" }, "ask": { "cores": { "max": 4 } } })
}

fn of_group(group: &str) -> Json {
    let mut body = notes();
    body["owner"] = json!({ "kind": "group", "name": group });
    body
}

#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, Some("application/problem+json")),
        "{answer:?}"
    );
    assert_eq!(answer.json()["type"], format!("/problems/{kind}"), "{answer:?}");
}
