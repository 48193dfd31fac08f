//! Export and erasure through the API, and that nothing a directory says leaves by any door.

use std::sync::Arc;

use jupyterhub_presets::clock::SystemClock;
use jupyterhub_presets::store::Store;
use serde_json::{Value as Json, json};

use super::super::presets::{Office, office};
use super::{prefer, start};
use crate::running::{PREFIX, Running};
use crate::scripted_hub::{ACCESS, ScriptedHub, model};

fn live(office: &Office, who: &str) -> String {
    start(office, who, &json!({ "preset": "small" }));
    assert_eq!(prefer(office, who, "\"0\"", &json!({ "order": ["small"] })).status, 200);
    office.made(who, &json!({ "title": format!("Notes of {who}"), "profile": "node" }))
}

on_each_database! {
    async fn an_export_holds_everything_kept_of_one_person(scratch: Scratch) {
        let office = office(&scratch);
        let preset = live(&office, "dave");
        live(&office, "bob");
        let export = office.get("dave", "users/dave/export");
        assert_eq!(export.status, 200);
        let all = export.json();
        let count = |what: &str| all[what].as_array().unwrap().len();
        assert_eq!((&all["name"], &all["preferences"]["order"]), (&json!("dave"), &json!(["small"])));
        assert_eq!((count("last_used"), count("presets"), count("versions"), count("decisions"), count("changes")), (1, 1, 1, 1, 2));
        assert_eq!(format!("presets/{}", all["presets"][0]["id"].as_str().unwrap()), preset);
        assert!(!export.body.contains("bob"));
        assert_eq!(office.get("olga", "users/dave/export").json(), all);
        for (who, path, status) in [("bob", "users/dave/export", 404), ("carol", "users/dave/export", 404), ("dave", "users/bob/export", 404), ("olga", "users/never-seen/export", 200)] {
            assert_eq!(office.get(who, path).status, status, "{who} {path}");
        }
    }

    async fn who_is_erased_is_gone_from_everything_at_once(scratch: Scratch) {
        let office = office(&scratch);
        let preset = live(&office, "dave");
        live(&office, "bob");
        assert!(office.form("dave").contains("Notes of dave") && office.form("dave").contains("Last used"));
        for who in ["alice", "dave", "carol", "olga"] {
            assert_eq!(office.call(who, "DELETE", "users/dave", &[], None).status, 403, "{who}");
        }
        assert_eq!(office.call("root", "DELETE", "users/dave", &[], None).status, 204);
        assert_eq!(office.call("root", "DELETE", "users/dave", &[], None).status, 204, "gone is gone");
        assert_eq!(office.call("root", "DELETE", "users/never-seen", &[], None).status, 204);
        let form = office.form("dave");
        assert!(!form.contains("Notes of dave") && !form.contains("Last used"), "{form}");
        assert_eq!(office.get("dave", &preset).status, 404);
        assert_eq!(office.get("dave", "me/preferences").json()["version"], 0);
        let export = office.get("dave", "users/dave/export").json();
        for what in ["last_used", "presets", "versions", "decisions", "changes"] {
            assert_eq!(export[what], json!([]), "{what}");
        }
        // What is kept under the pseudonym: who is not told, what is.
        let audit = office.get("olga", "audit?limit=100");
        assert!(!audit.body.contains("Notes of dave"), "{}", audit.body);
        let found = audit.json()["items"].as_array().unwrap().clone();
        let erased: Vec<_> = found.iter().filter(|entry| entry["action"] == "erase").collect();
        assert_eq!(erased.len(), 1);
        let pseudonym = erased[0]["object_id"].as_str().unwrap();
        let theirs = office.get("olga", &format!("audit?actor={}", pseudonym.replace('/', "%2F"))).json();
        let actions: Vec<_> = theirs["items"].as_array().unwrap().iter().map(|entry| entry["object_kind"].as_str().unwrap().to_owned()).collect();
        // What dave was refused above, when he asked to be erased, and the two things he did.
        assert_eq!(actions, ["request", "preset", "preferences"]);
        assert!(office.form("bob").contains("Notes of bob"));
        assert_eq!(live(&office, "dave").split('/').next(), Some("presets"), "somebody of that name begins anew");
    }

    async fn whom_the_site_file_names_is_not_erased_behind_its_back(scratch: Scratch) {
        let office = office(&scratch);
        for (name, place) in [("alice", "preset mine"), ("carol", "group physics")] {
            let refused = office.call("root", "DELETE", &format!("users/{name}"), &[], None);
            assert_eq!((refused.status, refused.json()["type"].as_str()), (409, Some("/problems/managed")));
            assert!(refused.json()["detail"].as_str().unwrap().contains(place), "{refused:?}");
        }
        assert_eq!(office.get("alice", "presets/mine").status, 200);
    }

    async fn no_name_of_a_directory_leaves_by_any_door(scratch: Scratch) {
        const CANARY: &str = "ou=canary";
        let site = crate::api::SITE.replace("from: {file: physics}", "from: {ldap: \"cn=physics,ou=canary,dc=example,dc=org\"}");
        let hub = ScriptedHub::start();
        hub.knows("root", model("user", "root", &[ACCESS, "custom:presets:admin"]));
        let store = Store::open(&scratch.url(), 4);
        let service = Running::start_with(store, &site, crate::api::GROUPS, &hub, Arc::new(SystemClock));
        let get = |path: &str| {
            let answer = service.send("GET", &format!("{PREFIX}api/v1/{path}"), &[("authorization", "Bearer root")], "");
            assert_eq!(answer.status, 200, "{path} {answer:?}");
            answer.body
        };
        let mut told = String::new();
        for path in ["me", "groups", "groups/physics", "catalogue", "catalogue/versions", "catalogue/versions/1", "audit?limit=100", "changes", "presets", "users/root/export"] {
            let body = get(path);
            assert!(!body.contains(CANARY), "{path}: {body}");
            told.push_str(&body);
        }
        assert!(told.contains("\"ldap\":\"sha256:"), "the audit still tells two of them apart");
        let groups: Json = serde_json::from_str(&get("groups/physics")).unwrap();
        assert_eq!((&groups["key"], &groups["source"]), (&json!("physics"), &json!("ldap")));
    }
}

#[tokio::test]
async fn only_listed_fields_leave_the_api_about_people_and_groups() {
    // R110: whoever adds a field says here that it may leave.
    let document = serde_json::to_value(jupyterhub_presets::api::specification()).unwrap();
    let fields = |schema: &str| {
        let properties = document["components"]["schemas"][schema]["properties"].as_object();
        let mut names: Vec<_> = properties.unwrap_or_else(|| panic!("{schema}")).keys().cloned().collect();
        names.sort();
        names.join(" ")
    };
    for (schema, expected) in [
        ("Me", "default_preset groups groups_standing kind last_used name rights"),
        ("Group", "checked_at contact is_manager is_member key managers presets source standing title"),
        ("GroupThen", "key source"),
        ("SourceThen", "checked_at source standing"),
        ("Actor", "kind name"),
        (
            "Export",
            "account_made_at changes decisions events last_used name preferences presets sessions versions",
        ),
        ("NamedIn", "key managed places title version"),
        ("EventRole", "audience organiser"),
        (
            "Event",
            "contact created_at key kind last_stop managed may_change may_start message next_change presets public \
             role state title updated_at version windows words written zone",
        ),
    ] {
        assert_eq!(fields(schema), expected, "{schema}");
    }
}
