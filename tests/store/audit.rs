//! The audit: one row in the transaction of each change, and never touched again.

use super::{group, noon, noon_as_kept, small_site};
use crate::scratch::Scratch;
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{self, Actor, By, Entry, Filter};
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
    break_audit_where(scratch, "object_id", object_id);
}

/// Makes the audit refuse any row about objects of `kind`.
pub fn break_audit_of_kind(scratch: &Scratch, kind: &str) {
    break_audit_where(scratch, "object_kind", kind);
}

fn break_audit_where(scratch: &Scratch, column: &str, value: &str) {
    let statements = if scratch.is_postgres() {
        format!(
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE INSERT ON audit FOR EACH ROW
             WHEN (NEW.{column} = '{value}') EXECUTE FUNCTION fault()"
        )
    } else {
        format!(
            "CREATE TRIGGER fault BEFORE INSERT ON audit WHEN NEW.{column} = '{value}'
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
            at: noon_as_kept(), actor: Actor::Operator("root".into()), token: None, action: action.into(), object_kind: kind.into(),
            object_id: id.into(), version, before, after, request_id: None, revision: Some(2),
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
            forgeries.push("TRUNCATE audit CASCADE");
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

    async fn a_clock_that_steps_back_does_not_reorder(scratch: Scratch) {
        let store = scratch.store().await;
        for minutes in [0, -60, 30] {
            let at = noon_as_kept() + chrono::TimeDelta::minutes(minutes);
            store.write(move |conn| audit::record(conn, &by("alice", at).entry("add", "preset", "one", 1))).await.unwrap();
        }
        let minutes = |entries: Vec<(i64, Entry)>| entries.iter().map(|(_, entry)| (entry.at - noon_as_kept()).num_minutes()).collect::<Vec<_>>();
        assert_eq!(minutes(entries(&store, 0).await), [0, -60, 30]);
        let latest = store.read(|conn| audit::latest(conn, &Filter::default(), None, 10)).await.unwrap();
        assert_eq!(minutes(latest), [30, -60, 0]);
    }

    async fn the_audit_is_searched_by_who_what_and_when(scratch: Scratch) {
        let store = scratch.store().await;
        let acts: [(&str, &str, &str, i64); 5] =
            [("alice", "preset", "one", 0), ("bob", "preset", "two", 1), ("alice", "person", "bob", 2), ("alice", "preferences", "alice", 3), ("bob", "group", "one", 4)];
        for (who, kind, id, minutes) in acts {
            let at = noon_as_kept() + chrono::TimeDelta::minutes(minutes);
            store.write(move |conn| audit::record(conn, &by(who, at).entry("change", kind, id, 1))).await.unwrap();
        }
        let nth = |n: i64| Some(noon_as_kept() + chrono::TimeDelta::minutes(n));
        let word = |text: &str| Some(text.to_owned());
        for (filter, expected) in [
            (Filter::default(), vec![4, 3, 2, 1, 0]),
            (Filter { actor: word("alice"), ..Filter::default() }, vec![3, 2, 0]),
            (Filter { actor: word("nobody"), ..Filter::default() }, vec![]),
            (Filter { object_kind: word("preset"), ..Filter::default() }, vec![1, 0]),
            (Filter { object_id: word("one"), ..Filter::default() }, vec![4, 0]),
            (Filter { object_kind: word("person"), object_id: word("bob"), ..Filter::default() }, vec![2]),
            (Filter { from: nth(1), until: nth(3), ..Filter::default() }, vec![2, 1]),
        ] {
            let asked = filter.clone();
            let found = store.read(move |conn| audit::latest(conn, &filter, None, 10)).await.unwrap();
            let found: Vec<_> = found.iter().map(|(_, entry)| (entry.at - noon_as_kept()).num_minutes()).collect();
            assert_eq!(found, expected, "{asked:?}");
        }
        let all = entries(&store, 0).await;
        let second = all[1].0;
        let older = store.read(move |conn| audit::latest(conn, &Filter::default(), Some(second), 10)).await.unwrap();
        assert_eq!(older, all[..1]);
        assert_eq!(all[2].1.object_id, "bob");
        assert_eq!(all[2].1.actor, Actor::User("alice".try_into().unwrap()));
        assert_eq!(all[2].1.token.as_deref(), Some("a7"));
    }

    async fn changes_of_the_site_are_told_in_the_order_of_its_revisions(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        store.write(|conn| audit::record(conn, &by("alice", noon()).entry("add", "preferences", "alice", 1))).await.unwrap();
        let mut new = small_site();
        new.groups[0] = group("physics", "Astronomy");
        apply(&store, new).await.unwrap();
        let all = store.read(|conn| audit::changes(conn, (0, i64::MAX), 100)).await.unwrap();
        let revisions: Vec<_> = all.iter().filter_map(|(_, entry)| entry.revision).collect();
        assert_eq!(revisions, [1, 1, 1, 1, 1, 2], "what is somebody's own is no change of the site");
        let (first, _) = all[0];
        let rest = store.read(move |conn| audit::changes(conn, (1, first), 100)).await.unwrap();
        assert_eq!(rest, all[1..]);
        assert_eq!(store.read(|conn| audit::changes(conn, (1, i64::MAX), 100)).await.unwrap(), all[5..]);
        assert_eq!(store.read(|conn| audit::changes(conn, (2, i64::MAX), 100)).await.unwrap(), []);
    }

    async fn managers_stand_in_the_audit_by_mark_and_are_read_by_name(scratch: Scratch) {
        let store = scratch.store().await;
        let mut site = small_site();
        site.groups[0].document = json!({ "title": "Physics", "managers": ["alice", "bob"] });
        apply(&store, site).await.unwrap();
        let group = entries(&store, 0).await.into_iter().find(|(_, entry)| entry.object_kind == "group").unwrap().1;
        assert_eq!(group.after, Some(json!({ "title": "Physics", "managers": ["alice", "bob"] })));
        let (open, own) = (scratch.count("audit WHERE CAST(after AS TEXT) LIKE '%alice%'"), scratch.count("audit_of_people"));
        assert_eq!((open, own), (0, 1), "only a preset of her own holds her name, and it is kept beside");
    }
}

fn by(name: &str, at: chrono::DateTime<chrono::Utc>) -> By {
    let actor = Actor::User(Username::try_from(name).unwrap());
    By { at, actor, token: Some("a7".into()), request_id: Some("r1".into()) }
}
