//! Who gets in: by which token, with which scopes, and what the hub's trouble means for them.

use super::{form, start_with};
use crate::running::{Answer, PREFIX, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, OWN_TOKEN, ScriptedHub, model};

fn ask(service: &Running, headers: &[(&str, &str)]) -> Answer {
    let json_type = ("content-type", "application/json");
    let headers: Vec<_> = headers.iter().copied().chain([json_type]).collect();
    service.send("POST", &format!("{PREFIX}api/v1/hub/form"), &headers, &form("alice").to_string())
}

fn told(answer: &Answer) -> (u16, String) {
    let kind = answer.json()["type"].as_str().unwrap_or("-").replace("/problems/", "");
    (answer.status, kind)
}

#[tokio::test]
async fn a_program_with_the_scope_asks_as_the_plugin_does() {
    let hub = ScriptedHub::start();
    let service = start_with(&Scratch::sqlite(), &hub);
    hub.service("robots", "robot", &["custom:presets:resolve"]);
    hub.service("narrow", "robot", &["custom:presets:read"]);
    hub.knows("stranger", model("service", "robot", &["custom:presets:resolve"]));
    hub.knows(OWN_TOKEN, model("service", "presets", &[ACCESS, "custom:presets:resolve"]));
    for (header, expected) in [
        (format!("Bearer {SECRET}"), (200, "-")),
        ("Bearer robots".to_owned(), (200, "-")),
        ("tOkEn robots".to_owned(), (200, "-")),
        ("Bearer narrow".to_owned(), (403, "forbidden")),
        ("Bearer stranger".to_owned(), (403, "forbidden")),
        ("Bearer wrong".to_owned(), (401, "unauthenticated")),
        ("Basic robots".to_owned(), (401, "unauthenticated")),
        (format!("Bearer {OWN_TOKEN}"), (401, "unauthenticated")),
    ] {
        let answer = ask(&service, &[("authorization", &header)]);
        assert_eq!(told(&answer), (expected.0, expected.1.to_owned()), "{header}");
    }
    let two = [("authorization", "Bearer robots"), ("authorization", "Bearer robots")];
    assert_eq!(told(&ask(&service, &two)), (400, "malformed-request".to_owned()));
}

#[tokio::test]
async fn without_a_hub_only_the_plugin_is_served() {
    let service = super::start(&Scratch::sqlite());
    assert_eq!(service.hub("form", &form("alice")).status, 200);
    let answer = ask(&service, &[("authorization", "Bearer robots")]);
    assert_eq!(told(&answer), (401, "unauthenticated".to_owned()));
}
