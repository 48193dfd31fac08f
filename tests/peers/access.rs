//! Who may: read, write, and what a group is called.

use std::sync::Arc;

use jupyterhub_presets::api::specification;
use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::groups::{GroupId, SourceName, dn};
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::{SITE, form};
use crate::api::presets::{Office, assert_problem, office, token};
use crate::core::{content, somebody};
use crate::running::{PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

/// Red with the name of a group kept as it was written in service/effective/content.rs.
#[tokio::test]
async fn two_i2c_a_group_is_the_same_however_it_is_spelled() {
    // As the directory tells it, and as administrators write it.
    let told = dn::normalised("CN=GPU Users,ou=Groups,dc=example,dc=org").unwrap();
    for spelled in [
        "cn=gpu users,ou=groups,dc=example,dc=org",
        "CN=GPU Users, OU=Groups, DC=example, DC=org",
        "cn=GPU\\20Users,ou=groups,dc=example,dc=org",
    ] {
        let site = SITE.replace("{hub: gpu}", &json!({ "ldap": spelled }).to_string());
        let site = site.replace(
            "  small:\n",
            "  theirs: {title: GPU, owner: {group: gpu-users}, profile: node}\n  small:\n",
        );
        let content = content(&site);
        let mut member = somebody(&[]);
        member.membership.groups.insert(GroupId { source: SourceName::ldap(), id: told.as_str().into() });
        // Its preset, the choice that is kept for it, and what it is granted.
        assert_eq!(
            member.starts(&content, &json!({ "preset": "theirs" })).unwrap().title,
            "GPU",
            "{spelled}"
        );
        let asked = json!({ "preset": "~node", "values": { "partition": "gpu", "cores": 24 } });
        assert_eq!(member.starts(&content, &asked).unwrap().traits["cores"], 24, "{spelled}");
        let nobody = somebody(&[]).starts(&content, &json!({ "preset": "theirs" }));
        assert!(crate::core::sentence(nobody).contains("Ask hpc-support@example.org."), "not a bare 403");
    }
    // Whoever is offered nothing reads which groups they were found in.
    let bare = SITE
        .split("presets:\n")
        .next()
        .unwrap()
        .replace("    title: A node\n", "    title: A node\n    open: false\n");
    let scratch = Scratch::sqlite();
    let service = Running::start(Store::open(&scratch.url(), 4), &bare, "groups: {}");
    let [both, one, none] = [&["project", "gpu"][..], &["gpu"], &[]].map(|groups| form(&service, groups));
    assert!(both.contains("you are in GPU users and The project."), "{both}");
    assert!(one.contains("you are in GPU users.") && none.contains("in none of the groups"), "{one} {none}");
}

/// Red with `Owner::User` in `access` of service/presets/rights.rs writable by whoever asks.
#[tokio::test]
async fn nersc_entrypoint_only_its_owner_writes_a_preset_and_it_lasts() {
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    let body = json!({ "title": "Mine", "profile": "desk", "values": { "cores": 2 } });
    let other = json!({ "title": "Yours", "profile": "desk" });
    let path = office.made("alice", &body);
    for who in ["bob", "carol", "dave", "service-alice"] {
        assert_problem(&office.put(who, &path, "\"1\"", &other), 404, "not-found");
        assert_problem(&office.delete(who, &path, "\"1\""), 404, "not-found");
        let mut in_her_name = other.clone();
        in_her_name["owner"] = json!({ "kind": "user", "name": "alice" });
        assert!([403, 404, 422].contains(&office.post(who, "presets", &in_her_name).status), "{who}");
    }
    assert_eq!(office.listed("alice", 100, "&owner_kind=user").len(), 2, "hers and the site's for her");
    // As the service comes up again, nothing is forgotten.
    drop(office);
    let hub = ScriptedHub::start();
    hub.user(&token("alice"), "alice", &[]);
    let store = Store::open(&scratch.url(), 4);
    let site = crate::api::presets::site();
    let again = Office::of(Running::start_with(store, &site, "groups: {}", &hub, Arc::new(SystemClock)), hub);
    let kept = again.get("alice", &path).json();
    assert_eq!((&kept["title"], &kept["version"]), (&json!("Mine"), &json!(1)));
}

/// Red with the caller taken out of `show` in service/api/catalogue.rs.
#[tokio::test]
async fn configurator_nothing_is_read_without_a_token() {
    // What says nothing of anybody: whether it lives, and what can be asked.
    const OPEN: [&str; 3] = ["/api/v1/health/live", "/api/v1/health/ready", "/api/v1/openapi.json"];
    let scratch = Scratch::sqlite();
    let office = office(&scratch);
    let document = serde_json::to_value(specification()).unwrap();
    let reads = document["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    let mut told = Vec::new();
    for (path, _) in reads {
        let path = format!("{}{path}", PREFIX.trim_end_matches('/'));
        let asked = ["id", "key", "name", "version", "decision", "event"].iter().fold(path, |path, name| {
            let value = if *name == "version" { "1" } else { "small" };
            path.replace(&format!("{{{name}}}"), value)
        });
        let answer = office.service.get(&asked);
        if answer.status != 401 {
            told.push(asked.trim_start_matches(PREFIX.trim_end_matches('/')).to_owned());
        } else {
            assert_eq!(answer.json()["type"], "/problems/unauthenticated", "{answer:?}");
        }
    }
    told.sort();
    assert_eq!(told, OPEN);
    let none: Json = office.service.get(&format!("{PREFIX}api/v1/catalogue")).json();
    assert!(none.get("options").is_none(), "{none}");
}
