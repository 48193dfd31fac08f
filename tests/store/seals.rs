//! The seals over the audit: what they find, and how the audit is cut off by age.

use super::{noon, noon_as_kept};
use crate::scratch::Scratch;
use chrono::{DateTime, TimeDelta, Utc};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::seals::{self, Anchor, ENTRIES, Seal, Verified};
use jupyterhub_presets::store::audit::{self, Actor, By};
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::{Store, StoreError};
use serde_json::json;

fn days(days: i64) -> DateTime<Utc> {
    noon_as_kept() + TimeDelta::days(days)
}

/// `count` changes of alice's preferences on that day, each with what is her own beside it.
async fn changes(store: &Store, day: i64, count: i64) {
    let record = move |conn: &mut _| {
        for version in 1..=count {
            let by = By {
                at: days(day),
                actor: Actor::User(Username::try_from("alice").unwrap()),
                token: Some("a7".into()),
                request_id: None,
            };
            let mut entry = by.entry("change", "preferences", "alice", version);
            entry.after = Some(json!({ "default": format!("preset-{version}") }));
            audit::record(conn, &entry)?;
            let group =
                audit::Entry { revision: Some(version), ..by.entry("change", "group", "physics", version) };
            audit::record(conn, &audit::Entry { after: Some(json!({ "title": "Physics" })), ..group })?;
        }
        Ok::<_, StoreError>(())
    };
    store.write(record).await.unwrap();
}

async fn sealed(store: &Store) -> Option<Seal> {
    store.write(|conn| seals::seal(conn, noon())).await.unwrap()
}

async fn verified(store: &Store) -> Verified {
    seals::verify(store, None).await.unwrap()
}

/// Takes away what keeps an administrator of the database from changing the audit.
fn unguard(scratch: &Scratch) {
    scratch
        .sql(if scratch.is_postgres() {
            "ALTER TABLE audit DISABLE TRIGGER USER; ALTER TABLE audit_seals DISABLE TRIGGER USER;
             ALTER TABLE audit_of_people DROP CONSTRAINT audit_of_people_sequence_fkey"
        } else {
            "DROP TRIGGER audit_refuses_update; DROP TRIGGER audit_refuses_delete;
             DROP TRIGGER audit_refuses_replacement; DROP TRIGGER audit_seals_refuse_update;
             DROP TRIGGER audit_seals_refuse_delete"
        })
        .unwrap();
}

