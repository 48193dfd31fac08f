//! A server by the name of a preset: the hub starts it, in the name of whoever asks.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::super::presets::token;
use super::office;
use crate::scripted_hub::http;

const ALICE: &str = "POST /hub/api/users/alice/server";

on_each_database! {
    async fn a_server_starts_by_the_name_of_a_preset(scratch: Scratch) {
        let office = office(&scratch);
        office.hub.answers(ALICE, http(201, ""));
        let ready = office.post("alice", "me/start", &json!({ "preset": "school", "values": { "walltime": "1h" } }));
        assert_eq!((ready.status, ready.header("location")), (201, Some("/user/alice/")), "{ready:?}");
        let told = ready.json();
        assert_eq!((&told["state"], &told["page"], &told["started"]["values"]["cores"]), (&json!("ready"), &json!("/user/alice/"), &json!(8)));
        // By her own token, and with nothing but what she asked for: the plugin decides it once more.
        let heads = office.hub.heads();
        let head = heads.iter().find(|head| head.starts_with(ALICE)).unwrap();
        assert!(head.contains(&format!("token {}", token("alice"))), "{head}");
        let sent: Json = serde_json::from_str(&office.hub.bodies(ALICE)[0]).unwrap();
        assert_eq!(sent, json!({ "preset": "school", "values": { "walltime": "1h" } }));

        office.hub.answers("POST /hub/api/users/alice/servers/night", http(202, ""));
        let pending = office.post("alice", "me/start", &json!({ "server": "night" }));
        assert_eq!((pending.status, pending.header("location")), (202, Some("/hub/spawn-pending/alice/night")), "{pending:?}");
        assert_eq!(pending.json()["started"]["preset"]["id"], "small", "her usual one, by name");
        let sent: Json = serde_json::from_str(&office.hub.bodies("POST /hub/api/users/alice/servers/night")[0]).unwrap();
        assert_eq!(sent["preset"], "small");
    }

    async fn what_the_limits_refuse_the_hub_is_not_asked_for(scratch: Scratch) {
        let office = office(&scratch);
        office.hub.answers(ALICE, http(201, ""));
        let refused = office.post("alice", "me/start", &json!({ "preset": "~node", "values": { "cores": 65, "walltime": "10h" } }));
        assert_eq!((refused.status, refused.json()["errors"].as_array().unwrap().len()), (422, 2), "{refused:?}");
        assert_eq!(office.post("alice", "me/start", &json!({ "preset": "nix" })).status, 403);
        assert_eq!(office.post("robot", "me/start", &json!({})).status, 403);
        assert!(office.hub.heads().iter().all(|head| !head.starts_with("POST")), "{:?}", office.hub.heads());
    }

    async fn what_the_hub_says_is_told_with_what_to_do(scratch: Scratch) {
        let office = office(&scratch);
        let says = |status: u16, message: &str| http(status, &json!({ "status": status, "message": message }).to_string());
        for (answer, status, kind, word) in [
            (says(403, "Action is not authorized with current scopes; requires any of [servers]"), 403, "token-too-narrow", "servers!user"),
            (http(403, r#"{"status":403,"message":null}"#), 403, "token-too-narrow", "servers!user"),
            (says(403, "Your account is closed."), 409, "not-started", "Your account is closed."),
            (says(400, "alice is already running"), 409, "not-started", "alice is already running"),
            (says(404, "No such user"), 409, "not-started", "No such user"),
            (http(400, "<html>"), 409, "not-started", "without saying why"),
            (says(429, "Too many users trying to log in right now."), 503, "busy", "Too many users"),
            (says(500, "Unhandled error"), 502, "start-unknown", "home page"),
            (b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(), 502, "start-unknown", "home page"),
            (b"nonsense".to_vec(), 502, "start-unknown", "home page"),
        ] {
            office.hub.answers(ALICE, answer);
            let refused = office.post("alice", "me/start", &json!({ "preset": "small" }));
            let told = refused.json();
            assert_eq!((refused.status, told["type"].as_str()), (status, Some(format!("/problems/{kind}").as_str())), "{told}");
            assert!(told["detail"].as_str().unwrap().contains(word), "{told}");
        }
    }

    async fn a_hub_that_takes_its_time_starts_it_all_the_same(scratch: Scratch) {
        let office = office(&scratch);
        office.hub.answers(ALICE, http(201, ""));
        office.hub.takes_for(ALICE, Duration::from_secs(5));
        let begun = Instant::now();
        let pending = office.post("alice", "me/start", &json!({ "preset": "small" }));
        assert_eq!((pending.status, pending.header("location")), (202, Some("/hub/spawn-pending/alice")), "{pending:?}");
        assert!(begun.elapsed() < Duration::from_millis(4_500), "{:?}", begun.elapsed());
    }
}
