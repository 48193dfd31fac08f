//! What is remembered of people: never older than what was acknowledged, and not for long older than the database.

use std::time::Duration;

use super::noon;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::decisions::{Decision, Outcome};
use jupyterhub_presets::store::selections::{self, Selection};
use jupyterhub_presets::store::{Store, StoreError};
use serde_json::json;

/// People whose changes the tables do not tell apart: their names have one hash.
const ONE_SLOT: [&str; 3] = ["alice", "p7708", "p103261"];

fn name(text: &str) -> Username {
    text.try_into().unwrap()
}

fn selection(person: &Username, number: i64) -> Selection {
    Selection {
        person: person.clone(),
        server_name: String::new(),
        context: String::new(),
        preset: format!("p{number}"),
        chosen_values: json!({ "number": number }),
        at: noon() + chrono::TimeDelta::seconds(number),
    }
}

/// A start of the preset with that number.
async fn start(store: &Store, person: &Username, number: i64) -> Result<(), StoreError> {
    let decision = Decision {
        id: Decision::id_at(noon()),
        at: noon(),
        person: person.clone(),
        server_name: String::new(),
        asked: json!(null),
        outcome: Outcome::Given(json!({})),
        reasons: json!([]),
        request_id: None,
    };
    store.record_start(decision, Some(selection(person, number))).await
}

/// The number of the preset that was started last; 0 for none.
async fn last(store: &Store, person: &Username) -> i64 {
    let kept = store.person(person).await.unwrap();
    kept.last_on("").map_or(0, |selection| selection.chosen_values["number"].as_i64().unwrap())
}

