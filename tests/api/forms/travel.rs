//! Presets that travel: what is not kept is told, old versions come back, links stay at theirs, files are read strictly.

use serde_json::{Value as Json, json};

use super::super::presets::Office;
use super::super::resolve;
use super::{card, office, option, told};
use crate::running::Answer;

fn import(office: &Office, who: &str, yaml: &str) -> Answer {
    office.raw(who, "POST", "presets/import", &[("content-type", "application/yaml")], yaml)
}

fn notes(values: &Json) -> Json {
    json!({ "title": "Notes", "profile": "node", "values": values, "ask": { "cores": { "max": 8 } } })
}

#[track_caller]
fn id_of(made: &Answer) -> String {
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

on_each_database! {
    async fn what_no_preset_keeps_is_left_out_and_listed(scratch: Scratch) {
        let office = office(&scratch);
        let sent = notes(&json!({ "cores": 2, "account": "physics", "note": "x" }));
        let key = [("idempotency-key", "once")];
        let made = office.call("dave", "POST", "presets", &key, Some(&sent));
        let not_saved = json!([
            { "option": "account", "label": "Account", "why": "it is asked at each start, and kept nowhere" },
            { "option": "note", "label": "Note", "why": "it is remembered as what was used last, and kept in no preset" },
        ]);
        assert_eq!((&made.json()["values"], &made.json()["not_saved"]), (&json!({ "cores": 2 }), &not_saved));
        let again = office.call("dave", "POST", "presets", &key, Some(&sent));
        assert_eq!((again.header("idempotency-replayed"), &again.body), (Some("true"), &made.body));
        let path = format!("presets/{}", id_of(&made));
        assert_eq!(told(&office.get("dave", &path)).get("not_saved"), None);
        let changed = told(&office.put("dave", &path, "\"1\"", &notes(&json!({ "account": "chem" }))));
        assert_eq!((&changed["values"], &changed["not_saved"][0]["option"]), (&json!({}), &json!("account")));
        // What is no option is a fault, kept or not.
        assert_eq!(office.post("dave", "presets", &notes(&json!({ "nix": 1, "account": "a" }))).status, 422);
    }

    async fn what_was_used_last_becomes_a_preset(scratch: Scratch) {
        let office = office(&scratch);
        assert_eq!(office.post("alice", "presets/from-last", &json!({})).status, 404, "nothing was used");
        let values = json!({ "walltime": "1h", "memory": "8GB", "tools": ["git"] });
        let start = office.service.hub("resolve", &resolve("alice", &json!({ "preset": "small", "values": values })));
        assert_eq!(start.status, 200, "{start:?}");
        let made = office.post("alice", "presets/from-last", &json!({ "title": "As yesterday" }));
        assert_eq!(made.json()["title"], "As yesterday", "{made:?}");
        assert_eq!(made.json()["values"], json!({ "cores": 2, "walltime": "1h", "memory": "8GB", "tools": ["git"] }));
        assert_eq!(made.json()["owner"], json!({ "kind": "user", "name": "alice" }));
        let open = office.service.hub("resolve", &resolve("dave", &json!({ "preset": "~node", "values": { "cores": 3, "account": "chem", "note": "y" } })));
        assert_eq!(open.status, 200, "{open:?}");
        let made = office.post("dave", "presets/from-last", &json!({}));
        assert_eq!((&made.json()["title"], &made.json()["values"]), (&json!("A node"), &json!({ "cores": 3 })));
        assert_eq!(made.json()["not_saved"][0]["option"], "note", "the account was not even remembered");
        assert_eq!(made.json()["not_saved"].as_array().unwrap().len(), 1);
    }

    async fn a_preset_comes_back_as_it_was(scratch: Scratch) {
        let office = office(&scratch);
        let id = id_of(&office.post("dave", "presets", &notes(&json!({ "cores": 2 }))));
        let path = format!("presets/{id}");
        let mut second = notes(&json!({ "cores": 4, "walltime": "1h" }));
        second["title"] = json!("More");
        assert_eq!(office.put("dave", &path, "\"1\"", &second).status, 200);
        let difference = told(&office.get("dave", &format!("{path}/versions/1/diff/2")));
        assert_eq!(difference, json!({ "before": 1, "after": 2, "changes": [
            { "pointer": "/title", "before": "Notes", "after": "More" },
            { "pointer": "/values/cores", "before": 2, "after": 4 },
            { "pointer": "/values/walltime", "after": "1h" },
        ] }));
        let restore = |version: u8, etag: &str| office.call("dave", "POST", &format!("{path}/versions/{version}/restore"), &[("if-match", etag)], None);
        assert_eq!(restore(1, "\"1\"").status, 412);
        assert_eq!(office.call("dave", "POST", &format!("{path}/versions/1/restore"), &[], None).status, 428);
        assert_eq!(restore(7, "\"2\"").status, 404);
        let back = restore(1, "\"2\"");
        assert_eq!((back.status, back.header("etag")), (200, Some("\"3\"")), "{back:?}");
        assert_eq!((&back.json()["title"], &back.json()["values"]), (&json!("Notes"), &json!({ "cores": 2 })));
        assert_eq!(told(&office.get("dave", &format!("{path}/versions/1/diff/3")))["changes"], json!([]));
        assert_eq!(office.get("dave", &format!("{path}/versions/1/diff/9")).status, 404);
    }

    async fn a_link_stays_at_its_version_and_shows_what_ones_own_limits_change(scratch: Scratch) {
        let office = office(&scratch);
        let group = json!({ "kind": "group", "name": "ai" });
        let mut first = notes(&json!({ "cores": 64, "partition": "gpu" }));
        (first["owner"], first["ask"]) = (group.clone(), json!({}));
        let id = id_of(&office.post("root", "presets", &first));
        let link = told(&office.get("bob", &format!("presets/{id}/share")));
        assert_eq!((&link["link"], &link["card"]), (&json!(format!("/hub/spawn?opt-preset={id}%401")), &json!(format!("{id}@1"))));
        assert_eq!(link["reaches"], "the members of AI School");
        let mut second = notes(&json!({ "cores": 2, "partition": "gpu" }));
        second["owner"] = group;
        assert_eq!(office.put("root", &format!("presets/{id}"), "\"1\"", &second).status, 200);

        let pinned = link["card"].as_str().unwrap();
        let form = told(&office.get("bob", &format!("me/effective?card={id}%401")));
        assert_eq!(form["cards"].as_array().unwrap().len(), 1, "{form}");
        let theirs = card(&form, &id);
        assert_eq!((&theirs["version"], &theirs["state"]), (&json!(1), &json!("adjusted")));
        assert!(theirs["changes"][0].as_str().unwrap().contains("instead of 64 cores"), "{theirs}");
        assert!(!option(theirs, "cores")["because"].as_array().unwrap().is_empty(), "{theirs}");
        // By the link it starts as it was; by its name as it is.
        let of_link = office.service.hub("resolve", &resolve("alice", &json!({ "preset": pinned })));
        assert_eq!((of_link.status, &of_link.json()["preset"]["version"]), (200, &json!(1)), "{of_link:?}");
        let of_name = office.service.hub("resolve", &resolve("alice", &json!({ "preset": id })));
        assert_eq!((of_name.status, &of_name.json()["preset"]["version"]), (200, &json!(2)), "{of_name:?}");
        let tried = told(&office.post("alice", "me/validate", &json!({ "preset": pinned })));
        assert_eq!((&tried["preset"]["version"], &tried["values"]["cores"]), (&json!(1), &json!(64)));
        assert_eq!(told(&office.get("alice", &format!("me/schema?card={id}%401")))["properties"]["preset"], json!({ "const": pinned }));
        // Who may not use the preset gets nothing by its versions, and what never was, is not there.
        for (who, name) in [("dave", pinned.to_owned()), ("alice", format!("{id}@9")), ("alice", format!("{id}@0")), ("alice", "nix@1".to_owned())] {
            let refused = office.service.hub("resolve", &resolve(who, &json!({ "preset": name })));
            assert_eq!(refused.status, 403, "{who} {name}: {refused:?}");
            assert_eq!(office.get(who, &format!("me/effective?card={}", name.replace('@', "%40"))).status, 404, "{who} {name}");
        }
        assert!(told(&office.get("dave", "presets/small/share"))["reaches"] == "everybody");
    }

    async fn a_link_to_a_wider_version_gets_nobody_past_a_narrower_one(scratch: Scratch) {
        let office = crate::api::presets::office(&scratch);
        // One starts there only what presets say.
        let preset = |cores: u16, most: u16| json!({
            "title": "Shared", "profile": "node", "owner": { "kind": "group", "name": "physics" },
            "values": { "cores": cores }, "ask": { "cores": { "max": most } },
        });
        let id = id_of(&office.post("root", "presets", &preset(8, 64)));
        let start = |card: &str| office.post("alice", "me/validate", &json!({ "preset": card }));
        assert_eq!(start(&format!("{id}@1")).json()["values"]["cores"], 8);
        assert_eq!(office.put("root", &format!("presets/{id}"), "\"1\"", &preset(2, 4)).status, 200);
        let by_link = start(&format!("{id}@1"));
        assert_eq!(by_link.status, 422, "{by_link:?}");
        assert!(by_link.body.contains("it has been changed since this link was made"), "{by_link:?}");
        let form = told(&office.get("alice", &format!("me/effective?card={id}%401")));
        assert_eq!(form["cards"][0]["state"], "unavailable", "{form}");
        for card in [id.clone(), format!("{id}@2")] {
            assert_eq!(start(&card).json()["values"]["cores"], 2, "{card}");
        }
    }

    async fn a_preset_goes_through_a_file_unchanged(scratch: Scratch) {
        let office = office(&scratch);
        let mut sent = notes(&json!({ "cores": 2, "walltime": "90min", "tools": ["git", "vim"], "exclusive": true, "share": "1.5" }));
        sent["description"] = json!("First: line\n\t# no comment\nyes");
        sent["ask"] = json!({ "cores": { "max": 8 }, "partition": { "only": ["rome", "gpu"] }, "memory": {} });
        sent["title"] = json!("null");
        let made = office.post("dave", "presets", &sent);
        let exported = office.get("dave", &format!("presets/{}/export", id_of(&made)));
        assert_eq!((exported.status, exported.header("content-type"), exported.header("etag")), (200, Some("application/yaml"), Some("\"1\"")));
        let imported = import(&office, "root", &exported.body);
        assert_eq!(imported.status, 201, "{imported:?}\n{}", exported.body);
        for member in ["title", "description", "profile", "values", "ask"] {
            assert_eq!(imported.json()[member], made.json()[member], "{member}: {}", exported.body);
        }
        assert_eq!(imported.json()["owner"]["name"], "root");
        assert_ne!(imported.json()["id"], made.json()["id"]);
    }

    async fn a_file_that_is_not_in_order_is_refused_once_and_keeps_nothing(scratch: Scratch) {
        let office = office(&scratch);
        let before = office.listed("dave", 100, "");
        let long = format!("title: {}\nprofile: node\n", "x".repeat(70_000));
        let deep = format!("title: a\nprofile: node\nvalues: {{cores: {}1{}}}\n", "[".repeat(1_000), "]".repeat(1_000));
        for (yaml, status) in [
            ("title: a\nprofile: node\ntitle: b\n", 400),
            ("title: a\nprofile: node\nvalues: {cores: 1, cores: 2}\n", 400),
            ("title: &a x\nprofile: *a\n", 400),
            ("title: [\n", 400),
            ("title: a\nprofile: node\n---\ntitle: b\n", 400),
            (deep.as_str(), 400),
            (long.as_str(), 413),
            ("title: a\nprofile: node\ncolour: red\n", 422),
            ("title: a\n", 422),
            ("title: a\nprofile: node\nvalues: {nix: 1}\n", 422),
            ("title: a\nprofile: node\nvalues: {cores: 99999999999999999999}\n", 422),
            ("title: \"a\\0b\"\nprofile: node\n", 422),
            ("title: \"\\u202Egnp.exe\"\nprofile: node\n", 422),
            ("[1]", 422),
            ("", 422),
        ] {
            let refused = import(&office, "dave", yaml);
            assert_eq!(refused.status, status, "{}: {refused:?}", &yaml[..yaml.len().min(60)]);
            assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        }
        let fine = "title: a\nprofile: node\n";
        let wrong = office.raw("dave", "POST", "presets/import", &[("content-type", "application/json")], fine);
        assert_eq!(wrong.status, 415, "{wrong:?}");
        assert_eq!(office.listed("dave", 100, ""), before);
        assert_eq!(import(&office, "dave", fine).status, 201);
    }
}
