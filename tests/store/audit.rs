//! The audit: one row in the transaction of each change, and never touched again.

use super::{group, noon, noon_as_kept, small_site};
use crate::scratch::Scratch;
use jupyterhub_presets::store::audit::{self, Entry};
use jupyterhub_presets::store::{Store, StoreError, site};
use serde_json::json;

async fn apply(store: &Store, new: site::NewSite) -> Result<site::Changes, StoreError> {
    store.write(move |conn| site::replace(conn, &new, "root", noon())).await
}

async fn entries(store: &Store, after: i64) -> Vec<(i64, Entry)> {
    store.read(move |conn| audit::since(conn, after, 1000)).await.unwrap()
}

/// Makes the audit refuse any row about `object_id`.
fn break_audit(scratch: &Scratch, object_id: &str) {
    let statements = if scratch.is_postgres() {
        format!(
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE INSERT ON audit FOR EACH ROW
             WHEN (NEW.object_id = '{object_id}') EXECUTE FUNCTION fault()"
        )
    } else {
        format!(
            "CREATE TRIGGER fault BEFORE INSERT ON audit WHEN NEW.object_id = '{object_id}'
             BEGIN SELECT RAISE(ABORT, 'fault'); END"
        )
    };
    scratch.sql(&statements).unwrap();
}

on_each_database! {
    async fn each_changed_object_has_its_row(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        let first = entries(&store, 0).await;
        assert_eq!(first.len(), 5);
        let mut new = small_site();
        new.groups[0] = group("physics", "Astronomy");
        new.presets.remove(1);
        apply(&store, new).await.unwrap();
        let second = entries(&store, first[4].0).await;
        let of = |action: &str, kind: &str, id: &str, version, before, after| Entry {
            at: noon_as_kept(), actor: "root".into(), action: action.into(), object_kind: kind.into(),
            object_id: id.into(), version, before, after, request_id: None,
        };
        assert_eq!(second.iter().map(|(_, entry)| entry.clone()).collect::<Vec<_>>(), [
            of("change", "group", "physics", 2, Some(json!({ "title": "Physics" })), Some(json!({ "title": "Astronomy" }))),
            of("remove", "preset", "rome", 1, Some(json!({ "title": "Rome", "owner": "site" })), None),
        ]);
        let numbers: Vec<_> = first.iter().chain(&second).map(|(number, _)| *number).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    }

    async fn without_its_audit_row_there_is_no_change(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        let before = (store.read(site::load).await.unwrap(), entries(&store, 0).await);
        break_audit(&scratch, "zoology");
        let mut new = small_site();
        new.catalogue = json!({ "contact": "somebody else" });
        new.groups.push(group("zoology", "Zoology"));
        let error = apply(&store, new).await.unwrap_err();
        assert!(error.to_string().contains("fault"), "{error:?}");
        assert_eq!((store.read(site::load).await.unwrap(), entries(&store, 0).await), before);
    }

    async fn the_audit_takes_new_rows_only(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        let before = entries(&store, 0).await;
        let mut forgeries = vec!["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"];
        if scratch.is_postgres() {
            forgeries.push("TRUNCATE audit");
            forgeries.push("INSERT INTO audit (sequence, at, actor, action, object_kind, object_id, version)
                            VALUES (1, now(), '', '', '', '', 1)");
        } else {
            forgeries.push("INSERT OR REPLACE INTO audit (sequence, at, actor, action, object_kind, object_id, version)
                            VALUES (1, '', '', '', '', '', 1)");
        }
        for forgery in forgeries {
            let refused = scratch.sql(forgery).expect_err(forgery).to_string();
            assert!(refused.contains("append-only") || refused.contains("\"sequence\""), "{forgery}: {refused}");
        }
        assert_eq!(entries(&store, 0).await, before);
    }

    async fn a_page_of_the_audit_ends_where_it_was_asked_to(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        let all = entries(&store, 0).await;
        let page = store.read(|conn| audit::since(conn, 0, 2)).await.unwrap();
        assert_eq!(page, all[..2]);
    }
}