on_each_database! {
    async fn nobody_is_told_less_than_was_acknowledged(scratch: Scratch) {
        let store = scratch.store().await;
        let mut tasks = tokio::task::JoinSet::new();
        for person in 0..4 {
            let person = name(&format!("p{person}"));
            let (acknowledged, mut seen) = tokio::sync::watch::channel(0);
            let writer = (store.clone(), person.clone());
            tasks.spawn(async move {
                for number in 1..=40 {
                    start(&writer.0, &writer.1, number).await.unwrap();
                    acknowledged.send_replace(number);
                    assert!(last(&writer.0, &writer.1).await >= number);
                }
            });
            for _ in 0..3 {
                let (store, person, mut seen) = (store.clone(), person.clone(), seen.clone());
                tasks.spawn(async move {
                    let mut before = 0;
                    while before < 40 {
                        let least = *seen.borrow_and_update();
                        let now = last(&store, &person).await;
                        assert!(now >= least.max(before), "{now} after {least} was acknowledged and {before} told");
                        before = now;
                        tokio::task::yield_now().await;
                    }
                });
            }
            let store = store.clone();
            tasks.spawn(async move {
                // What others do comes in between all the time.
                while seen.changed().await.is_ok() {
                    store.notice_changes().await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    }

    async fn a_change_by_another_process_is_told_after_the_next_notice(scratch: Scratch) {
        let (here, there) = (scratch.store().await, scratch.store().await);
        let (alice, bob) = (name("alice"), name("bob"));
        for store in [&here, &there] {
            store.notice_changes().await.unwrap();
            assert_eq!((last(store, &alice).await, last(store, &bob).await), (0, 0), "remembered as having nothing");
        }
        for number in 1..5 {
            start(&there, &alice, number).await.unwrap();
            here.notice_changes().await.unwrap();
            assert_eq!(last(&here, &alice).await, number);
            start(&here, &bob, number).await.unwrap();
            there.notice_changes().await.unwrap();
            assert_eq!(last(&there, &bob).await, number);
        }
    }

    async fn who_did_not_change_stays_remembered(scratch: Scratch) {
        let (here, there) = (scratch.store().await, scratch.store().await);
        let (alice, bob) = (name("alice"), name("bob"));
        for person in [&alice, &bob] {
            start(&here, person, 1).await.unwrap();
        }
        here.notice_changes().await.unwrap();
        assert_eq!((last(&here, &alice).await, last(&here, &bob).await), (1, 1));
        // Behind everybody's back, so that only who reads anew would see it.
        let number_two = if scratch.is_postgres() { "'{\"number\": 2}'::json" } else { "'{\"number\": 2}'" };
        scratch.sql(&format!("UPDATE selections SET chosen_values = {number_two}")).unwrap();
        start(&there, &alice, 3).await.unwrap();
        for _ in 0..3 {
            here.notice_changes().await.unwrap();
        }
        assert_eq!((last(&here, &alice).await, last(&here, &bob).await), (3, 1));
    }

    async fn who_did_not_change_stays_remembered_beside_a_transaction_that_lasts(scratch: Scratch) {
        let (here, there) = (scratch.store().await, scratch.store().await);
        let (alice, bob) = (name("alice"), name("bob"));
        // A backup, perhaps: for as long as it takes, everything since is told again and again.
        let mut lasting = scratch.is_postgres().then(|| PgConnection::establish(&scratch.address()).unwrap());
        lasting.iter_mut().for_each(|conn| conn.batch_execute("BEGIN; SELECT txid_current()").unwrap());
        start(&here, &alice, 1).await.unwrap();
        start(&there, &bob, 1).await.unwrap();
        here.notice_changes().await.unwrap();
        start(&there, &alice, 2).await.unwrap();
        here.notice_changes().await.unwrap();
        assert_eq!((last(&here, &alice).await, last(&here, &bob).await), (2, 1));
        // Behind everybody's back, so that only who reads anew would see it.
        scratch.sql("DELETE FROM selections").unwrap();
        for _ in 0..3 {
            here.notice_changes().await.unwrap();
            assert_eq!((last(&here, &alice).await, last(&here, &bob).await), (2, 1));
        }
    }

    async fn who_started_here_and_who_shares_a_slot_with_them_are_not_read_anew(scratch: Scratch) {
        let here = scratch.store().await;
        let people = ONE_SLOT.map(name);
        here.notice_changes().await.unwrap();
        for person in &people {
            assert_eq!(last(&here, person).await, 0, "remembered as having nothing");
        }
        for number in 1..3 {
            start(&here, &people[0], number).await.unwrap();
            here.notice_changes().await.unwrap();
        }
        // Behind everybody's back, so that only who reads anew would see it.
        scratch.sql("DELETE FROM selections").unwrap();
        for _ in 0..3 {
            here.notice_changes().await.unwrap();
            assert_eq!(last(&here, &people[0]).await, 2);
        }
        start(&here, &people[1], 7).await.unwrap();
        assert_eq!((last(&here, &people[0]).await, last(&here, &people[1]).await), (2, 7));
    }

    async fn whoever_shares_a_slot_with_others_is_never_told_less_than_was_noticed(scratch: Scratch) {
        let stores = [scratch.store().await, scratch.store().await, scratch.store().await];
        let people = ONE_SLOT.map(name);
        let mut truth = [0; 3];
        let mut dice = 0x9E37_79B9_u64;
        for number in 1..=150 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let [which, who, notices] = [33, 41, 49].map(|at| (dice >> at) as usize % 3);
            start(&stores[which], &people[who], number).await.unwrap();
            truth[who] = number;
            assert_eq!(last(&stores[which], &people[who]).await, number, "acknowledged here");
            // Some notice, others miss several changes and hide them under their own.
            for (store, other) in stores.iter().zip(&people).take(notices) {
                store.notice_changes().await.unwrap();
                for (person, number) in people.iter().zip(truth) {
                    assert_eq!(last(store, person).await, number, "{person} beside {other}");
                }
            }
        }
    }

    async fn a_long_change_is_not_overlooked_for_later_ones(scratch: Scratch) {
        let (here, there) = (scratch.store().await, scratch.store().await);
        let (alice, bob) = (name("alice"), name("bob"));
        here.notice_changes().await.unwrap();
        assert_eq!(last(&here, &alice).await, 0);
        let (begun, has_begun) = std::sync::mpsc::channel();
        let slow = tokio::spawn({
            let (there, alice) = (there.clone(), alice.clone());
            let kept = selection(&alice, 1);
            async move {
                there.change_person(&alice, move |conn| {
                    selections::remember(conn, &kept)?;
                    begun.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(400));
                    Ok(())
                }).await
            }
        });
        tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().unwrap();
        if scratch.is_postgres() {
            // It began later and is seen earlier.
            start(&there, &bob, 1).await.unwrap();
            here.notice_changes().await.unwrap();
        }
        assert_eq!(last(&here, &alice).await, 0);
        slow.await.unwrap().unwrap();
        here.notice_changes().await.unwrap();
        assert_eq!(last(&here, &alice).await, 1);
    }

    async fn what_is_remembered_is_told_while_the_database_is_away(scratch: Scratch) {
        let store = scratch.store().await;
        let (alice, bob) = (name("alice"), name("bob"));
        start(&store, &alice, 1).await.unwrap();
        store.notice_changes().await.unwrap();
        assert_eq!(last(&store, &alice).await, 1);
        scratch.sql("ALTER TABLE selections RENAME TO away; ALTER TABLE person_changes RENAME TO away_too").unwrap();
        assert!(store.notice_changes().await.is_err());
        assert_eq!(last(&store, &alice).await, 1);
        assert!(store.person(&bob).await.is_err());
        // What came back need not be what was lost.
        scratch.sql("ALTER TABLE away RENAME TO selections; ALTER TABLE away_too RENAME TO person_changes").unwrap();
        scratch.sql("DELETE FROM selections; DELETE FROM person_changes").unwrap();
        store.notice_changes().await.unwrap();
        assert_eq!(last(&store, &alice).await, 0);
    }
}
