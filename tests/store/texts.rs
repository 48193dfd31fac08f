//! Names and texts mean the same on both databases: compared by bytes, kept whole or refused.

use super::{noon, preset, small_site};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::selections::{self, Selection};
use jupyterhub_presets::store::site::{self, Owner};
use jupyterhub_presets::store::{StoreError, revision};
use serde_json::{Value, json};

const NAMES: [&str; 9] =
    ["B", "a", "a\nb", "a/b", "a\u{202E}b", "e\u{301}", "z' OR '1'='1", "\u{e9}", "\u{1F600}"];

fn decision(server_name: &str, asked: Value) -> Decision {
    Decision {
        id: Decision::id_at(noon()),
        at: noon(),
        person: "alice".try_into().unwrap(),
        server_name: server_name.to_owned(),
        asked,
        outcome: Outcome::Refused,
        reasons: json!([]),
        request_id: None,
    }
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

on_each_database! {
    async fn names_sort_by_bytes_and_composed_is_not_decomposed(scratch: Scratch) {
        let store = scratch.store().await;
        let mut new = small_site();
        new.presets = NAMES.iter().rev().map(|id| preset(id, Owner::Site, json!({ "title": id }))).collect();
        store.write(move |conn| site::replace(conn, &new, "root", noon())).await.unwrap();
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.presets.iter().map(|preset| preset.id.as_str()).collect::<Vec<_>>(), NAMES);
        assert!(rows.presets.iter().all(|preset| preset.document == json!({ "title": preset.id })));
    }

    async fn documents_come_back_letter_by_letter(scratch: Scratch) {
        let store = scratch.store().await;
        let texts = [
            r#"[["b",1],["a",2]]"#, r#"{"aa":1,"b":[]}"#, "1e300", "0.1", "-0.0", "100.0", "18446744073709551615",
            "-9223372036854775808", "null", r#""\\u0000 \u0001 \n é 😀""#,
        ];
        for text in texts {
            let asked: Value = serde_json::from_str(text).unwrap();
            let kept = Decision { asked: asked.clone(), ..decision("", json!(null)) };
            let id = kept.id;
            store.record_start(kept, None).await.unwrap();
            let found = store.read(move |conn| decisions::find(conn, id)).await.unwrap();
            assert_eq!(found.asked.to_string(), asked.to_string());
        }
    }

    async fn people_with_similar_names_are_different_people(scratch: Scratch) {
        let store = scratch.store().await;
        let long = "n".repeat(Username::LONGEST);
        let names: Vec<Username> = NAMES.iter().copied().chain([long.as_str()]).map(|name| name.try_into().unwrap()).collect();
        for name in &names {
            let kept = Selection {
                person: name.clone(), server_name: "s".repeat(1020), context: "c".repeat(512), preset: "p".into(),
                chosen_values: json!({ "whose": name.as_str() }), at: noon(),
            };
            store.write(move |conn| selections::remember(conn, &kept)).await.unwrap();
        }
        for name in names {
            let whose = json!({ "whose": name.as_str() });
            let found = store.person(&name).await.unwrap();
            let last = found.last_on(&"s".repeat(1020));
            assert_eq!(last.map(|selection| &selection.chosen_values), Some(&whose));
        }
    }

    async fn a_nul_is_refused_wherever_it_stands(scratch: Scratch) {
        let store = scratch.store().await;
        for decision in [decision("a\0b", json!(null)), decision("", json!({ "a": ["x\0"] })), decision("", json!({ "\0": 1 }))] {
            let error = store.record_start(decision, None).await.unwrap_err();
            assert!(matches!(&error, StoreError::Refused(text) if text.contains("U+0000")), "{error:?}");
        }
        let mut new = small_site();
        new.presets.push(preset("a\0b", Owner::Site, json!({})));
        let error = store.write(move |conn| site::replace(conn, &new, "root", noon())).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        assert_eq!(store.read(revision::current).await.unwrap(), 0);
        // The characters backslash, u, 0, 0, 0, 0 are a text like any other.
        store.record_start(decision("", json!("\\u0000")), None).await.unwrap();
    }

    async fn what_could_not_be_read_again_is_not_written(scratch: Scratch) {
        let store = scratch.store().await;
        store.record_start(decision("", nested(100)), None).await.unwrap();
        let error = store.record_start(decision("", nested(101)), None).await.unwrap_err();
        assert!(matches!(&error, StoreError::Refused(text) if text.contains("nested")), "{error:?}");
        let alice: Username = "alice".try_into().unwrap();
        let kept = store.read(move |conn| decisions::latest_of(conn, &alice, 9)).await.unwrap();
        assert_eq!(kept.iter().map(|decision| &decision.asked).collect::<Vec<_>>(), [&nested(100)]);
    }

    async fn the_tables_themselves_refuse_what_the_service_never_writes(scratch: Scratch) {
        let store = scratch.store().await;
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        for statement in [
            "UPDATE presets SET owner_kind = 'planet'",
            "UPDATE presets SET owner = '' WHERE owner_kind = 'user'",
            "UPDATE presets SET version = 0",
            "UPDATE presets SET document = 'no json'",
            "UPDATE presets SET document = NULL",
            "UPDATE presets SET id = 'rome'",
            "UPDATE revision SET number = -1",
            "INSERT INTO revision (id, number) VALUES (2, 0)",
            "UPDATE site_groups SET key = ''",
        ] {
            scratch.sql(statement).expect_err(statement);
        }
    }
}
