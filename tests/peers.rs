//! Sixteen defects found in other software of this kind: each is kept out of ours by a test named after it.
//!
//! Each test says what turned it red once: the peer itself in our place, or a change that was made here and taken back.

mod access;
mod offers;

use std::path::Path;
use std::time::{Duration, Instant};

use jupyterhub_presets::clock::{Clock as _, SystemClock};
use jupyterhub_presets::desk::apply::{self, NotApplied};
use serde_json::{Value as Json, json};

use crate::running::{Answer, Running};

const SITE: &str = include_str!("peers/site.yaml");

/// The peer, what it does, and our test against it: file and name.
const DEFECTS: [(&str, &str, &str, &str); 16] = [
    (
        "wrapspawner",
        "starts its default for a profile that is gone",
        "tests/plugin/test_peers.py",
        "test_wrapspawner_a_profile_that_is_gone_starts_nothing",
    ),
    (
        "wrapspawner",
        "keeps the settings of a running server for later ones",
        "tests/plugin/test_peers.py",
        "test_wrapspawner_a_settings_edit_holds_from_the_next_start_on",
    ),
    (
        "batchspawner",
        "fills the job script with whatever was posted",
        "tests/plugin/test_peers.py",
        "test_batchspawner_what_people_send_is_not_in_the_job_script",
    ),
    (
        "KubeSpawner",
        "chooses beforehand what it knows to be stale",
        "tests/peers/offers.rs",
        "kubespawner_what_no_longer_fits_is_not_chosen_beforehand",
    ),
    (
        "KubeSpawner",
        "answers 500 to a choice that is none, matches beginnings, and checks nothing without a profile",
        "tests/peers/offers.rs",
        "kubespawner_a_value_that_is_none_is_refused_with_field_value_and_list",
    ),
    (
        "2i2c's filter",
        "compares groups in two ways, and shows a bare 403",
        "tests/peers/access.rs",
        "two_i2c_a_group_is_the_same_however_it_is_spelled",
    ),
    (
        "SWAN",
        "offers every GPU when it cannot tell",
        "tests/peers/offers.rs",
        "swan_what_cannot_be_told_now_is_not_everything",
    ),
    (
        "NERSC's form",
        "renders a field and drops it",
        "tests/hub/test_scripts.py",
        "test_nersc_form_every_field_that_is_shown_arrives",
    ),
    (
        "MOSS",
        "checks the form and not the REST API",
        "tests/peers/offers.rs",
        "moss_every_way_in_meets_the_same_check",
    ),
    (
        "SlurmForm",
        "ignores what is sent by the REST API",
        "tests/peers/offers.rs",
        "slurmform_a_caller_gets_the_value_or_an_error",
    ),
    (
        "Open OnDemand",
        "checks bounds in the browser only",
        "tests/peers/offers.rs",
        "open_ondemand_bounds_hold_without_a_browser",
    ),
    (
        "Open Data Hub",
        "merges profiles by their order, duplicates included",
        "tests/peers/offers.rs",
        "open_data_hub_groups_add_up_in_any_order_and_duplicates_are_told",
    ),
    (
        "NERSC's entrypoints",
        "let anybody write anybody's, and forget at a restart",
        "tests/peers/access.rs",
        "nersc_entrypoint_only_its_owner_writes_a_preset_and_it_lasts",
    ),
    (
        "NERSC's example",
        "sets any trait that a person names",
        "tests/plugin/test_peers.py",
        "test_nersc_example_traits_come_from_the_service_alone",
    ),
    (
        "configurator",
        "shows its configuration to anybody",
        "tests/peers/access.rs",
        "configurator_nothing_is_read_without_a_token",
    ),
    (
        "JupyterHub",
        "answers a bare 500 where a form raises",
        "tests/plugin/test_peers.py",
        "test_jupyterhub_a_form_that_fails_is_a_page_one_can_use",
    ),
];

#[test]
fn each_of_the_sixteen_has_its_test() {
    for (peer, defect, file, test) in DEFECTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (heads, red) = if file.ends_with(".py") {
            (["def ", "async def "], "\"\"\"Red ")
        } else {
            (["fn ", "async fn "], "/// Red ")
        };
        let head = heads.into_iter().find(|head| text.contains(&format!("\n{head}{test}(")));
        assert!(head.is_some(), "{peer} {defect}: there is no {test} in {file}");
        // What turned it red stands just before a Rust test, and first in a Python one.
        let at = text.find(&format!("{test}(")).unwrap();
        let near = if file.ends_with(".py") { &text[at..] } else { &text[..at] };
        let found = if file.ends_with(".py") {
            near.find(red).is_some_and(|at| at < 200)
        } else {
            near.rfind(red).is_some_and(|found| at - found < 400)
        };
        assert!(found, "{test} does not say what turned it red");
    }
}

/// Applies `site` to a running service, and waits until it is served.
async fn apply(service: &Running, site: &str) {
    let checked = check(site).unwrap_or_else(|error| panic!("{error}"));
    let changes = apply::apply(&service.store, &checked, "test", SystemClock.now()).await.unwrap();
    let begun = Instant::now();
    while service.hub("form", &json!({ "protocol": 1, "user": "nobody" })).json()["revision"]
        != changes.revision
    {
        assert!(begun.elapsed() < Duration::from_secs(10), "it is not served");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn check(site: &str) -> Result<apply::Checked, NotApplied> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.yaml");
    std::fs::write(&path, site).unwrap();
    apply::check(&path)
}

/// What a start with `options` would be, for somebody in `groups` of the hub.
fn resolve(service: &Running, groups: &[&str], options: &Json) -> Answer {
    let asked = json!({ "protocol": 1, "user": "alice", "hub_groups": groups, "options": options });
    service.hub("resolve", &asked)
}

fn form(service: &Running, groups: &[&str]) -> String {
    let shown = service.hub("form", &json!({ "protocol": 1, "user": "alice", "hub_groups": groups }));
    assert_eq!(shown.status, 200, "{shown:?}");
    shown.json()["html"].as_str().unwrap().to_owned()
}
