//! The group or event somebody acts in: form, try and start decide in the one that was named, or not at all.

use serde_json::{Value as Json, json};

use super::{office, told};
use crate::scripted_hub::http;

const BOB: &str = "POST /hub/api/users/bob/server";

/// Ten hours: more than the AI School gives whoever acts in it, and less than everybody has.
fn ten_hours(context: &str) -> Json {
    json!({ "preset": "~node", "values": { "walltime": "10h" }, "context": context })
}

fn shown(service: &crate::running::Running, question: &Json) -> String {
    let answer = service.hub("form", question);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["html"].as_str().unwrap().to_owned()
}

on_each_database! {
    async fn whoever_reads_everybodys_looks_at_a_form_in_any_context_of_theirs(scratch: Scratch) {
        let office = office(&scratch);
        for context in ["", "chem", "ai"] {
            let theirs = told(&office.get("bob", &format!("me/effective?context={context}")));
            let mut seen = told(&office.get("olga", &format!("users/bob/effective?context={context}")));
            seen["notes"] = theirs["notes"].clone();
            assert_eq!(seen, theirs, "{context}");
        }
        assert_eq!(office.get("olga", "users/alice/effective?context=chem").status, 404, "alice is not in it");
    }

    async fn form_try_and_start_decide_in_the_context_that_is_named(scratch: Scratch) {
        let office = office(&scratch);
        office.hub.answers(BOB, http(201, ""));
        for (context, longest) in [("", "12h"), ("chem", "12h"), ("ai", "8h")] {
            let html = shown(&office.service, &json!({ "protocol": 1, "user": "bob", "context": context }));
            assert!(html.contains(&format!(r#"name="pz_context" value="{context}""#)), "{html}");
            let schema = told(&office.get("bob", &format!("me/schema?card=~node&context={context}")));
            let walltime = &schema["properties"]["values"]["properties"]["walltime"];
            assert_eq!(walltime["x-maximum"], longest, "{schema}");
            assert_eq!(schema["properties"]["context"], json!({ "const": context }));
            let (fits, started) = if longest == "8h" { (422, 422) } else { (200, 201) };
            let body = ten_hours(context);
            let tried = office.post("bob", "me/validate", &body);
            assert_eq!(tried.status, fits, "{context}: {tried:?}");
            assert_eq!(office.post("bob", "me/start", &body).status, started, "{context}");
            let resolved = office.service.hub("resolve", &json!({ "protocol": 1, "user": "bob", "options": body }));
            assert_eq!(resolved.status, fits, "{context}: {resolved:?}");
            if fits == 200 {
                let named = tried.json()["context"].as_str().unwrap_or_default().to_owned();
                assert_eq!((named.as_str(), &resolved.json()["options"]["context"]), (context, &json!(context)));
            } else {
                assert_eq!(tried.json()["errors"][0]["pointer"], "/values/walltime");
                assert_eq!(tried.json()["errors"], resolved.json()["errors"]);
            }
        }
        let sent: Vec<Json> = office.hub.bodies(BOB).iter().map(|body| serde_json::from_str(body).unwrap()).collect();
        assert_eq!(sent, [ten_hours(""), ten_hours("chem")], "the plugin hears of it");
    }

    async fn a_context_that_is_not_theirs_starts_nothing_and_tells_nothing(scratch: Scratch) {
        let office = office(&scratch);
        let refused = |context: &str, path: &str| {
            let body = json!({ "preset": "small", "context": context });
            let answer = match path {
                "resolve" => office.service.hub("resolve", &json!({ "protocol": 1, "user": "alice", "options": body })),
                path => office.post("alice", path, &body),
            };
            assert_eq!(answer.status, 422, "{path} {context}: {answer:?}");
            let error = answer.json()["errors"][0].clone();
            assert_eq!((&error["pointer"], &error["code"], &error["allowed"]), (&json!("/context"), &json!("not-theirs"), &json!(["ai"])));
            assert!(answer.json()["detail"].as_str().unwrap().contains("hpc-support@example.org"), "{answer:?}");
            error["detail"].as_str().unwrap().replace(&format!("“{context}”"), "X")
        };
        let there = refused("chem", "me/validate");
        for context in ["nix", "event:nix", "A group!", "event:"] {
            for path in ["me/validate", "me/start", "resolve"] {
                assert_eq!(refused(context, path), there, "{context}");
            }
        }
        assert!(office.hub.heads().iter().all(|head| !head.starts_with("POST")), "the hub is not asked");
        let odd = office.post("alice", "me/validate", &json!({ "preset": "small", "context": 7 }));
        assert_eq!(odd.status, 422, "{odd:?}");
    }

    async fn a_group_s_preset_starts_in_its_own_whatever_is_named(scratch: Scratch) {
        let office = office(&scratch);
        for context in ["", "chem", "ai"] {
            let body = json!({ "preset": "school", "context": context });
            let fine = told(&office.post("bob", "me/validate", &body));
            assert_eq!(fine["context"], "ai", "{context}");
            let resolved = told(&office.service.hub("resolve", &json!({ "protocol": 1, "user": "bob", "options": body })));
            assert_eq!(resolved["options"]["context"], "ai", "what is started again, is started for the same");
        }
        let unsaid = json!({ "protocol": 1, "user": "bob", "options": { "preset": "school" } });
        assert_eq!(told(&office.service.hub("resolve", &unsaid))["options"], json!({ "preset": "school", "values": {} }));
    }

    async fn a_form_for_a_context_that_is_not_theirs_is_the_usual_one_and_says_so(scratch: Scratch) {
        let office = office(&scratch);
        let usual = shown(&office.service, &json!({ "protocol": 1, "user": "alice" }));
        assert!(usual.contains(r#"name="pz_context" value="ai""#) && !usual.contains("This link is for"), "{usual}");
        for context in ["chem", "nix", "event:nix", "A group!"] {
            let html = shown(&office.service, &json!({ "protocol": 1, "user": "alice", "context": context }));
            assert!(html.contains("This link is for a group or course that you are not in"), "{html}");
            let note = html.find(r#"<div class="pz-note">"#).unwrap();
            let after = note + html[note..].find("</div>").unwrap() + "</div>".len();
            let told = html[..note].to_owned() + &html[after..];
            assert_eq!(told.split_whitespace().collect::<String>(), usual.split_whitespace().collect::<String>(), "{context}");
        }
    }

    async fn a_refused_start_is_shown_again_in_its_context(scratch: Scratch) {
        let office = office(&scratch);
        let attempt = json!({ "options": ten_hours("ai") });
        let html = shown(&office.service, &json!({ "protocol": 1, "user": "bob", "context": "", "attempt": attempt }));
        assert!(html.contains(r#"name="pz_context" value="ai""#) && html.contains("was not started"), "{html}");
        let attempt = json!({ "options": { "preset": "small", "context": "nix" } });
        let html = shown(&office.service, &json!({ "protocol": 1, "user": "bob", "context": "chem", "attempt": attempt }));
        assert!(html.contains(r#"name="pz_context" value=""#) && html.contains("Nothing can be started for “nix”"), "{html}");
    }

    async fn what_the_address_says_beside_it_stays_there(scratch: Scratch) {
        let office = office(&scratch);
        let keep = "next=%2Fhub%2Fuser-redirect%2Fgit-pull%3Frepo%3Da%26branch%3D%22b%22";
        let html = shown(&office.service, &json!({ "protocol": 1, "user": "bob", "keep": keep }));
        for context in ["ai", "chem", ""] {
            assert!(html.contains(&format!(r#"href="?context={context}&#38;{keep}""#)), "{html}");
        }
        let hostile = shown(&office.service, &json!({ "protocol": 1, "user": "bob", "keep": "a\"><script>alert(1)</script>" }));
        assert!(!hostile.contains("<script>alert"), "{hostile}");
        for (member, value) in [("keep", "a b"), ("keep", "a\n"), ("keep", "ä"), ("context", &"x".repeat(71))] {
            let mut question = json!({ "protocol": 1, "user": "bob" });
            question[member] = json!(value);
            assert_eq!(office.service.hub("form", &question).status, 422, "{member} {value}");
        }
    }
}