on_each_database! {
    async fn each_seal_holds_the_one_before(scratch: Scratch) {
        let store = scratch.store().await;
        assert_eq!(sealed(&store).await, None, "there is nothing to seal");
        assert_eq!(verified(&store).await, Verified::default());
        changes(&store, 0, 2).await;
        let first = sealed(&store).await.unwrap();
        assert_eq!((first.number, first.entries), (1, 4));
        assert_eq!(sealed(&store).await, None);
        changes(&store, 1, 1).await;
        let second = sealed(&store).await.unwrap();
        changes(&store, 2, 1).await;
        let told = verified(&store).await;
        assert_eq!(told, Verified { entries: 6, unsealed: 2, removed: None, last: Some(second), findings: vec![] });
    }

    async fn a_seal_has_an_end(scratch: Scratch) {
        let store = scratch.store().await;
        changes(&store, 0, ENTRIES as i64 / 2 + 1).await;
        assert_eq!(sealed(&store).await.unwrap().entries, ENTRIES);
        assert_eq!(sealed(&store).await.unwrap().entries, 2);
        assert_eq!(verified(&store).await.entries, ENTRIES + 2);
    }

    async fn whatever_is_changed_behind_our_back_is_found(scratch: Scratch) {
        let json = if scratch.is_postgres() { "'{\"title\": \"Physik\"}'::json" } else { "'{\"title\":\"Physik\"}'" };
        let copy = "(sequence, at, actor, action, object_kind, object_id, version)";
        let copied = "at, actor, action, object_kind, object_id, version FROM audit WHERE sequence = 2";
        let overriding = if scratch.is_postgres() { "OVERRIDING SYSTEM VALUE" } else { "" };
        for (forgery, found) in [
            ("UPDATE audit SET version = 9 WHERE sequence = 2".to_owned(), "from 1 to 4 are not those that seal 1"),
            ("UPDATE audit SET actor = 'nobody' WHERE sequence = 6".into(), "from 5 to 6 are not those that seal 2"),
            (format!("UPDATE audit SET after = {json} WHERE sequence = 4"), "seal 1"),
            ("UPDATE audit SET before = after, after = NULL WHERE sequence = 4".into(), "seal 1"),
            ("UPDATE audit SET token = NULL, request_id = token WHERE sequence = 1".into(), "seal 1"),
            ("UPDATE audit SET revision = NULL WHERE sequence = 4".into(), "seal 1"),
            ("DELETE FROM audit WHERE sequence = 3".into(), "4 were sealed, and 3 are there"),
            (format!("DELETE FROM audit WHERE sequence = 3; INSERT INTO audit {copy} {overriding} SELECT 3, {copied}"), "seal 1"),
            ("DELETE FROM audit_seals WHERE number = 1".into(), "the seals before 2 are missing"),
            ("UPDATE audit_seals SET digest = replace(digest, 'a', 'b')".into(), "seal 1"),
            ("UPDATE audit_seals SET removed_at = sealed_at WHERE number = 1".into(), "4 entries are left of those that seal 1"),
        ] {
            let scratch = if scratch.is_postgres() { Scratch::postgres().unwrap() } else { Scratch::sqlite() };
            let store = scratch.store().await;
            changes(&store, 0, 2).await;
            sealed(&store).await.unwrap();
            changes(&store, 1, 1).await;
            sealed(&store).await.unwrap();
            assert_eq!(verified(&store).await.findings, Vec::<String>::new());
            unguard(&scratch);
            let off = if scratch.is_postgres() { "" } else { "PRAGMA foreign_keys = OFF;" };
            scratch.sql(&format!("{off}{forgery}")).unwrap();
            let told = verified(&store).await.findings.join("\n");
            assert!(told.contains(found), "{forgery}: {told:?}");
        }
    }

    async fn a_seal_that_was_written_down_shows_a_chain_that_was_made_anew(scratch: Scratch) {
        let store = scratch.store().await;
        changes(&store, 0, 2).await;
        let written_down = Anchor::read(&sealed(&store).await.unwrap().to_string());
        assert!(written_down.is_some());
        let told = seals::verify(&store, written_down.clone()).await.unwrap();
        assert_eq!(told.findings, Vec::<String>::new());
        unguard(&scratch);
        scratch.sql("UPDATE audit SET version = 9 WHERE sequence = 2; DELETE FROM audit_seals").unwrap();
        let told = seals::verify(&store, written_down.clone()).await.unwrap();
        assert_eq!(told.findings, ["seal 1 was written down, and is missing here"]);
        sealed(&store).await.unwrap();
        assert_eq!(verified(&store).await.findings, Vec::<String>::new(), "by itself, it holds together");
        let told = seals::verify(&store, written_down).await.unwrap();
        assert_eq!(told.findings, ["seal 1 is not the one that was written down"]);
    }

    async fn nobody_changes_a_seal_or_takes_away_what_it_does_not_give_free(scratch: Scratch) {
        let store = scratch.store().await;
        changes(&store, 0, 2).await;
        sealed(&store).await.unwrap();
        for forgery in [
            "DELETE FROM audit", "UPDATE audit SET version = 9", "DELETE FROM audit_seals", "UPDATE audit_seals SET last = 9",
            "UPDATE audit_seals SET last = 9, removed_at = sealed_at",
        ] {
            let refused = scratch.sql(forgery).expect_err(forgery).to_string();
            assert!(refused.contains("append-only"), "{forgery}: {refused}");
        }
    }

    async fn what_is_too_old_goes_by_whole_seals_and_the_rest_is_verified(scratch: Scratch) {
        let store = scratch.store().await;
        let mut anchors = vec![];
        for day in 0..3 {
            changes(&store, day, 2).await;
            anchors.push(Anchor::read(&sealed(&store).await.unwrap().to_string()).unwrap());
        }
        changes(&store, 3, 1).await;
        let remove = |day| store.write(move |conn| seals::remove_before(conn, days(day), days(9)));
        assert_eq!(remove(0).await.unwrap(), 0, "what is exactly so old stays");
        assert_eq!(remove(2).await.unwrap(), 8);
        assert_eq!(remove(2).await.unwrap(), 0);
        let told = verified(&store).await;
        assert_eq!((told.entries, told.unsealed, told.removed, told.findings), (4, 2, Some(2), vec![]));
        let left = store.read(|conn| audit::since(conn, 0, 100)).await.unwrap();
        assert_eq!(left.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [9, 10, 11, 12, 13, 14]);
        assert_eq!(scratch.count("audit_of_people"), 3, "what was beside them is gone as well");
        let [gone, edge, kept] = <[Anchor; 3]>::try_from(anchors).unwrap();
        let told = async |anchor| seals::verify(&store, Some(anchor)).await.unwrap().findings;
        assert_eq!(told(gone).await, ["seal 1 is gone with the entries that were removed because of their age"]);
        assert_eq!((told(edge).await, told(kept).await), (vec![], vec![]));
        assert_eq!(remove(9).await.unwrap(), 4, "entries that are not sealed stay, however old they are");
        assert_eq!(sealed(&store).await.unwrap().number, 4);
        assert_eq!(remove(9).await.unwrap(), 2);
        let told = verified(&store).await;
        assert_eq!((told.entries, told.removed, told.findings), (0, Some(4), vec![]));
        assert!(scratch.sql("UPDATE audit_seals SET removed_at = NULL").is_err());
    }

    async fn an_entry_that_is_under_way_is_waited_for(scratch: Scratch) {
        let store = scratch.store().await;
        let slow = store.clone();
        let under_way = tokio::spawn(async move {
            let record = |conn: &mut _| {
                let by = By { at: noon(), actor: Actor::Operator("root".into()), token: None, request_id: None };
                let number = audit::record(conn, &by.entry("change", "group", "slow", 1))?;
                std::thread::sleep(std::time::Duration::from_millis(400));
                Ok(number)
            };
            slow.write(record).await
        });
        tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        changes(&store, 0, 1).await;
        let seal = sealed(&store).await.unwrap();
        assert_eq!((under_way.await.unwrap().unwrap(), seal.entries), (1, 3));
        assert_eq!(verified(&store).await.findings, Vec::<String>::new());
    }

    async fn decisions_go_by_age_the_oldest_first(scratch: Scratch) {
        let store = scratch.store().await;
        for day in [0, 1, 2, 3] {
            let decision = Decision {
                id: Decision::id_at(days(day)), at: days(day), person: "alice".try_into().unwrap(), server_name: String::new(),
                asked: json!({}), outcome: Outcome::Refused, reasons: json!({}), request_id: None,
            };
            store.record_start(decision, None).await.unwrap();
        }
        let remove = |day, most| store.write(move |conn| decisions::remove_before(conn, days(day), most));
        assert_eq!(remove(0, 9).await.unwrap(), 0, "what is exactly so old stays");
        assert_eq!(remove(3, 2).await.unwrap(), 2);
        assert_eq!(remove(3, 2).await.unwrap(), 1);
        assert_eq!(remove(3, 2).await.unwrap(), 0);
        let left = store.read(|conn| decisions::latest_of(conn, &"alice".try_into().unwrap(), 9)).await.unwrap();
        assert_eq!(left.iter().map(|decision| decision.at).collect::<Vec<_>>(), [days(3)]);
    }
}

#[test]
fn an_anchor_is_a_number_and_a_digest() {
    let digest = "a".repeat(64);
    assert!(Anchor::read(&format!("12:{digest}")).is_some());
    for text in [
        "",
        "12",
        ":",
        "0:",
        &format!("0:{digest}"),
        &format!("-1:{digest}"),
        "12:abc",
        &format!("12:{}g", "a".repeat(63)),
    ] {
        assert_eq!(Anchor::read(text), None, "{text}");
    }
}
