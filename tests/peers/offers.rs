//! What is offered is what is taken: bounds, lists, merges and what no longer fits.

use jupyterhub_presets::effective::Notice;
use jupyterhub_presets::groups::{GroupId, SourceName, Standing};
use jupyterhub_presets::resolve::Refusal;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::{SITE, apply, check, form, resolve};
use crate::api::presets::{Office, assert_problem, token};
use crate::core::{content, somebody};
use crate::running::Running;
use crate::scratch::Scratch;
use crate::scripted_hub::{ScriptedHub, http};

fn start(scratch: &Scratch) -> Running {
    Running::start(Store::open(&scratch.url(), 4), SITE, "groups: {}").alone()
}

fn small(values: &Json) -> Json {
    json!({ "preset": "small", "values": values })
}

/// Red with `Nearest::Nowhere` in `recall` of service/effective/card.rs taking the value that is gone.
#[tokio::test]
async fn kubespawner_what_no_longer_fits_is_not_chosen_beforehand() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let used = small(&json!({ "partition": "genoa", "cores": 8 }));
    assert_eq!(resolve(&service, &[], &used).status, 200);
    assert!(form(&service, &[]).contains("genoa"));
    apply(&service, &SITE.replace("genoa: AMD Genoa", "milan: AMD Milan")).await;
    let html = form(&service, &[]);
    assert!(!html.contains("genoa"), "{html}");
    assert!(html.contains("<option value=\"rome\" selected>"), "{html}");
    assert!(html.contains("value=\"8\""), "what still fits is there as it was: {html}");
    // Neither does it start as it was, nor anything in its place.
    let refused = resolve(&service, &[], &used);
    assert_eq!((refused.status, &refused.json()["errors"][0]["value"]), (422, &json!("genoa")));
}

/// Red with `\z` left out of the pattern that service/catalogue/pattern.rs builds.
#[tokio::test]
async fn kubespawner_a_value_that_is_none_is_refused_with_field_value_and_list() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    for preset in [json!("small"), json!("~node"), Json::Null] {
        for (key, value, allowed) in [
            ("partition", json!("fat"), json!(["rome", "genoa"])),
            ("partition", json!({}), json!(["rome", "genoa"])),
            ("cores", json!(65), json!({ "min": 1, "max": 16, "step": 1 })),
            ("job_name", json!("jupyter!"), json!({ "pattern": "[a-z][a-z0-9-]{0,19}", "max_length": 200 })),
            (
                "job_name",
                json!("jupyter and more"),
                json!({ "pattern": "[a-z][a-z0-9-]{0,19}", "max_length": 200 }),
            ),
        ] {
            let refused = resolve(&service, &[], &json!({ "preset": preset, "values": { key: value } }));
            assert_problem(&refused, 422, "options-refused");
            let fault = &refused.json()["errors"][0];
            assert_eq!(fault["pointer"], format!("/values/{key}"), "{fault}");
            assert_eq!((&fault["value"], &fault["allowed"]), (&value, &allowed), "{fault}");
        }
    }
    // Without a preset it is the declared default, checked like any other.
    let given = resolve(&service, &[], &json!({ "values": { "cores": 3 } })).json();
    assert_eq!((&given["preset"]["id"], &given["traits"]["cores"]), (&json!("small"), &json!(3)));
}

