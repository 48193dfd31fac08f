//! The plugin's two calls: the form, and what a start means.

use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::decisions::{self, Outcome};
use serde_json::json;

use super::{form, resolve, start};
use crate::running::{OLD_SECRET, PREFIX, SECRET};

on_each_database! {
    async fn a_member_gets_the_groups_preset_and_nobody_else(scratch: Scratch) {
        let service = start(&scratch);
        assert!(service.hub("form", &form("alice")).json()["html"].as_str().unwrap().contains("PyTorch"));
        assert!(!service.hub("form", &form("eve")).json()["html"].as_str().unwrap().contains("PyTorch"));
        let given = service.hub("resolve", &resolve("alice", &json!({ "preset": "gpu" })));
        assert_eq!(given.status, 200, "{given:?}");
        assert_eq!(given.json()["traits"], json!({ "cpu_limit": 18, "mem_limit": 4_000_000_000_u64 }));
        assert_eq!(given.json()["environment"], json!({ "TIME": "0-02:00:00", "NAME": "job-jupyter" }));
        assert_eq!(service.hub("resolve", &resolve("eve", &json!({ "preset": "gpu" }))).status, 403);
    }

    async fn what_is_not_yours_looks_like_what_is_not_there(scratch: Scratch) {
        let service = start(&scratch);
        let told = |id: &str| {
            let refused = service.hub("resolve", &resolve("eve", &json!({ "preset": id })));
            (refused.status, refused.occurrence().to_string().replace(id, "X"))
        };
        assert_eq!(told("gpu"), told("nix"));
        assert_eq!(told("mine"), told("nix"));
    }

    async fn groups_of_the_hub_count_and_their_policy_holds_everywhere(scratch: Scratch) {
        let service = start(&scratch);
        let ask = |groups: &[&str], cores: i64| {
            let options = json!({ "preset": "small", "values": { "cores": cores } });
            let body = json!({ "protocol": 1, "user": "carol", "hub_groups": groups, "options": options });
            service.hub("resolve", &body)
        };
        assert_eq!(ask(&[], 16).status, 200);
        let refused = ask(&["chem"], 16);
        assert_eq!(refused.status, 422);
        let fault = &refused.json()["errors"][0];
        assert_eq!(fault["pointer"], "/values/cores");
        assert_eq!(fault["allowed"], json!({ "min": 1, "max": 8, "step": 1 }));
        assert_eq!(fault["detail"], "CPU cores: choose between 1 and 8 cores (Chemistry: a shared node)");
        assert_eq!(ask(&["chem"], 8).status, 200);
    }

    async fn every_decision_is_kept_given_or_refused(scratch: Scratch) {
        let service = start(&scratch);
        let given = service.hub("resolve", &resolve("alice", &json!({ "preset": "gpu" }))).json();
        service.hub("resolve", &resolve("alice", &json!({ "preset": "nix", "values": { "a": "\u{0}" } })));
        let alice = Username::try_from("alice").unwrap();
        let kept = service.store.read(move |conn| decisions::latest_of(conn, &alice, 10)).await.unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].outcome, Outcome::Refused);
        let Outcome::Given(document) = &kept[1].outcome else { panic!("{:?}", kept[1]) };
        assert_eq!(given["decision"], kept[1].id.to_string());
        assert_eq!(document["traits"], given["traits"]);
        assert_eq!(kept[1].asked, json!({ "preset": "gpu" }));
    }

    async fn whatever_is_sent_the_decision_is_kept(scratch: Scratch) {
        let service = start(&scratch);
        let mut asked = resolve("alice", &json!({ "preset": "gpu" }));
        asked["hub_groups"] = json!(["a\u{0}b"]);
        assert_eq!(service.hub("resolve", &asked).status, 200);
        let deep = (0..110).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(service.hub("resolve", &resolve("alice", &json!({ "preset": deep }))).status, 422);
        let alice = Username::try_from("alice").unwrap();
        let kept = service.store.read(move |conn| decisions::latest_of(conn, &alice, 10)).await.unwrap();
        assert_eq!(kept.iter().filter(|decision| decision.outcome == Outcome::Refused).count(), 1);
        assert_eq!(kept.len(), 2, "{kept:?}");
        assert!(kept[1].reasons.to_string().contains("a\u{2400}b"), "{kept:?}");
    }

    async fn what_was_used_last_comes_first_with_its_values(scratch: Scratch) {
        let service = start(&scratch);
        let options = json!({ "preset": "gpu", "values": { "walltime": "90min" } });
        let given = service.hub("resolve", &resolve("bob", &options)).json();
        assert_eq!(given["options"], json!({ "preset": "gpu", "values": { "walltime": "1h30min" } }));
        let html = service.hub("form", &form("bob")).json()["html"].as_str().unwrap().to_owned();
        let (gpu, small) = (html.find("PyTorch").unwrap(), html.find("A small server").unwrap());
        assert!(gpu < small && html.contains("Last used"), "{html}");
        assert!(html.contains("1h30min"), "{html}");
    }

    async fn an_empty_request_means_the_sites_default(scratch: Scratch) {
        let service = start(&scratch);
        for options in [json!(null), json!({}), json!({ "values": {} }), json!({ "preset": null })] {
            let given = service.hub("resolve", &resolve("dora", &options));
            assert_eq!(given.json()["preset"]["id"], "small", "{options}");
        }
    }

    async fn what_was_refused_is_shown_again_as_it_was_typed(scratch: Scratch) {
        let service = start(&scratch);
        let attempt = json!({ "options": { "preset": "small", "values": { "cores": "64" } } });
        let shown = service.hub("form", &json!({ "protocol": 1, "user": "eve", "attempt": attempt }));
        let html = shown.json()["html"].as_str().unwrap().to_owned();
        assert!(html.contains("value=\"64\"") && html.contains("was not started"), "{html}");
        let attempt = json!({ "options": { "preset": "small", "values": { "cores": "16" } } });
        let shown = service.hub("form", &json!({ "protocol": 1, "user": "eve", "attempt": attempt }));
        assert!(!shown.body.contains("was not started"));
    }

    async fn two_secrets_open_and_no_other(scratch: Scratch) {
        let service = start(&scratch);
        let call = |authorization: &[&str]| {
            let mut headers: Vec<_> = authorization.iter().map(|value| ("authorization", *value)).collect();
            headers.push(("content-type", "application/json"));
            service.send("POST", &format!("{PREFIX}api/v1/hub/form"), &headers, &form("alice").to_string()).status
        };
        let (new, old) = (format!("Bearer {SECRET}"), format!("token {OLD_SECRET}"));
        let cut = format!("Bearer {}", &SECRET[1..]);
        assert_eq!((call(&[&new]), call(&[&old])), (200, 200));
        for none in [vec![], vec![cut.as_str()], vec!["Bearer "], vec![SECRET], vec!["Basic YTpi"]] {
            assert_eq!(call(&none), 401, "{none:?}");
        }
        assert_eq!(call(&[&new, &new]), 400);
    }

    async fn no_name_of_a_person_or_preset_is_too_odd(scratch: Scratch) {
        let service = start(&scratch);
        let long = "x".repeat(300);
        let names = ["a/b", &long, "new\nline", "caf\u{e9}", "cafe\u{301}", "*)(uid=*", "<script>alert(1)</script>", "\u{202e}evil"];
        for name in names {
            let shown = service.hub("form", &form(name));
            assert_eq!(shown.status, 200, "{name:?}");
            assert!(!shown.json()["html"].as_str().unwrap().contains("<script>alert"), "{name:?}");
            assert_eq!(service.hub("resolve", &resolve(name, &json!({}))).status, 200, "{name:?}");
            let refused = service.hub("resolve", &resolve("eve", &json!({ "preset": name })));
            assert_eq!(refused.status, 403, "{name:?}");
        }
        for name in ["", "a\u{0}b", &"y".repeat(1021)] {
            assert_eq!(service.hub("form", &form(name)).status, 422, "{name:?}");
        }
    }
}
