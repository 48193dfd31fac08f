//! Who gets in: by which token, with which scopes, and what the hub's trouble means for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta};
use jupyterhub_presets::clock::{Clock as _, SetClock};
use serde_json::json;

use super::{form, start_by, start_with};
use crate::running::{Answer, PREFIX, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, OWN_TOKEN, ScriptedHub, http, model};

const ADMIN: &[&str] = &["custom:presets:admin"];

/// Something that is only read.
fn read(service: &Running, headers: &[(&str, &str)]) -> Answer {
    service.send("GET", &format!("{PREFIX}api/v1/health/config"), headers, "")
}

/// Something that may change something.
fn write(service: &Running, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
    service.send("POST", &format!("{PREFIX}api/v1/hub/form"), &headers, &form("alice").to_string())
}

fn reads(service: &Running, token: &str) -> u16 {
    read(service, &[("authorization", &format!("Bearer {token}"))]).status
}

fn writes(service: &Running, token: &str) -> u16 {
    write(service, &[("authorization", &format!("Bearer {token}"))]).status
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap_or("-").replace("/problems/", "")
}

/// A service beside a hub, by a clock that stands still.
fn at_a_moment() -> (ScriptedHub, Running, Arc<SetClock>) {
    let hub = ScriptedHub::start();
    let clock = Arc::new(SetClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
    let scratch = Scratch::sqlite();
    let service = start_by(&scratch, &hub, clock.clone());
    (hub, service, clock)
}

fn later(clock: &SetClock, seconds: i64) {
    clock.set(clock.now() + TimeDelta::seconds(seconds));
}

#[tokio::test]
async fn a_program_with_the_scope_asks_as_the_plugin_does() {
    let hub = ScriptedHub::start();
    let scratch = Scratch::sqlite();
    let service = start_with(&scratch, &hub);
    hub.service("robots", "robot", &["custom:presets:resolve"]);
    hub.service("narrow", "robot", &["custom:presets:read"]);
    hub.knows("stranger", model("service", "robot", &["custom:presets:resolve"]));
    hub.knows(OWN_TOKEN, model("service", "presets", &[ACCESS, "custom:presets:resolve"]));
    for (header, expected) in [
        (format!("Bearer {SECRET}"), (200, "-")),
        ("Bearer robots".to_owned(), (200, "-")),
        ("tOkEn  robots ".to_owned(), (200, "-")),
        ("Bearer narrow".to_owned(), (403, "forbidden")),
        ("Bearer stranger".to_owned(), (403, "forbidden")),
        ("Bearer wrong".to_owned(), (401, "unauthenticated")),
        ("Bearer".to_owned(), (401, "unauthenticated")),
        ("Bearer two words".to_owned(), (401, "unauthenticated")),
        (format!("Bearer {}", "x".repeat(2_000)), (401, "unauthenticated")),
        ("Basic robots".to_owned(), (401, "unauthenticated")),
        (format!("Bearer {OWN_TOKEN}"), (401, "unauthenticated")),
    ] {
        let answer = write(&service, &[("authorization", &header)]);
        assert_eq!((answer.status, kind(&answer).as_str()), expected, "{header}");
        let challenge = answer.header("www-authenticate");
        assert_eq!(challenge, (answer.status == 401).then_some("Bearer"), "{header}");
    }
    let two = [("authorization", "Bearer robots"), ("authorization", "Bearer robots")];
    assert_eq!(write(&service, &two).status, 400);
    assert!(
        hub.heads().iter().all(|head| !head.contains(SECRET)),
        "the plugin's secret is not the hub's to see"
    );
}

#[tokio::test]
async fn what_a_stranger_sends_is_not_looked_at() {
    let hub = ScriptedHub::start();
    let scratch = Scratch::sqlite();
    let service = start_with(&scratch, &hub);
    hub.takes(Duration::from_millis(200));
    hub.service("robots", "robot", &["custom:presets:resolve"]);
    let path = format!("{PREFIX}api/v1/hub/form");
    let send = |token: &str, body: &str| {
        service.send("POST", &path, &[("authorization", &format!("Bearer {token}"))], body).status
    };
    for body in ["", "{", "{}", &"x".repeat(60_000)] {
        assert_eq!(send("bad", body), 401, "{} bytes", body.len());
    }
    // What is too large for anybody does not come so far.
    assert_eq!(send("bad", &"x".repeat(70_000)), 413);
    assert_eq!((send("robots", "{"), send("robots", &"x".repeat(70_000))), (415, 413));
}

#[tokio::test]
async fn the_plugins_secret_opens_its_own_routes_and_no_other() {
    let (hub, service, _) = at_a_moment();
    let answer = read(&service, &[("authorization", &format!("Bearer {SECRET}"))]);
    assert_eq!((answer.status, kind(&answer).as_str(), hub.calls()), (403, "forbidden", 0));
}

#[tokio::test]
async fn a_token_in_the_address_is_nobodys() {
    let (hub, service, _) = at_a_moment();
    hub.user("admins", "ada", ADMIN);
    for query in ["token=admins", "access_token=admins"] {
        assert_eq!(service.get(&format!("{PREFIX}api/v1/health/config?{query}")).status, 401, "{query}");
    }
    assert_eq!(hub.calls(), 0);
}

#[tokio::test]
async fn only_a_token_made_for_this_service_opens_it() {
    let (hub, service, _) = at_a_moment();
    let admin = "custom:presets:admin";
    for (n, (scopes, status)) in [
        (vec!["access:services", admin], 200),
        (vec![ACCESS, admin], 200),
        (vec![admin], 403),
        (vec![], 403),
        (vec!["access:services!service=presetsx", admin], 403),
        (vec!["access:services!service=other", admin], 403),
        (vec!["access:servers", "access:servers!user=ada", admin], 403),
        (vec!["access:service!service=presets", admin], 403),
        (vec![ACCESS], 403),
        (vec![ACCESS, "custom:presets:admin!user=ada"], 403),
        (vec![ACCESS, "custom:presets:admin!group=all", "custom:presets:admin!"], 403),
        (vec![ACCESS, "custom:presets:read", "custom:presets:events", "custom:presets:resolve"], 403),
    ]
    .into_iter()
    .enumerate()
    {
        let token = format!("token{n}");
        let mut ada = model("user", "ada", &scopes);
        ada["admin"] = json!(true);
        hub.knows(&token, ada);
        assert_eq!(reads(&service, &token), status, "{scopes:?}");
    }
}

#[tokio::test]
async fn a_redirect_of_the_hub_is_not_followed_not_even_to_a_good_answer() {
    let (hub, elsewhere) = (ScriptedHub::start(), ScriptedHub::start());
    let scratch = Scratch::sqlite();
    let service = start_with(&scratch, &hub);
    let ada = http(200, &model("user", "ada", &[ACCESS, "custom:presets:resolve"]).to_string());
    for hub in [&hub, &elsewhere] {
        hub.answers("GET /hub/api/elsewhere", ada.clone());
    }
    hub.answers("GET /hub/api/user", ada.clone());
    assert_eq!(write(&service, &[("authorization", "Bearer adas")]).status, 200);
    for to in ["/hub/api/elsewhere".to_owned(), format!("http://{}/hub/api/elsewhere", elsewhere.address)] {
        let found = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        hub.answers("GET /hub/api/user", found);
        assert_eq!(write(&service, &[("authorization", "Bearer adas")]).status, 503, "{to}");
    }
    assert_eq!(elsewhere.calls(), 0, "and nobody else is sent the token");
}

#[tokio::test]
async fn trouble_with_the_hub_is_never_a_bad_token_or_nobody() {
    let hub = ScriptedHub::start();
    let scratch = Scratch::sqlite();
    let service = start_with(&scratch, &hub);
    let ada = model("user", "ada", &[ACCESS, "custom:presets:resolve"]);
    let wrong = |field: &str, value| {
        let mut model = ada.clone();
        model[field] = value;
        http(200, &model.to_string())
    };
    let mut long = ada.clone();
    long["note"] = json!("y".repeat(70 << 10));
    let (whole, good) = (http(200, &ada.to_string()), ada.to_string());
    for (what, answer, status) in [
        ("a model", whole.clone(), 200),
        ("a refusal", http(403, r#"{"status": 403, "message": null}"#), 401),
        ("500", http(500, &good), 503),
        ("502", http(502, "<html>"), 503),
        ("503", http(503, "{}"), 503),
        ("401, of something before the hub", http(401, "{}"), 503),
        ("404", http(404, "{}"), 503),
        ("429", http(429, "{}"), 503),
        ("no JSON", http(200, "<html>"), 503),
        ("another JSON", http(200, "[]"), 503),
        ("no scopes", wrong_without(&ada, "scopes"), 503),
        ("a wrong type", wrong("scopes", json!("access:services")), 503),
        ("an unknown kind", wrong("kind", json!("group")), 503),
        ("an empty name", wrong("name", json!("")), 503),
        ("too long an answer", http(200, &long.to_string()), 503),
        ("half an answer", whole[..whole.len() - 10].to_vec(), 503),
        ("no answer", vec![], 503),
        ("no HTTP", b"220 mail.example.org ESMTP\r\n".to_vec(), 503),
    ] {
        hub.breaks(Some(&answer));
        let told = write(&service, &[("authorization", "Bearer adas")]);
        assert_eq!(told.status, status, "{what}: {told:?}");
        assert_eq!(told.header("retry-after").is_some(), status == 503, "{what}");
    }
    hub.breaks(None);
    hub.service("adas", "robot", &["custom:presets:resolve"]);
    hub.takes(Duration::from_secs(6));
    let began = Instant::now();
    assert_eq!(writes(&service, "adas"), 503);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

fn wrong_without(model: &serde_json::Value, field: &str) -> Vec<u8> {
    let mut model = model.clone();
    model.as_object_mut().unwrap().remove(field);
    http(200, &model.to_string())
}

#[tokio::test]
async fn a_thousand_first_requests_ask_the_hub_once() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", &[]);
    hub.takes(Duration::from_millis(300));
    // Admitted, but no administrator: the answer needs no second question.
    let status = std::thread::scope(|scope| {
        let each = (0..1_000).map(|_| scope.spawn(|| reads(&service, "adas"))).collect::<Vec<_>>();
        each.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(status, vec![403; 1_000]);
    assert_eq!(hub.calls_about("adas"), 1);
}

#[tokio::test]
async fn what_changes_something_asks_the_hub_each_time() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    assert_eq!((reads(&service, "adas"), reads(&service, "adas"), hub.calls_about("adas")), (200, 200, 1));
    for n in 2..=6 {
        assert_eq!((writes(&service, "adas"), hub.calls_about("adas")), (200, n));
    }
    assert_eq!((reads(&service, "adas"), hub.calls_about("adas")), (200, 6));
}

#[tokio::test]
async fn a_revoked_token_changes_nothing_more_and_reads_no_longer_than_promised() {
    let (hub, service, clock) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    assert_eq!(reads(&service, "adas"), 200);
    hub.forgets("adas");
    later(&clock, 25);
    assert_eq!(reads(&service, "adas"), 200);
    later(&clock, 5);
    assert_eq!(reads(&service, "adas"), 401);
    hub.user("adas", "ada", ADMIN);
    later(&clock, 6);
    assert_eq!(reads(&service, "adas"), 200);
    hub.forgets("adas");
    assert_eq!(
        (writes(&service, "adas"), reads(&service, "adas")),
        (401, 401),
        "a refused write ends reading"
    );
}

#[tokio::test]
async fn a_bad_token_is_refused_without_the_hub_for_a_moment() {
    let (hub, service, clock) = at_a_moment();
    assert_eq!((reads(&service, "bad"), reads(&service, "bad"), hub.calls_about("bad")), (401, 401, 1));
    later(&clock, 6);
    assert_eq!((reads(&service, "bad"), hub.calls_about("bad")), (401, 2));
}

#[tokio::test]
async fn while_the_hub_is_away_who_was_just_there_reads_on_and_nobody_writes() {
    let (hub, service, clock) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    hub.user("bobs", "bob", ADMIN);
    assert_eq!(reads(&service, "adas"), 200);
    hub.breaks(Some(b""));
    assert_eq!((reads(&service, "adas"), reads(&service, "bobs"), writes(&service, "adas")), (200, 503, 503));
    later(&clock, 25);
    assert_eq!(reads(&service, "adas"), 200, "a write that could not be checked ends no reading");
    later(&clock, 5);
    assert_eq!(reads(&service, "adas"), 503);
    hub.breaks(None);
    assert_eq!((reads(&service, "adas"), writes(&service, "adas")), (200, 200), "back at once");
}

#[tokio::test]
async fn who_sends_a_token_is_nobody_else_whatever_headers_say() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    hub.user("bobs", "bob", &[]);
    let spoofed = [
        ("x-remote-user", "ada"),
        ("x-forwarded-user", "ada"),
        ("remote-user", "ada"),
        ("forwarded", "for=127.0.0.1;proto=https;host=hub"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-prefix", "/"),
        ("x-original-url", "/services/presets/api/v1/openapi.json"),
        ("x-http-method-override", "GET"),
        ("cookie", "jupyterhub-session-id=ada; service-presets=adas; jupyterhub-hub-login=adas"),
    ];
    let with = |token: &[(&'static str, &'static str)]| [token, &spoofed].concat();
    assert_eq!(read(&service, &with(&[("authorization", "Bearer bobs")])).status, 403);
    assert_eq!(read(&service, &with(&[])).status, 401);
    assert_eq!(write(&service, &with(&[])).status, 401);
    assert_eq!((hub.calls_about("adas"), hub.calls_about("bobs")), (0, 1));
}

#[tokio::test]
async fn no_other_site_is_let_in() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    let origin = ("origin", "https://evil.example");
    let asking = ("access-control-request-method", "POST");
    let answers = [
        read(&service, &[origin, ("authorization", "Bearer adas")]),
        write(&service, &[origin, ("authorization", "Bearer adas")]),
        read(&service, &[origin]),
        service.send("OPTIONS", &format!("{PREFIX}api/v1/hub/form"), &[origin, asking], ""),
        service.send("GET", PREFIX, &[origin], ""),
        service.send("GET", &format!("{PREFIX}api/v1/openapi.json"), &[origin], ""),
    ];
    for answer in answers {
        assert!(!answer.head.to_lowercase().contains("access-control-"), "{}", answer.head);
    }
}

#[tokio::test]
async fn the_service_asks_the_hub_for_nothing_but_who_it_is() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    assert_eq!(writes(&service, "adas"), 200);
    let head = hub.heads().pop().unwrap();
    assert!(head.starts_with("GET /hub/api/user HTTP/1.1\r\n"), "{head}");
    assert!(!head.contains("cookie") && !head.contains(OWN_TOKEN), "{head}");
}

#[tokio::test]
async fn without_a_hub_only_the_plugin_is_served() {
    let scratch = Scratch::sqlite();
    let service = super::start(&scratch);
    assert_eq!(service.hub("form", &form("alice")).status, 200);
    assert_eq!(writes(&service, "robots"), 401);
    for headers in [&[][..], &[("authorization", "Bearer robots")]] {
        let answer = read(&service, headers);
        assert_eq!((answer.status, kind(&answer).as_str()), (503, "sign-in-not-configured"));
    }
}

#[tokio::test]
async fn an_administrator_sees_what_is_misconfigured() {
    let (hub, service, _) = at_a_moment();
    hub.user("adas", "ada", ADMIN);
    let found = || {
        let answer = read(&service, &[("authorization", "Bearer adas")]).json();
        let codes = answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["code"].clone())
            .collect::<Vec<_>>();
        (answer["hub"].clone(), answer["plugin"].clone(), json!(codes))
    };
    let tell = |told: &str| {
        let bearer = format!("Bearer {SECRET}");
        let answer = write(&service, &[("authorization", &bearer), ("x-presets-registration", told)]);
        assert_eq!(answer.status, 200);
    };
    let answering = |plugin: &str, codes| (json!("answering"), json!(plugin), codes);
    assert_eq!(found(), answering("unseen", json!(["own-token-unknown"])));
    hub.service(OWN_TOKEN, "other", &[]);
    assert_eq!(found(), answering("unseen", json!(["own-token-of-another"])));
    hub.knows(OWN_TOKEN, model("service", "presets", &[]));
    assert_eq!(found(), answering("unseen", json!([])));
    tell(
        r#"{"allowed_scopes":["access:service!service=presets"],"user_scopes":["self"],"administered":false}"#,
    );
    let all = json!(["scopes-not-handed-out", "users-cannot-enter", "singular-scope", "no-administrator"]);
    assert_eq!(found(), answering("seen", all.clone()));
    tell("nonsense");
    assert_eq!(found(), answering("seen", all));
    hub.breaks(Some(b""));
    let (reached, _, codes) = found();
    assert_eq!((reached, &codes[0]), (json!("away"), &json!("hub-unreachable")));
    let answer = read(&service, &[("authorization", "Bearer adas")]);
    assert!(!answer.body.contains(OWN_TOKEN) && !answer.body.contains("adas"), "{}", answer.body);
}