/// Red with `kept_for_others` of service/effective/layers.rs keeping nothing for others.
#[test]
fn swan_what_cannot_be_told_now_is_not_everything() {
    let content = content(&SITE.replace("from: {hub: gpu}", "from: {ldap: 'cn=gpu,dc=example,dc=org'}"));
    let asked = small(&json!({ "partition": "gpu" }));
    // Never told: what everybody may, and it says so.
    let unknown = somebody(&[]).while_ldap_is(Standing::Unknown);
    assert!(unknown.form(&content).notices.contains(&Notice::GroupsUnknown { refused: false }));
    let Err(Refusal::Options { faults, .. }) = unknown.starts(&content, &asked) else { panic!("it starts") };
    assert_eq!(faults[0].allowed, Some(json!(["rome", "genoa"])));
    // Told some time ago: as it was then, with its age.
    let mut member = somebody(&[]).while_ldap_is(Standing::Stale);
    let id = "cn=gpu,dc=example,dc=org".to_owned();
    member.membership.groups.insert(GroupId { source: SourceName::ldap(), id: id.into() });
    assert!(member.form(&content).notices.iter().any(|notice| matches!(notice, Notice::GroupsStale { .. })));
    assert_eq!(member.starts(&content, &asked).unwrap().traits["partition"], "gpu");
    assert!(somebody(&[]).while_ldap_is(Standing::Stale).starts(&content, &asked).is_err());
}

/// Red with `start_at` of service/desk/starts.rs trying the preset without the values that were sent.
#[tokio::test]
async fn moss_every_way_in_meets_the_same_check() {
    let scratch = Scratch::sqlite();
    let hub = ScriptedHub::start();
    hub.user(&token("alice"), "alice", &[]);
    hub.answers("POST /hub/api/users/alice/server", http(201, ""));
    let clock = std::sync::Arc::new(jupyterhub_presets::clock::SystemClock);
    let store = Store::open(&scratch.url(), 4);
    let office = Office::of(Running::start_with(store, SITE, "groups: {}", &hub, clock), hub);
    let saved = |memory: &str| json!({ "title": "Mine", "profile": "node", "values": { "memory": memory } });
    let mine = office.made("alice", &saved("32GB"));
    let beyond = json!({ "memory": "500GB" });
    let open = json!({ "preset": "~node", "values": beyond });
    let mut allowed = Vec::new();
    for (way, refused) in [
        ("the form", resolve(&office.service, &[], &open)),
        ("without a preset", resolve(&office.service, &[], &json!({ "values": beyond }))),
        ("me/validate", office.post("alice", "me/validate", &open)),
        ("me/start", office.post("alice", "me/start", &open)),
        ("a new preset", office.post("alice", "presets", &saved("500GB"))),
        ("a changed preset", office.put("alice", &mine, "\"1\"", &saved("500GB"))),
    ] {
        assert_eq!(refused.status, 422, "{way}: {refused:?}");
        let fault = refused.json()["errors"][0].clone();
        assert_eq!(
            (&fault["pointer"], &fault["value"]),
            (&json!("/values/memory"), &json!("500GB")),
            "{way}"
        );
        allowed.push(fault["allowed"]["max"].clone());
    }
    assert_eq!(allowed, ["256GB", "64GB", "256GB", "256GB", "256GB", "256GB"], "the preset asks for less");
    assert!(office.hub.heads().iter().all(|head| !head.starts_with("POST")), "{:?}", office.hub.heads());
    assert_eq!(office.get("alice", &mine).json()["version"], 1);
}

/// Red with an unknown option in `tried` of service/effective/offer.rs passed over.
#[tokio::test]
async fn slurmform_a_caller_gets_the_value_or_an_error() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    for (key, sent, kept, started) in [
        ("partition", json!("genoa"), json!("genoa"), json!("genoa")),
        ("cores", json!("12"), json!(12), json!(12)),
        ("share", json!(1.5), json!("1.5"), json!("1.5")),
        ("memory", json!("32 GB"), json!("32GB"), json!(32_000_000_000_u64)),
        ("walltime", json!("90min"), json!("1h30min"), json!(5_400)),
        ("exclusive", json!(true), json!(true), json!(true)),
        ("job_name", json!("a-name"), json!("a-name"), json!("a-name")),
        ("tools", json!(["profiler"]), json!(["profiler"]), json!(["profiler"])),
        // Set by the site: the same is no error, and is not remembered as chosen.
        ("account", json!("training"), Json::Null, json!("training")),
    ] {
        let given = resolve(&service, &[], &small(&json!({ key: sent })));
        assert_eq!(given.status, 200, "{key}: {given:?}");
        let given = given.json();
        assert_eq!((&given["options"]["values"][key], &given["traits"][key]), (&kept, &started), "{key}");
    }
    for (values, at, code) in [
        (json!({ "account": "project" }), "/values/account", "fixed"),
        (json!({ "colour": "red" }), "/values/colour", "unknown-option"),
        (json!({ "cores": 4, "Cores": 4 }), "/values/Cores", "unknown-option"),
        (json!({ "tools": "all" }), "/values/tools", "not-allowed"),
    ] {
        let refused = resolve(&service, &[], &small(&values));
        let fault = &refused.json()["errors"][0];
        assert_eq!(
            (refused.status, &fault["pointer"], &fault["code"]),
            (422, &json!(at), &json!(code)),
            "{fault}"
        );
    }
}

