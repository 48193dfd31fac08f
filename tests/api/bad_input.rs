//! Bad input, by every way in: one clear refusal each, and nothing of it is kept.

mod files;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::presets::{Office, token};
use crate::running::{Answer, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::{ScriptedHub, http};

/// With a text whose pattern would keep a backtracking engine busy for years.
fn site() -> String {
    include_str!("../peers/site.yaml")
        .replace(
            "  tools: {type: multi",
            "  tag: {type: text, label: Tag, pattern: \"(a+)+b\", default: ab}\n  tools: {type: multi",
        )
        .replace("job_name, tools, account]", "job_name, tag, tools, account]")
}

fn office(scratch: &Scratch) -> Office {
    let hub = ScriptedHub::start();
    hub.user(&token("alice"), "alice", &[]);
    hub.user(&token("root"), "root", &["custom:presets:admin"]);
    hub.answers("POST /hub/api/users/alice/server", http(201, ""));
    let store = Store::open(&scratch.url(), 4);
    Office::of(Running::start_with(store, &site(), "groups: {}", &hub, Arc::new(SystemClock)), hub)
}

/// The ways in: what is posted where, with `VALUES` in it.
const WAYS: [(&str, &str); 5] = [
    ("presets", r#"{"title":"Mine","profile":"node","values":VALUES}"#),
    (
        "events",
        r#"{"title":"School","kind":"course","zone":"UTC","from":"2099-01-01T09:00","to":"2099-01-01T10:00","audiences":{"participant":{"names":["alice"]}},"sets":VALUES}"#,
    ),
    ("me/validate", r#"{"preset":"~node","values":VALUES}"#),
    ("me/start", r#"{"preset":"~node","values":VALUES}"#),
    ("hub/resolve", r#"{"protocol":1,"user":"alice","options":{"preset":"~node","values":VALUES}}"#),
];

fn post(office: &Office, way: &str, body: &str) -> Answer {
    let json = ("content-type", "application/json");
    match way {
        "hub/resolve" => office.service.hub_raw("resolve", body),
        "events" => office.raw("root", "POST", way, &[json], body),
        _ => office.raw("alice", "POST", way, &[json], body),
    }
}

/// How many there are of everything that a request could leave behind. That a start was refused is written down.
fn kept(scratch: &Scratch) -> Vec<i64> {
    [
        "presets",
        "preset_versions",
        "events",
        "audit",
        "selections",
        "idempotency",
        "decisions WHERE outcome <> 'refused'",
    ]
    .map(|rows| scratch.count(rows))
    .into()
}

/// What a way says of it: status, kind of problem, place and code.
type Told = (u16, &'static str, &'static str, &'static str);

/// Posts `values` by each way, and sees that each refuses it as `told` by its name, and that nothing is kept.
#[track_caller]
fn refused_everywhere(scratch: &Scratch, values: &str, told: impl Fn(&str) -> Told) {
    let office = office(scratch);
    let before = kept(scratch);
    for (way, body) in WAYS {
        let body = body.replace("VALUES", values);
        let begun = Instant::now();
        let answer = post(&office, way, &body);
        let (status, kind, at, code) = told(way);
        let shown: String = values.chars().take(80).collect();
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, Some("application/problem+json")),
            "{way} {shown}: {answer:?}"
        );
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{way} {shown}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        if !at.is_empty() {
            let errors: Vec<_> = problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| (one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap()))
                .collect();
            assert_eq!(errors, [(at, code)], "{way} {shown}: {problem}");
        }
        assert!(answer.body.len() < 4_000, "what is refused is not sent back whole: {}", answer.body.len());
        assert!(begun.elapsed() < Duration::from_secs(5), "{way} {shown}: {:?}", begun.elapsed());
    }
    assert_eq!(kept(scratch), before, "something was kept");
    assert!(office.hub.heads().iter().all(|head| !head.starts_with("POST")), "{:?}", office.hub.heads());
    // And it still answers: with what is in order.
    assert_eq!(post(&office, "me/validate", r#"{"preset":"~node","values":{"cores":2}}"#).status, 200);
}

/// One fault in one value; its code where it is saved, in an event, and where it is asked for.
fn fault(
    saved: (&'static str, &'static str),
    event: (&'static str, &'static str),
    asked: (&'static str, &'static str),
) -> impl Fn(&str) -> Told {
    move |way| match way {
        "presets" => (422, "invalid-request", saved.0, saved.1),
        "events" => (422, "invalid-request", event.0, event.1),
        _ => (422, "options-refused", asked.0, asked.1),
    }
}

on_each_database! {
    async fn an_unknown_option(scratch: Scratch) {
        let told = fault(("/values/colour", "unknown"), ("/sets/colour", "unknown"), ("/values/colour", "unknown-option"));
        refused_everywhere(&scratch, r#"{"colour":"red"}"#, told);
    }

    async fn a_wrong_type(scratch: Scratch) {
        for value in ["\"many\"", "1.5", "[]", "{}", "true", "null", "-1"] {
            let told = fault(("/values/cores", "wrong-type"), ("/sets/cores", "wrong-type"), ("/values/cores", "wrong-type"));
            refused_everywhere(&scratch, &format!("{{\"cores\":{value}}}"), told);
        }
    }

    async fn a_key_that_stands_twice(scratch: Scratch) {
        refused_everywhere(&scratch, r#"{"cores":1,"cores":2}"#, |way| match way {
            "events" => (400, "malformed-request", "/sets/cores", "twice"),
            "hub/resolve" => (400, "malformed-request", "/options/values/cores", "twice"),
            _ => (400, "malformed-request", "/values/cores", "twice"),
        });
    }

    async fn a_body_of_ten_megabytes(scratch: Scratch) {
        let values = format!("{{\"job_name\":\"{}\"}}", "x".repeat(10 << 20));
        refused_everywhere(&scratch, &values, |_| (413, "too-large", "", ""));
    }

    async fn nesting_a_thousand_deep(scratch: Scratch) {
        let values = format!("{{\"cores\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000));
        refused_everywhere(&scratch, &values, |way| match way {
            // The hub's options are looked at as deep as anything reads.
            "hub/resolve" => (400, "malformed-request", "", ""),
            _ => (422, "invalid-request", "", ""),
        });
    }

    async fn a_unit_that_overflows(scratch: Scratch) {
        for (key, value) in [
            ("memory", "\"9999999999TiB\""),
            ("memory", "\"18446744073709551616B\""),
            ("walltime", "\"999999999999999999d\""),
            ("walltime", "\"99999999999999999-00:00\""),
            ("cores", "99999999999999999999"),
            ("cores", "1e300"),
            ("share", "\"99999999999999999999.5\""),
        ] {
            let (saved, event): (&str, &str) = match key {
                "memory" => ("/values/memory", "/sets/memory"),
                "walltime" => ("/values/walltime", "/sets/walltime"),
                "share" => ("/values/share", "/sets/share"),
                _ => ("/values/cores", "/sets/cores"),
            };
            let told = fault((saved, "wrong-type"), (event, "wrong-type"), (saved, "wrong-type"));
            refused_everywhere(&scratch, &format!("{{\"{key}\":{value}}}"), told);
        }
    }

    async fn a_text_that_a_backtracking_pattern_never_ends_with(scratch: Scratch) {
        let told = fault(("/values/tag", "not-allowed"), ("/sets/tag", "not-allowed"), ("/values/tag", "not-allowed"));
        refused_everywhere(&scratch, &format!("{{\"tag\":\"{}c\"}}", "a".repeat(150)), told);
    }

    async fn characters_that_cannot_be_kept_or_seen(scratch: Scratch) {
        for odd in ["\\u0000", "\\u202e", "\\u2066", "\\u200b", "\\u2028", "\\u0085", "\\u00ad", "\\ue000", "\\u061c", "\\u00a0"] {
            let values = format!("{{\"job_name\":\"a{odd}b\"}}");
            let (nul, at) = (odd == "\\u0000", ("/values/job_name", "not-allowed"));
            refused_everywhere(&scratch, &values, |way| match way {
                "hub/resolve" => (422, "options-refused", at.0, at.1),
                "events" if nul => (422, "invalid-request", "/sets/job_name", "text"),
                _ if nul => (422, "invalid-request", "/values/job_name", "text"),
                _ => fault(at, ("/sets/job_name", "not-allowed"), at)(way),
            });
            // In the name of an option it is none that there is.
            let office = office(&scratch);
            let answer = post(&office, "hub/resolve", &WAYS[4].1.replace("VALUES", &format!("{{\"co{odd}res\":1}}")));
            assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("unknown-option")), "{answer:?}");
            assert!(!answer.body.contains('\u{202e}') || odd != "\\u202e" || answer.json()["detail"].as_str().is_some_and(|detail| !detail.contains('\u{202e}')), "{answer:?}");
        }
    }

    async fn characters_that_cannot_be_seen_in_titles(scratch: Scratch) {
        let office = office(&scratch);
        let before = kept(&scratch);
        for odd in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{2028}", "\u{85}", "\u{e000}"] {
            let title = format!("a{odd}b");
            let preset = json!({ "title": title, "profile": "node" });
            let mut event: Json = serde_json::from_str(&WAYS[1].1.replace("VALUES", "{}")).unwrap();
            event["title"] = json!(title);
            for refused in [office.post("alice", "presets", &preset), office.post("root", "events", &event)] {
                assert_eq!(refused.status, 422, "{odd:?}: {refused:?}");
                assert_eq!(refused.json()["errors"][0]["pointer"], "/title", "{refused:?}");
            }
        }
        assert_eq!(kept(&scratch), before);
    }
}

#[tokio::test]
async fn without_the_secret_none_of_it_is_even_read() {
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    let body = "[".repeat(1 << 16);
    for (way, _) in WAYS {
        let answer = office.service.send(
            "POST",
            &format!("{}api/v1/{way}", crate::running::PREFIX),
            &[("content-type", "application/json")],
            &body,
        );
        assert_eq!(answer.status, 401, "{way}: {answer:?}");
        assert!(!answer.body.contains(SECRET));
    }
}
