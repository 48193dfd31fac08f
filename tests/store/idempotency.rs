//! A create that is sent twice is done once.

use super::noon;
use chrono::{DateTime, TimeDelta, Utc};
use jupyterhub_presets::store::idempotency::{self, Attempt, KEPT_FOR, Known};
use jupyterhub_presets::store::{Store, StoreError};
use serde_json::{Value, json};

fn attempt(principal: &str, key: &str, digest: char) -> Attempt {
    Attempt {
        principal_kind: "user".to_owned(),
        principal: principal.to_owned(),
        key: key.to_owned(),
        route: "POST presets".to_owned(),
        digest: digest.to_string().repeat(64),
    }
}

async fn keep(store: &Store, attempt: &Attempt, reply: Value, now: DateTime<Utc>) -> Result<(), StoreError> {
    let attempt = attempt.clone();
    store.write(move |conn| idempotency::keep(conn, &attempt, reply.clone(), now)).await
}

async fn known(store: &Store, attempt: &Attempt, now: DateTime<Utc>) -> Known {
    let attempt = attempt.clone();
    store.read(move |conn| idempotency::known(conn, &attempt, now)).await.unwrap()
}

on_each_database! {
    async fn an_answer_is_found_by_the_same_attempt_and_no_other(scratch: Scratch) {
        let store = scratch.store().await;
        let first = attempt("alice", "k", 'a');
        assert_eq!(known(&store, &first, noon()).await, Known::No);
        keep(&store, &first, json!({ "id": "x" }), noon()).await.unwrap();
        assert_eq!(known(&store, &first, noon()).await, Known::Answered(json!({ "id": "x" })));
        assert_eq!(known(&store, &attempt("alice", "k", 'b'), noon()).await, Known::Reused);
        let elsewhere = Attempt { route: "POST presets/x/copy".to_owned(), ..first.clone() };
        assert_eq!(known(&store, &elsewhere, noon()).await, Known::Reused);
        assert_eq!(known(&store, &attempt("bob", "k", 'a'), noon()).await, Known::No);
        let service = Attempt { principal_kind: "service".to_owned(), ..first.clone() };
        assert_eq!(known(&store, &service, noon()).await, Known::No);
    }

    async fn an_answer_is_kept_for_a_day(scratch: Scratch) {
        let store = scratch.store().await;
        let first = attempt("alice", "k", 'a');
        keep(&store, &first, json!(1), noon()).await.unwrap();
        let almost = noon() + KEPT_FOR - TimeDelta::seconds(1);
        assert_eq!(known(&store, &first, almost).await, Known::Answered(json!(1)));
        assert_eq!(known(&store, &first, noon() + KEPT_FOR).await, Known::No);
        // The key is free again, and what is old goes.
        keep(&store, &attempt("alice", "k", 'b'), json!(2), noon() + KEPT_FOR).await.unwrap();
        assert_eq!(known(&store, &first, noon() + KEPT_FOR).await, Known::Reused);
    }

    async fn who_is_forgotten_has_no_answers(scratch: Scratch) {
        let store = scratch.store().await;
        for (name, key) in [("alice", "1"), ("alice", "2"), ("bob", "1")] {
            keep(&store, &attempt(name, key, 'a'), json!({}), noon()).await.unwrap();
        }
        let gone = store.write(|conn| idempotency::forget(conn, "user", "alice")).await.unwrap();
        assert_eq!(gone, 2);
        assert_eq!(known(&store, &attempt("bob", "1", 'a'), noon()).await, Known::Answered(json!({})));
    }

    async fn limits_hold_for_whoever_writes(scratch: Scratch) {
        let store = scratch.store().await;
        for wrong in [
            attempt("", "k", 'a'),
            attempt("alice", "", 'a'),
            attempt("alice", &"k".repeat(129), 'a'),
            Attempt { digest: "short".to_owned(), ..attempt("alice", "k", 'a') },
            Attempt { principal_kind: "nobody".to_owned(), ..attempt("alice", "k", 'a') },
        ] {
            let error = keep(&store, &wrong, json!({}), noon()).await.unwrap_err();
            assert!(matches!(error, StoreError::Refused(_)), "{wrong:?}: {error:?}");
        }
    }
}