/// Red with `read_or_say` and `is_missing` of service/effective/card.rs taking whatever is of the right type.
#[tokio::test]
async fn open_ondemand_bounds_hold_without_a_browser() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let html = form(&service, &[]);
    assert!(
        html.contains("max=\"16\"") && !html.contains("gpu"),
        "what a browser would hold people to: {html}"
    );
    for (key, within, beyond) in [
        ("partition", json!("rome"), json!("gpu")),
        ("cores", json!("16"), json!("17")),
        ("cores", json!("1"), json!("0")),
        ("share", json!("0.5"), json!("0.7")),
        ("memory", json!("64GB"), json!("65GB")),
        ("walltime", json!("8h"), json!("8h30min")),
        ("walltime", json!("1h"), json!("45min")),
        ("exclusive", json!("true"), json!("maybe")),
        ("tools", json!(["debugger"]), json!(["debugger", "other"])),
    ] {
        let refused = resolve(&service, &[], &small(&json!({ key: beyond })));
        assert_eq!(refused.status, 422, "{key}: {beyond}: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["pointer"], format!("/values/{key}"));
        assert_eq!(resolve(&service, &[], &small(&json!({ key: within }))).status, 200, "{key}: {within}");
    }
}

/// Red with the first group's grant taken in place of the widest in service/trims/layer.rs.
#[tokio::test]
async fn open_data_hub_groups_add_up_in_any_order_and_duplicates_are_told() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let asked = small(&json!({ "cores": 48, "partition": "gpu" }));
    let mut answers = Vec::new();
    for groups in [["gpu", "project"], ["project", "gpu"]] {
        let given = resolve(&service, &groups, &asked);
        assert_eq!(given.status, 200, "the larger of both grants: {given:?}");
        answers.push((
            form(&service, &groups),
            given.json()["traits"].clone(),
            given.json()["environment"].clone(),
        ));
    }
    assert_eq!(answers[0], answers[1]);
    // As the groups stand in the file decides nothing either.
    let project = SITE.lines().find(|line| line.starts_with("  project: ")).unwrap();
    let turned = SITE
        .replace(&format!("{project}\n"), "")
        .replace("groups:\n  gpu", &format!("groups:\n{project}\n  gpu"));
    apply(&service, &turned).await;
    assert_eq!(resolve(&service, &["gpu", "project"], &asked).json()["traits"], answers[0].1);
    for (once, twice) in [
        ("{TOOLS: \"{tools:commas}\"}", "{TOOLS: \"{tools:commas}\", TOOLS: none}"),
        ("      cores: \"{cores}\"\n", "      cores: \"{cores}\"\n      cores: 64\n"),
        ("  project: {title: The project,", "  gpu-users: {title: The project,"),
    ] {
        assert!(SITE.contains(once), "{once}");
        let refused = check(&SITE.replace(once, twice)).err().expect("it is told").to_string();
        let line =
            SITE.lines().position(|line| once.contains(line.trim()) || line.contains(once)).unwrap() + 1;
        assert!(
            (0..=1).any(|more| refused.contains(&format!("site.yaml:{}", line + more))),
            "{line}: {refused}"
        );
    }
}
