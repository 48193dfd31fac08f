//! What people set for themselves: one row each, and whoever saves second is told.

use super::{noon, noon_as_kept};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{self, Actor, By};
use jupyterhub_presets::store::preferences::{self, Kept};
use jupyterhub_presets::store::{Store, StoreError};
use serde_json::{Value, json};

fn name(name: &str) -> Username {
    name.try_into().unwrap()
}

fn by(person: &Username) -> By {
    By { at: noon(), actor: Actor::User(person.clone()), token: None, request_id: None }
}

async fn save(store: &Store, person: &str, document: Value, expected: i64) -> Result<i64, StoreError> {
    let person = name(person);
    store.write(move |conn| preferences::save(conn, &person, &document, expected, &by(&person))).await
}

async fn of(store: &Store, person: &str) -> Option<Kept> {
    let person = name(person);
    store.read(move |conn| preferences::of(conn, &person)).await.unwrap()
}

fn stale(saved: Result<i64, StoreError>) -> i64 {
    match saved {
        Err(StoreError::Stale { current }) => current,
        other => panic!("{other:?}"),
    }
}

on_each_database! {
    async fn what_was_saved_is_read_again_by_its_owner_only(scratch: Scratch) {
        let store = scratch.store().await;
        assert_eq!(of(&store, "alice").await, None);
        assert_eq!(save(&store, "alice", json!({ "hidden": ["rome"] }), 0).await.unwrap(), 1);
        assert_eq!(save(&store, "alice", json!({ "hidden": [] }), 1).await.unwrap(), 2);
        let kept = Kept { document: json!({ "hidden": [] }), version: 2, updated_at: noon_as_kept() };
        assert_eq!(of(&store, "alice").await, Some(kept));
        for other in ["Alice", "alice ", "bob", "alice\n"] {
            assert_eq!(of(&store, other).await, None, "{other:?}");
        }
    }

    async fn whoever_saves_second_is_told_the_version_that_is_there(scratch: Scratch) {
        let store = scratch.store().await;
        assert_eq!(stale(save(&store, "alice", json!({}), 1).await), 0);
        assert_eq!(save(&store, "alice", json!({}), 0).await.unwrap(), 1);
        assert_eq!(stale(save(&store, "alice", json!({ "order": [] }), 0).await), 1);
        assert_eq!(of(&store, "alice").await.unwrap().document, json!({}));
    }

    async fn of_many_who_save_at_once_one_wins_each_round(scratch: Scratch) {
        let store = scratch.store().await;
        for round in 0..3 {
            let mut tabs = tokio::task::JoinSet::new();
            for tab in 0..16 {
                let store = store.clone();
                tabs.spawn(async move { save(&store, "alice", json!({ "order": [format!("{round}-{tab}")] }), round).await });
            }
            let outcomes = tabs.join_all().await;
            let winners = outcomes.iter().filter(|saved| matches!(saved, Ok(version) if *version == round + 1)).count();
            let losers = outcomes.into_iter().filter(Result::is_err).map(stale).filter(|current| *current == round + 1).count();
            assert_eq!((winners, losers), (1, 15));
        }
        assert_eq!(scratch.count("audit"), 3);
    }

    async fn each_change_has_its_audit_row_and_the_same_again_has_none(scratch: Scratch) {
        let store = scratch.store().await;
        save(&store, "alice", json!({ "order": ["a"] }), 0).await.unwrap();
        assert_eq!(save(&store, "alice", json!({ "order": ["a"] }), 1).await.unwrap(), 1);
        save(&store, "alice", json!({ "order": ["b"] }), 1).await.unwrap();
        let entries = store.read(|conn| audit::since(conn, 0, 10)).await.unwrap();
        let seen: Vec<_> = entries.into_iter().map(|(_, entry)| (entry.action, entry.object_id, entry.version, entry.before, entry.after)).collect();
        let document = |id: &str| Some(json!({ "order": [id] }));
        assert_eq!(seen, [
            ("add".to_owned(), "alice".to_owned(), 1, None, document("a")),
            ("change".to_owned(), "alice".to_owned(), 2, document("a"), document("b")),
        ]);
    }
}
