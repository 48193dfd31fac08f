//! What is one's own, through the API: and that it is nobody else's.

mod erasure;
mod records;

use serde_json::{Value as Json, json};

use super::presets::{Office, office};
use super::resolve;
use crate::running::Answer;

fn prefer(office: &Office, who: &str, etag: &str, body: &Json) -> Answer {
    office.put(who, "me/preferences", etag, body)
}

fn start(office: &Office, who: &str, options: &Json) -> Json {
    let answer = office.service.hub("resolve", &resolve(who, options));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn pointers(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

on_each_database! {
    async fn me_says_who_one_is_here(scratch: Scratch) {
        let office = office(&scratch);
        let alice = office.get("alice", "me").json();
        assert_eq!((&alice["name"], &alice["kind"], &alice["rights"]), (&json!("alice"), &json!("user"), &json!([])));
        assert_eq!((&alice["default_preset"], &alice["last_used"]), (&json!("small"), &json!([])));
        let [group] = alice["groups"].as_array().unwrap().as_slice() else { panic!("{alice}") };
        assert_eq!((&group["key"], &group["title"], &group["source"]), (&json!("physics"), &json!("Physics"), &json!("file")));
        assert_eq!((&group["is_member"], &group["standing"]), (&json!(true), &json!("fresh")));
        assert!(group.get("managers").is_none(), "who manages it is not for each member to know: {group}");
        start(&office, "alice", &json!({ "preset": "gpu", "values": { "walltime": "1h" } }));
        let last = office.get("alice", "me").json()["last_used"].clone();
        assert_eq!((&last[0]["preset"], &last[0]["values"], &last[0]["server_name"]), (&json!("gpu"), &json!({ "walltime": "1h" }), &json!("")));
        assert_eq!(office.get("root", "me").json()["rights"], json!(["read", "events", "admin", "resolve"]));
        assert_eq!(office.get("olga", "me").json()["rights"], json!(["read"]));
        assert_eq!(office.get("olga", "me").json()["groups"], json!([]), "reading everybody's makes nobody a member");
    }

    async fn a_service_owns_nothing_and_is_nobody_of_its_name(scratch: Scratch) {
        let office = office(&scratch);
        prefer(&office, "alice", "\"0\"", &json!({ "default": "gpu" }));
        start(&office, "alice", &json!({ "preset": "gpu" }));
        let me = office.get("service-alice", "me").json();
        assert_eq!((&me["kind"], &me["groups"], &me["last_used"], &me["default_preset"]), (&json!("service"), &json!([]), &json!([]), &json!("small")));
        for (method, path) in [("GET", "me/preferences"), ("GET", "me/selections"), ("DELETE", "me/selections")] {
            assert_eq!(office.call("service-alice", method, path, &[], None).status, 403, "{method} {path}");
        }
        assert_eq!(prefer(&office, "service-alice", "\"1\"", &json!({})).status, 403);
        assert_eq!(office.get("service-alice", "groups").json()["items"], json!([]));
        for path in ["groups/physics", "users/alice/export"] {
            assert_eq!(office.get("service-alice", path).status, 404, "{path}");
        }
        assert_eq!(office.get("alice", "me/selections").json()["items"].as_array().unwrap().len(), 1);
    }

    async fn preferences_are_kept_and_change_the_form_at_once(scratch: Scratch) {
        let office = office(&scratch);
        let first = office.get("alice", "me/preferences");
        assert_eq!((first.status, first.header("etag"), &first.json()["version"]), (200, Some("\"0\""), &json!(0)));
        assert!(office.form("alice").contains("value=\"mine\""));
        let body = json!({ "default": "gpu", "order": ["~desk", "small"], "hidden": ["mine"], "servers": { "night": "small" } });
        let kept = prefer(&office, "alice", "\"0\"", &body);
        assert_eq!((kept.status, kept.header("etag")), (200, Some("\"1\"")), "{kept:?}");
        let mut expected = body.clone();
        expected["version"] = json!(1);
        expected["unavailable"] = json!([]);
        assert_eq!(kept.json(), expected);
        assert_eq!(office.get("alice", "me/preferences").json(), expected);
        let form = office.form("alice");
        assert!(!form.contains("value=\"mine\"") && form.contains("Your default"), "{form}");
        assert_eq!(office.get("alice", "me").json()["default_preset"], "gpu");
        assert_eq!(start(&office, "alice", &json!({}))["preset"]["id"], "gpu");
        assert_eq!(start(&office, "alice", &json!({ "preset": "mine" }))["preset"]["id"], "mine", "hiding is for the eye");
        let night = office.service.hub("resolve", &json!({ "protocol": 1, "user": "alice", "server_name": "night", "options": {} }));
        assert_eq!(night.json()["preset"]["id"], "small");
        assert!(!office.form("bob").contains("Last used") && !office.form("bob").contains("Your default"));
        assert_eq!(start(&office, "bob", &json!({}))["preset"]["id"], "small");
    }

    async fn a_change_of_preferences_says_what_it_changes(scratch: Scratch) {
        let office = office(&scratch);
        let missing = office.call("alice", "PUT", "me/preferences", &[], Some(&json!({})));
        assert_eq!(missing.status, 428);
        assert_eq!(prefer(&office, "alice", "\"0\"", &json!({ "default": "gpu" })).status, 200);
        let stale = prefer(&office, "alice", "\"0\"", &json!({ "default": "small" }));
        assert_eq!((stale.status, stale.header("etag"), &stale.json()["current"]), (412, Some("\"1\""), &json!(1)));
        assert_eq!(office.get("alice", "me/preferences").json()["default"], "gpu");
        for (body, pointer) in [
            (json!({ "default": "nothing" }), "/default"),
            (json!({ "order": ["gpu", "gpu"] }), "/order/1"),
            (json!({ "servers": { "x": "nothing" } }), "/servers/x"),
            (json!({ "servers": { "": "gpu" } }), "/servers/"),
            (json!({ "default": "gpu", "hidden": ["gpu"] }), "/default"),
        ] {
            let refused = prefer(&office, "alice", "\"1\"", &body);
            assert_eq!((refused.status, pointers(&refused)), (422, vec![pointer.to_owned()]), "{body}");
        }
        assert_eq!(prefer(&office, "alice", "\"1\"", &json!({ "colour": "blue" })).status, 422);
        assert_eq!(prefer(&office, "alice", "\"1\"", &json!({ "order": vec!["x"; 257] })).status, 422);
    }

    async fn what_one_cannot_see_one_cannot_name_and_what_is_gone_is_marked(scratch: Scratch) {
        let office = office(&scratch);
        let refused = prefer(&office, "dave", "\"0\"", &json!({ "order": ["gpu", "mine"] }));
        assert_eq!((refused.status, pointers(&refused)), (422, vec!["/order/0".to_owned(), "/order/1".to_owned()]));
        let own = office.made("dave", &json!({ "title": "Own", "profile": "node" }));
        let id = own.strip_prefix("presets/").unwrap();
        assert_eq!(prefer(&office, "dave", "\"0\"", &json!({ "default": id, "order": [id, "small"] })).status, 200);
        assert_eq!(start(&office, "dave", &json!({}))["preset"]["id"], id);
        assert_eq!(office.delete("dave", &own, "\"1\"").status, 204);
        let set = office.get("dave", "me/preferences").json();
        assert_eq!((&set["default"], &set["unavailable"]), (&json!(id), &json!([id])));
        let kept = prefer(&office, "dave", "\"1\"", &json!({ "default": id, "order": ["small", id] }));
        assert_eq!((kept.status, &kept.json()["unavailable"]), (200, &json!([id])), "what was named before may stay");
        let started = start(&office, "dave", &json!({}));
        assert_eq!(started["preset"]["id"], "small");
        assert!(started["message"].as_str().unwrap().contains("is no longer there"), "{started}");
    }

    async fn what_was_started_last_is_listed_and_forgotten(scratch: Scratch) {
        let office = office(&scratch);
        start(&office, "alice", &json!({ "preset": "gpu" }));
        office.service.hub("resolve", &json!({ "protocol": 1, "user": "alice", "server_name": "night", "options": { "preset": "small" } }));
        start(&office, "bob", &json!({ "preset": "small" }));
        let all = office.get("alice", "me/selections").json();
        let servers: Vec<_> = all["items"].as_array().unwrap().iter().map(|item| item["server_name"].as_str().unwrap()).collect();
        assert_eq!((servers, &all["next"]), (vec!["night", ""], &json!(null)));
        assert!(office.form("alice").contains("Last used"));
        assert_eq!(office.call("alice", "DELETE", "me/selections", &[], None).status, 204);
        assert_eq!(office.call("alice", "DELETE", "me/selections", &[], None).status, 204);
        assert_eq!(office.get("alice", "me/selections").json()["items"], json!([]));
        assert!(!office.form("alice").contains("Last used"));
        assert_eq!(office.get("bob", "me/selections").json()["items"].as_array().unwrap().len(), 1);
    }

    async fn groups_are_those_one_is_in_or_manages(scratch: Scratch) {
        let office = office(&scratch);
        let keys = |who| {
            let items = office.get(who, "groups").json()["items"].clone();
            items.as_array().unwrap().iter().map(|group| group["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for (who, expected) in [("alice", &["physics"][..]), ("carol", &["physics"]), ("dave", &[]), ("olga", &["chemistry", "physics"]), ("root", &["chemistry", "physics"]), ("robot", &["chemistry", "physics"])] {
            assert_eq!(keys(who), expected, "{who}");
        }
        assert_eq!(office.get("alice", "groups/physics").json()["presets"], 1);
        for who in ["carol", "olga", "root"] {
            assert_eq!(office.get(who, "groups/physics").json()["managers"], json!(["carol"]), "{who}");
        }
        let carol = office.get("carol", "groups/physics").json();
        assert_eq!((&carol["is_member"], &carol["is_manager"], carol.get("standing")), (&json!(false), &json!(true), None));
        let first = office.get("olga", "groups?limit=1").json();
        let next = office.get("olga", &format!("groups?limit=1&cursor={}", first["next"].as_str().unwrap())).json();
        assert_eq!((&next["items"][0]["key"], &next["next"]), (&json!("physics"), &json!(null)));
    }

    async fn a_group_that_is_not_ones_own_is_not_there(scratch: Scratch) {
        let office = office(&scratch);
        let body = |who, path: &str| {
            let answer = office.get(who, path);
            assert_eq!(answer.status, 404, "{who} {path}");
            let mut body = answer.json();
            for told in ["request_id", "instance"] {
                body.as_object_mut().unwrap().remove(told);
            }
            body
        };
        assert_eq!(body("dave", "groups/physics"), body("dave", "groups/nowhere"));
        assert_eq!(body("alice", "groups/chemistry"), body("alice", "groups/..%2f"));
        assert_eq!(body("dave", "users/alice/export"), body("dave", "users/nobody/export"));
    }

    async fn the_catalogue_is_told_without_what_the_hub_is_told(scratch: Scratch) {
        let office = office(&scratch);
        let answer = office.get("dave", "catalogue");
        assert_eq!((answer.status, answer.header("etag")), (200, Some("\"1\"")));
        let catalogue = answer.json();
        assert_eq!(catalogue["options"]["cores"], json!({ "type": "integer", "label": "CPU cores", "unit": "cores", "min": 1, "max": 128, "step": 1, "default": 1, "persist": "always" }));
        assert_eq!(catalogue["options"]["share"]["min"], "0.5");
        assert_eq!(catalogue["options"]["partition"]["choices"][1], json!({ "value": "gpu", "label": "NVIDIA A100" }));
        assert_eq!(catalogue["backends"], json!({ "local": { "spawner": "local" } }));
        assert!(!answer.body.contains("mem_limit") && !answer.body.contains("walltime:slurm"));
        let unchanged = office.call("dave", "GET", "catalogue", &[("if-none-match", "\"1\"")], None);
        assert_eq!((unchanged.status, unchanged.body.as_str(), unchanged.header("etag")), (304, "", Some("\"1\"")));
        assert_eq!(office.call("dave", "GET", "catalogue", &[("if-none-match", "\"2\"")], None).status, 200);
    }

    async fn old_catalogues_are_for_whoever_reads_everything(scratch: Scratch) {
        let office = office(&scratch);
        for path in ["catalogue/versions", "catalogue/versions/1"] {
            assert_eq!(office.get("alice", path).status, 403, "{path}");
        }
        let list = office.get("olga", "catalogue/versions").json();
        assert_eq!((&list["items"][0]["version"], &list["items"][0]["applied_by"], &list["next"]), (&json!(1), &json!("test"), &json!(null)));
        assert!(list["items"][0].get("document").is_none());
        let one = office.get("olga", "catalogue/versions/1").json();
        assert!(one["document"]["options"].to_string().contains("CPU cores"), "{one}");
        for (path, status) in [("catalogue/versions/2", 404), ("catalogue/versions/x", 404), ("catalogue/versions?limit=0", 400)] {
            assert_eq!(office.get("olga", path).status, status, "{path}");
        }
    }
}
