//! Catalogues as they were: compared, put in place again, and what breaks told before it does.

use std::time::{Duration, Instant};

use jupyterhub_presets::clock::{Clock as _, SystemClock};
use jupyterhub_presets::desk::apply::{self, Checked};
use serde_json::{Value as Json, json};

use super::super::presets::Office;
use super::{SITE, card, office, told};

/// Without the GPUs' partition, and with fewer cores.
fn poorer() -> String {
    let site = SITE
        .replace("      gpu: {label: NVIDIA A100, was: [a100]}\n", "")
        .replace("  gpus-only-there: {when: {partition: {not: gpu}}, then: {gpus: {fixed: 0}}, because: there are none}\n", "")
        .replace("max: 128, default: 1", "max: 96, default: 1");
    let presets = site.find("  school: ").unwrap();
    format!("{}defaults: {{preset: small}}\n", &site[..presets])
}

fn checked(site: &str) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.yaml");
    std::fs::write(&path, site).unwrap();
    apply::check(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// Applies a site file as the command does, and waits until it is served: by each of two replicas, asked in turn.
async fn applied(office: &Office, site: &str, version: i64) {
    let checked = checked(site);
    apply::apply(&office.service.store, &checked, "test", SystemClock.now()).await.unwrap();
    let begun = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < 2 {
        let is_there = told(&office.get("root", "catalogue"))["version"] == version;
        in_a_row = if is_there { in_a_row + 1 } else { 0 };
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not served");
        tokio::time::sleep(Duration::from_millis(if is_there { 0 } else { 50 })).await;
    }
}

fn saved(office: &Office, who: &str, title: &str, values: &Json) -> String {
    let made = office.post(who, "presets", &json!({ "title": title, "profile": "node", "values": values }));
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

on_each_database! {
    async fn what_a_new_catalogue_breaks_is_told_first_by_whose_it_is(scratch: Scratch) {
        let office = office(&scratch);
        let gpu = saved(&office, "dave", "GPU", &json!({ "partition": "gpu" }));
        saved(&office, "dave", "Plain", &json!({ "cores": 4 }));
        let many = saved(&office, "bob", "Many", &json!({ "cores": 20, "partition": "gpu" }));
        let breaks = apply::breakage(&office.service.store, &checked(&poorer())).await.unwrap();
        let ids: Vec<String> = breaks.presets.iter().map(|broken| broken.id.to_string()).collect();
        let mut expected = vec![gpu.clone(), many.clone()];
        expected.sort();
        assert_eq!(ids, expected);
        let counts = breaks.counts();
        assert_eq!((counts.presets, counts.people, counts.site, counts.groups), (2, 2, 0, 0));
        let lines = breaks.lines();
        assert!(lines.iter().any(|line| line.contains("“GPU” (of dave)") && line.contains("gpu")), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "! 2 presets break: 0 of the site, those of 0 groups, 0 events and 2 people");
        assert!(apply::breakage(&office.service.store, &checked(SITE)).await.unwrap().is_nothing());
    }

    async fn an_earlier_catalogue_is_put_in_place_again(scratch: Scratch) {
        let office = office(&scratch);
        applied(&office, &poorer(), 2).await;
        let difference = told(&office.get("olga", "catalogue/versions/1/diff/2"));
        let changes = difference["changes"].as_array().unwrap();
        let at = |pointer: &str| changes.iter().find(|change| change["pointer"] == pointer).unwrap_or_else(|| panic!("{difference}"));
        assert_eq!(at("/options/cores/max"), &json!({ "pointer": "/options/cores/max", "before": 128, "after": 96 }));
        assert!(at("/options/partition/choices/gpu").get("after").is_none(), "{difference}");
        assert!(at("/rules/gpus-only-there").get("after").is_none(), "{difference}");
        let restore = |who: &str, version: u8, etag: &str, query: &str| {
            office.call(who, "POST", &format!("catalogue/versions/{version}/restore{query}"), &[("if-match", etag)], None)
        };
        assert_eq!(restore("root", 1, "\"1\"", "").status, 412);
        assert_eq!(restore("root", 9, "\"2\"", "").status, 404);
        assert_eq!(restore("root", 1, "\"2\"", "?colour=red").status, 400);
        assert_eq!(restore("alice", 1, "\"2\"", "").status, 403);
        let would = told(&restore("root", 1, "\"2\"", "?dry_run=true"));
        assert_eq!((&would["done"], &would["version"], &would["breaks"]), (&json!(false), &json!(2), &json!([])));
        assert_eq!(would["changes"].as_array().unwrap().len(), changes.len());
        let back = restore("root", 1, "\"2\"", "");
        assert_eq!((back.status, back.header("etag")), (200, Some("\"3\"")), "{back:?}");
        assert_eq!(told(&office.get("alice", "catalogue"))["options"]["cores"]["max"], 128, "at once");
        assert_eq!(told(&office.get("olga", "catalogue/versions/1/diff/3"))["changes"], json!([]));
        let latest = told(&office.get("olga", "catalogue/versions?limit=1"));
        assert!(latest["items"][0]["applied_by"].as_str().unwrap().contains("root"), "{latest}");
        let same = told(&restore("root", 1, "\"3\"", ""));
        assert_eq!((&same["done"], &same["version"]), (&json!(false), &json!(3)), "nothing differs");
    }

    async fn what_would_break_is_not_put_in_place_unless_that_is_accepted(scratch: Scratch) {
        let office = office(&scratch);
        applied(&office, &poorer(), 2).await;
        applied(&office, SITE, 3).await;
        let gpu = saved(&office, "dave", "GPU", &json!({ "partition": "gpu" }));
        let restore = |query: &str| office.call("root", "POST", &format!("catalogue/versions/2/restore{query}"), &[("if-match", "\"3\"")], None);
        let refused = restore("");
        assert_eq!((refused.status, &refused.json()["type"]), (409, &json!("/problems/would-break")), "{refused:?}");
        let pointers: Vec<Json> = refused.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert!(pointers.contains(&json!(format!("/presets/{gpu}"))), "{pointers:?}");
        assert_eq!(told(&office.get("alice", "catalogue"))["version"], 3);
        let would = told(&restore("?dry_run=true"));
        assert_eq!(would["breaks_of"]["people"], 1, "{would}");
        let done = told(&restore("?accept=true"));
        assert_eq!((&done["done"], &done["version"]), (&json!(true), &json!(4)));
        let form = told(&office.get("dave", "me/effective"));
        let broken = card(&form, &gpu);
        assert_eq!(broken["state"], "unavailable", "{broken}");
        assert!(broken["why"].as_str().unwrap().contains("gpu"), "{broken}");
    }
}
