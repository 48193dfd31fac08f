//! What people in browsers are promised: how they sign in and out, and what nobody else can do in between.

mod csrf;
mod matrix;
mod reference;
mod sessions;
mod sign_in;

use std::collections::BTreeMap;
use std::sync::Arc;

use jupyterhub_presets::clock::{SharedClock, SystemClock};
use jupyterhub_presets::store::Store;
use jupyterhub_presets::store::audit::{self, Actor, Entry, Filter};
use serde_json::json;

use crate::running::{Answer, PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, ScriptedHub, http, model};

const SITE: &str = include_str!("api/site.yaml");
const GROUPS: &str = "groups: {physics: [alice, bob]}";
/// The hub's own session of the browser in these tests.
const HUB_SESSION: &str = "5e551017";
const SESSION: &str = "__Secure-presets-presets";

/// A hub where alice is signed in, and every code is good for her.
fn hub() -> ScriptedHub {
    let hub = ScriptedHub::start();
    knows(&hub, "alice-token", "alice", &[ACCESS]);
    grants(&hub, "alice-token");
    hub
}

fn knows(hub: &ScriptedHub, token: &str, name: &str, scopes: &[&str]) {
    let mut model = model("user", name, scopes);
    model["session_id"] = json!(HUB_SESSION);
    hub.knows(token, model);
}

/// From now on codes are good for this token.
fn grants(hub: &ScriptedHub, token: &str) {
    let granted =
        json!({ "access_token": token, "expires_in": 1_209_600, "token_type": "Bearer", "scope": "" });
    hub.answers("POST /hub/api/oauth2/token", http(200, &granted.to_string()));
}

fn serve(scratch: &Scratch, hub: &ScriptedHub) -> Running {
    serve_by(scratch, hub, Arc::new(SystemClock))
}

fn serve_by(scratch: &Scratch, hub: &ScriptedHub, clock: SharedClock) -> Running {
    Running::start_with(Store::open(&scratch.url(), 4), SITE, GROUPS, hub, clock)
}

/// A browser: it keeps cookies, and says how it asks.
#[derive(Default, Clone)]
struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// One that is logged in at the hub.
    fn at_the_hub() -> Self {
        Self { cookies: [("jupyterhub-session-id".to_owned(), HUB_SESSION.to_owned())].into() }
    }

    /// Goes to `path` below the prefix, and keeps what it is given.
    fn goes_to(&mut self, service: &Running, path: &str) -> Answer {
        self.asks(service, "GET", &format!("{PREFIX}{path}"), &[("sec-fetch-mode", "navigate")], "")
    }

    fn asks(
        &mut self,
        service: &Running,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let kept = self.header();
        let mut headers = headers.to_vec();
        if !kept.is_empty() {
            headers.push(("cookie", &kept));
        }
        let answer = service.send(method, path, &headers, body);
        self.keeps(&answer);
        answer
    }

    fn header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keeps(&mut self, answer: &Answer) {
        for set in set_cookies(answer) {
            let (pair, attributes) = set.split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Goes to the login page; answers the state that the hub is to send back.
    fn begins(&mut self, service: &Running, next: &str) -> String {
        let answer = self.goes_to(service, &format!("login{next}"));
        assert_eq!(answer.status, 302, "{answer:?}");
        state_in(answer.header("location").unwrap())
    }

    /// Comes back from the hub with `state` and a code.
    fn returns(&mut self, service: &Running, state: &str) -> Answer {
        self.goes_to(service, &format!("oauth_callback?code=c0de&state={state}"))
    }

    /// Signs in, whoever the hub says it is.
    fn signs_in(&mut self, service: &Running) -> Answer {
        let state = self.begins(service, "");
        let answer = self.returns(service, &state);
        assert_eq!((answer.status, answer.header("location")), (302, Some(PREFIX)), "{answer:?}");
        answer
    }

    /// Whether the front page is there for it, rather than the way to the login.
    fn is_signed_in(&mut self, service: &Running) -> bool {
        let answer = self.goes_to(service, "");
        assert!([200, 302].contains(&answer.status), "{answer:?}");
        answer.status == 200
    }
}

fn set_cookies(answer: &Answer) -> Vec<&str> {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).map(|(_, value)| value).collect()
}

fn state_in(location: &str) -> String {
    let (_, rest) = location.split_once("state=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

/// What the audit holds of refusals, the latest first.
async fn refusals(service: &Running) -> Vec<Entry> {
    let filter = Filter { object_kind: Some("request".to_owned()), ..Filter::default() };
    let found = service.store.read(move |conn| audit::latest(conn, &filter, None, 50)).await.unwrap();
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// The only refusal in the audit is that `answer` to a request of `person`.
async fn is_the_refusal(service: &Running, person: &str, request: &str, answer: &Answer) {
    let found = refusals(service).await;
    let [entry] = found.as_slice() else { panic!("{found:?}") };
    is_refusal(entry, person, request, answer);
}

fn is_refusal(entry: &Entry, person: &str, request: &str, answer: &Answer) {
    assert_eq!(entry.actor, Actor::User(person.try_into().unwrap()));
    assert_eq!((entry.action.as_str(), entry.object_id.as_str()), ("refuse", request));
    assert_eq!(entry.request_id.as_deref(), answer.header("x-request-id"));
}

/// How often the hub was asked what a code is worth.
fn exchanges(hub: &ScriptedHub) -> usize {
    hub.heads().iter().filter(|head| head.starts_with("POST /hub/api/oauth2/token ")).count()
}
