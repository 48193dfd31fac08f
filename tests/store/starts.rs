//! What is kept of each start: the decision, and what the person chose.

use super::{noon, noon_as_kept};
use chrono::TimeDelta;
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::person::Person;
use jupyterhub_presets::store::selections::{self, Selection};
use jupyterhub_presets::store::{Store, StoreError};
use serde_json::json;

fn alice() -> Username {
    "alice".try_into().unwrap()
}

fn given() -> Decision {
    Decision {
        id: Decision::id_at(noon()),
        at: noon(),
        person: alice(),
        server_name: "gpu".into(),
        asked: json!({ "preset": "pytorch" }),
        outcome: Outcome::Given(json!({ "traits": { "mem_limit": 1 } })),
        reasons: json!(["physics"]),
        request_id: Some("r1".into()),
    }
}

fn selection(context: &str, preset: &str, minutes: i64) -> Selection {
    Selection {
        person: alice(),
        server_name: "gpu".into(),
        context: context.into(),
        preset: preset.into(),
        chosen_values: json!({ "walltime": "4h" }),
        at: noon_as_kept() + TimeDelta::minutes(minutes),
    }
}

async fn last(store: &Store, server_name: &'static str) -> Option<Selection> {
    store.person(&alice()).await.unwrap().last_on(server_name).cloned()
}

on_each_database! {
    async fn a_start_is_kept_with_its_selection(scratch: Scratch) {
        let store = scratch.store().await;
        store.record_start(given(), Some(selection("physics", "pytorch", 0))).await.unwrap();
        let kept = store.read(|conn| decisions::latest_of(conn, &alice(), 10)).await.unwrap();
        assert_eq!(kept, [Decision { at: noon_as_kept(), id: kept[0].id, ..given() }]);
        assert_eq!(last(&store, "gpu").await, Some(selection("physics", "pytorch", 0)));
        assert_eq!(last(&store, "").await, None);
        let id = kept[0].id;
        assert_eq!(store.read(move |conn| decisions::find(conn, id)).await.unwrap(), kept[0]);
    }

    async fn a_refusal_is_kept_without_a_selection(scratch: Scratch) {
        let store = scratch.store().await;
        let refused = Decision { at: noon_as_kept(), outcome: Outcome::Refused, request_id: None, ..given() };
        store.record_start(refused.clone(), None).await.unwrap();
        assert_eq!(store.read(|conn| decisions::latest_of(conn, &alice(), 10)).await.unwrap(), [refused]);
        assert_eq!(last(&store, "gpu").await, None);
    }

    async fn a_decision_that_cannot_be_kept_keeps_no_selection_either(scratch: Scratch) {
        let store = scratch.store().await;
        let first = given();
        store.record_start(first.clone(), None).await.unwrap();
        let error = store.record_start(first, Some(selection("", "rome", 1))).await.unwrap_err();
        assert!(matches!(error, StoreError::Duplicate(_)), "{error:?}");
        assert_eq!(last(&store, "gpu").await, None);
        let long = Selection { context: "c".repeat(513), ..selection("", "rome", 1) };
        let error = store.record_start(given(), Some(long)).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        assert_eq!(store.read(|conn| decisions::latest_of(conn, &alice(), 10)).await.unwrap().len(), 1);
    }

    async fn the_last_selection_of_a_place_stands(scratch: Scratch) {
        let store = scratch.store().await;
        for chosen in [selection("physics", "pytorch", 0), selection("", "rome", 1), selection("physics", "pytorch-2", 2)] {
            store.change_person(&alice(), move |conn| selections::remember(conn, &chosen)).await.unwrap();
        }
        assert_eq!(last(&store, "gpu").await, Some(selection("physics", "pytorch-2", 2)));
        let later = selection("", "rome", 3);
        store.change_person(&alice(), move |conn| selections::remember(conn, &later)).await.unwrap();
        assert_eq!(last(&store, "gpu").await, Some(selection("", "rome", 3)));
    }

    async fn nobody_sees_what_another_person_started(scratch: Scratch) {
        let store = scratch.store().await;
        store.record_start(given(), Some(selection("", "rome", 0))).await.unwrap();
        for name in ["Alice", "alice ", "ali", "alice\n"] {
            let other: Username = name.try_into().unwrap();
            assert_eq!(store.person(&other).await.unwrap(), Person::default(), "{name:?}");
            let found = store.read(move |conn| decisions::latest_of(conn, &other, 1)).await;
            assert_eq!(found.unwrap(), [], "{name:?}");
        }
    }

    async fn sixty_four_starts_at_once_are_all_kept(scratch: Scratch) {
        let store = scratch.store().await;
        let mut starts = tokio::task::JoinSet::new();
        for n in 0..64 {
            let store = store.clone();
            starts.spawn(async move { store.record_start(given(), Some(selection("", &format!("p{n}"), n))).await });
        }
        for start in starts.join_all().await {
            start.unwrap();
        }
        assert_eq!(store.read(|conn| decisions::latest_of(conn, &alice(), 100)).await.unwrap().len(), 64);
        assert!(last(&store, "gpu").await.is_some());
    }

    async fn moments_sort_to_the_microsecond(scratch: Scratch) {
        let store = scratch.store().await;
        let offsets = [0, 1, 1_000, 500_000, 1_000_000];
        for offset in offsets {
            let at = noon_as_kept() + TimeDelta::microseconds(offset);
            store.record_start(Decision { at, id: Decision::id_at(at), ..given() }, None).await.unwrap();
        }
        let kept = store.read(|conn| decisions::latest_of(conn, &alice(), 10)).await.unwrap();
        let seen: Vec<_> = kept.iter().rev().filter_map(|decision| (decision.at - noon_as_kept()).num_microseconds()).collect();
        assert_eq!(seen, offsets);
    }
}

#[test]
fn ids_of_decisions_sort_by_time() {
    let ids: Vec<_> =
        (0..5).map(|n| Decision::id_at(noon() + TimeDelta::milliseconds(n)).to_string()).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_ne!(Decision::id_at(noon()), Decision::id_at(noon()));
}
