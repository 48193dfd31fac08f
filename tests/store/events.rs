//! Events that organisers make and those of a site file: each change whole, counted, written down.

use std::path::Path;

use super::{group, noon, noon_as_kept, preset, small_site};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{self, Actor, By};
use jupyterhub_presets::store::erasure::{self, Erased};
use jupyterhub_presets::store::events::{self, EventRow, NewEvent};
use jupyterhub_presets::store::idempotency::{self, Attempt, Known};
use jupyterhub_presets::store::presets::{self, Filter, Whose};
use jupyterhub_presets::store::site::{self, NewSite, Owner};
use jupyterhub_presets::store::{Store, StoreError, revision};
use serde_json::{Value, json};

fn by(who: &str) -> By {
    By {
        at: noon(),
        actor: Actor::User(who.try_into().unwrap()),
        token: Some("a7".into()),
        request_id: Some("r1".into()),
    }
}

fn school() -> Value {
    json!({
        "title": "AI School", "owner": "alice", "managers": ["bob", "carol"],
        "audiences": { "participant": { "groups": ["physics"], "names": ["dave", "alice"] }, "helper": { "names": ["bob"] } },
    })
}

fn event(key: &str, document: Value) -> NewEvent {
    NewEvent { key: key.to_owned(), document }
}

async fn create(store: &Store, key: &str, document: Value) -> Result<EventRow, StoreError> {
    let new = event(key, document);
    store.write(move |conn| events::create(conn, &new, &by("alice"))).await
}

async fn replace(
    store: &Store,
    key: &'static str,
    version: i64,
    document: Value,
) -> Result<EventRow, StoreError> {
    store.write(move |conn| events::replace(conn, key, version, &document, &by("bob"))).await
}

async fn remove(store: &Store, key: &'static str, version: i64) -> Result<(), StoreError> {
    store.write(move |conn| events::remove(conn, key, version, &by("alice"))).await
}

async fn find(store: &Store, key: &'static str) -> Option<EventRow> {
    store.read(move |conn| events::find(conn, key)).await.unwrap()
}

fn site_with(events: Vec<NewEvent>) -> NewSite {
    NewSite { events, ..small_site() }
}

async fn apply(store: &Store, new: NewSite) -> Result<site::Changes, StoreError> {
    store.write(move |conn| site::replace(conn, &new, "root", noon())).await
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Kept {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    title: String,
    #[diesel(sql_type = Nullable<Text>)]
    owner_kind: Option<String>,
}

on_each_database! {
    async fn an_event_is_made_changed_and_removed(scratch: Scratch) {
        let store = scratch.store().await;
        let made = create(&store, "school", school()).await.unwrap();
        assert_eq!((made.version, made.managed, made.created_at, &made.document), (1, false, noon_as_kept(), &school()));
        assert_eq!(find(&store, "school").await, Some(made));
        let changed = replace(&store, "school", 1, json!({ "title": "School" })).await.unwrap();
        assert_eq!((changed.version, changed.document), (2, json!({ "title": "School" })));
        remove(&store, "school", 2).await.unwrap();
        assert_eq!(find(&store, "school").await, None);
        assert_eq!(store.read(revision::current).await.unwrap(), 3);
        let entries = store.read(|conn| audit::since(conn, 0, 10)).await.unwrap();
        let told: Vec<_> = entries.iter().map(|(_, entry)| {
            assert_eq!((entry.object_kind.as_str(), entry.object_id.as_str(), entry.token.as_deref()), ("event", "school", Some("a7")));
            (entry.action.as_str(), entry.version, entry.actor.to_string(), entry.before.clone(), entry.after.clone(), entry.revision)
        }).collect();
        let after = Some(json!({ "title": "School" }));
        assert_eq!(told, [
            ("add", 1, "alice".to_owned(), None, Some(school()), Some(1)),
            ("change", 2, "bob".to_owned(), Some(school()), after.clone(), Some(2)),
            ("remove", 2, "alice".to_owned(), after, None, Some(3)),
        ]);
    }

    async fn the_audit_names_nobody_of_an_event(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "school", school()).await.unwrap();
        apply(&store, site_with(vec![event("course", school())])).await.unwrap();
        let side = if scratch.is_postgres() { "after::text" } else { "after" };
        for name in ["alice", "bob", "carol", "dave"] {
            assert_eq!(scratch.count(&format!("audit WHERE object_kind = 'event' AND {side} LIKE '%{name}%'")), 0, "{name}");
            assert_eq!(scratch.count(&format!("people WHERE person = '{name}'")), 1, "{name}");
        }
        assert_eq!(scratch.count(&format!("audit WHERE object_kind = 'event' AND {side} LIKE '%AI School%'")), 2);
    }

    async fn a_change_of_what_is_no_longer_so_is_refused(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "school", school()).await.unwrap();
        replace(&store, "school", 1, json!({ "title": "School" })).await.unwrap();
        let error = replace(&store, "school", 1, json!({ "title": "Lost?" })).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { current: 2 }), "{error:?}");
        let error = remove(&store, "school", 1).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { current: 2 }), "{error:?}");
        let error = replace(&store, "nix", 1, json!({ "title": "x" })).await.unwrap_err();
        assert!(matches!(error, StoreError::NotFound), "{error:?}");
        let error = create(&store, "school", school()).await.unwrap_err();
        assert!(matches!(&error, StoreError::Duplicate(why) if why.contains("`school`")), "{error:?}");
        let large = json!({ "title": "Large", "message": "x".repeat(300_000) });
        for document in [json!({ "title": "" }), json!({}), large, json!({ "title": "x".repeat(101) })] {
            let error = create(&store, "odd", document).await.unwrap_err();
            assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        }
        assert_eq!(store.read(revision::current).await.unwrap(), 2);
    }

    async fn an_event_takes_its_presets_along_when_it_goes(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "school", school()).await.unwrap();
        create(&store, "other", school()).await.unwrap();
        for (id, owner) in [("a", "school"), ("b", "school"), ("c", "other")] {
            let new = preset(id, Owner::Event(owner.into()), json!({ "title": id }));
            store.write(move |conn| presets::create(conn, &new, &by("alice"))).await.unwrap();
        }
        let before = store.read(revision::current).await.unwrap();
        remove(&store, "school", 1).await.unwrap();
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.presets.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["c"]);
        assert_eq!(rows.events.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["other"]);
        let changes = store.read(move |conn| audit::changes(conn, (before, i64::MAX), 10)).await.unwrap();
        let told: Vec<_> = changes.iter().map(|(_, entry)| (entry.action.as_str(), entry.object_kind.as_str(), entry.object_id.as_str())).collect();
        assert_eq!(told, [("remove", "preset", "a"), ("remove", "preset", "b"), ("remove", "event", "school")]);
    }

    async fn a_site_file_has_its_events_row_by_row(scratch: Scratch) {
        let store = scratch.store().await;
        let named = |changes: &[site::Change]| -> Vec<_> {
            changes.iter().map(|change| (change.action(), change.kind.as_str(), change.id.clone())).collect()
        };
        let new = site_with(vec![event("school", school()), event("course", json!({ "title": "Course" }))]);
        let shown = { let new = new.clone(); store.read(move |conn| site::difference(conn, &new)).await.unwrap() };
        let done = apply(&store, new.clone()).await.unwrap();
        assert_eq!(done.changes, shown);
        assert_eq!(named(&done.changes)[1..4], [
            ("add", "group", "physics".to_owned()), ("add", "event", "course".to_owned()), ("add", "event", "school".to_owned()),
        ]);
        assert_eq!(apply(&store, new).await.unwrap().changes, [], "a second time finds nothing to do");
        create(&store, "by-hand", school()).await.unwrap();
        let changed = apply(&store, site_with(vec![event("school", json!({ "title": "School" }))])).await.unwrap();
        assert_eq!(named(&changed.changes), [("remove", "event", "course".to_owned()), ("change", "event", "school".to_owned())]);
        let rows = store.read(site::load).await.unwrap();
        let kept: Vec<_> = rows.events.iter().map(|row| (row.key.as_str(), row.managed, row.version)).collect();
        assert_eq!(kept, [("by-hand", false, 1), ("school", true, 2)]);
        for error in [replace(&store, "school", 2, school()).await.unwrap_err(), remove(&store, "school", 2).await.unwrap_err()] {
            assert!(matches!(error, StoreError::Managed), "{error:?}");
        }
    }

    async fn a_site_file_does_not_take_what_an_organiser_made(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "school", school()).await.unwrap();
        let new = site_with(vec![event("school", json!({ "title": "School" }))]);
        let shown = { let new = new.clone(); store.read(move |conn| site::difference(conn, &new)).await.unwrap_err() };
        for error in [shown, apply(&store, new).await.unwrap_err()] {
            assert!(matches!(&error, StoreError::Duplicate(why) if why.contains("`school`") && why.contains("another key")), "{error:?}");
        }
        let twice = site_with(vec![event("course", school()), event("course", school())]);
        let error = apply(&store, twice).await.unwrap_err();
        assert!(matches!(&error, StoreError::Duplicate(why) if why.contains("event `course`")), "{error:?}");
        assert_eq!(find(&store, "school").await.map(|row| row.document), Some(school()));
    }

    async fn whoever_remembers_presets_reads_all_when_an_event_changed(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, small_site()).await.unwrap();
        let since = |known| { let store = store.clone(); async move { store.read(move |conn| site::since(conn, known)).await.unwrap() } };
        let new = preset("notes", Owner::Site, json!({ "title": "Notes" }));
        store.write(move |conn| presets::create(conn, &new, &by("alice"))).await.unwrap();
        assert!(since(1).await.is_some());
        create(&store, "school", school()).await.unwrap();
        assert_eq!((since(1).await, since(2).await), (None, None));
        let new = preset("theirs", Owner::Event("school".into()), json!({ "title": "Theirs" }));
        store.write(move |conn| presets::create(conn, &new, &by("alice"))).await.unwrap();
        assert_eq!(since(3).await.unwrap().presets[0].1.as_ref().unwrap().owner, Owner::Event("school".into()));
        replace(&store, "school", 1, json!({ "title": "School" })).await.unwrap();
        assert_eq!(since(4).await, None);
        remove(&store, "school", 2).await.unwrap();
        assert_eq!((since(5).await, since(4).await), (None, None));
    }

    async fn presets_of_an_event_are_its_peoples(scratch: Scratch) {
        let store = scratch.store().await;
        for (id, owner) in [("a", Owner::Event("school".into())), ("b", Owner::Event("school".into())), ("c", Owner::Event("other".into())), ("d", Owner::Group("school".into()))] {
            let new = preset(id, owner, json!({ "title": id }));
            store.write(move |conn| presets::create(conn, &new, &by("root"))).await.unwrap();
        }
        for (events, of_events, seen) in [
            (vec![], vec![], vec![]),
            (vec!["school"], vec![], vec!["a", "b"]),
            (vec![], vec!["b"], vec!["b"]),
            (vec!["other"], vec!["a", "d"], vec!["a", "c"]),
        ] {
            let texts = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
            let whose = Whose::Visible { groups: vec![], events: texts(&events), of_events: texts(&of_events), person: None };
            let rows = store.read(move |conn| presets::page(conn, &whose, &Filter::default(), None, 10)).await.unwrap();
            assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), seen);
        }
    }

    async fn who_is_erased_stands_in_no_event(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "school", school()).await.unwrap();
        create(&store, "other", json!({ "title": "Other", "owner": "carol" })).await.unwrap();
        let attempt = Attempt { principal_kind: "user".into(), principal: "root".into(), key: "k".into(), route: "POST events".into(), digest: "0".repeat(64) };
        let kept = attempt.clone();
        store.write(move |conn| idempotency::keep(conn, &kept, json!({ "key": "school", "event": school() }), noon())).await.unwrap();
        let alice: Username = "alice".try_into().unwrap();
        let who = alice.clone();
        let held = store.read(move |conn| erasure::held(conn, &who)).await.unwrap();
        assert_eq!(held.events.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["school"]);
        let who = alice.clone();
        assert_eq!(store.write(move |conn| erasure::erase(conn, &who, &by("root"))).await.unwrap(), Erased::Gone);
        let left = find(&store, "school").await.unwrap();
        let mut expected = school();
        expected.as_object_mut().unwrap().remove("owner");
        expected["audiences"]["participant"]["names"] = json!(["dave"]);
        assert_eq!((left.document, left.version), (expected, 2));
        assert_eq!(find(&store, "other").await.unwrap().version, 1);
        assert_eq!(store.write(move |conn| idempotency::known(conn, &attempt, noon())).await.unwrap(), Known::No);
        let entries = store.read(|conn| audit::since(conn, 0, 20)).await.unwrap();
        let texts: Vec<String> = entries.iter().map(|(_, entry)| format!("{:?}{:?}{}", entry.before, entry.after, entry.actor)).collect();
        assert!(texts.iter().all(|text| !text.contains("alice")), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("erased/") && text.contains("dave")), "{texts:?}");
        assert_eq!(scratch.count("events WHERE key = 'school'"), 1);
        let last = store.read(revision::current).await.unwrap();
        assert_eq!(last, 3, "one change of the site's content");
    }

    async fn whom_an_event_of_the_site_file_names_is_not_erased(scratch: Scratch) {
        let store = scratch.store().await;
        let mut site = site_with(vec![event("school", school())]);
        site.groups = vec![group("physics", "Physics")];
        site.presets.clear();
        apply(&store, site).await.unwrap();
        create(&store, "own", school()).await.unwrap();
        for (name, places) in [
            ("alice", vec!["event school (owner)", "event school (audiences › participant)"]),
            ("bob", vec!["event school (managers)", "event school (audiences › helper)"]),
        ] {
            let who: Username = name.try_into().unwrap();
            let refused = store.write(move |conn| erasure::erase(conn, &who, &by("root"))).await.unwrap();
            assert_eq!(refused, Erased::StillNamed(places.into_iter().map(str::to_owned).collect()));
        }
        assert_eq!(find(&store, "own").await.map(|row| row.version), Some(1), "nothing was touched");
    }

    async fn a_database_from_before_events_keeps_what_it_holds(scratch: Scratch) {
        let store = scratch.store().await;
        let series = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(if scratch.is_postgres() { "postgres" } else { "sqlite" });
        let down = std::fs::read_to_string(series.join("2026-11-21-110000_events/down.sql")).unwrap();
        scratch.sql(&down).unwrap();
        scratch.sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261121110000'").unwrap();
        // What the version before wrote, past the store of today.
        let (now, yes, no) = if scratch.is_postgres() { ("now()", "true", "false") } else { ("'2026-11-21T12:00:00.000000Z'", "1", "0") };
        for (id, kind, owner, managed) in [("rome", "site", "", yes), ("gpu", "group", "physics", yes), ("mine", "user", "alice", no)] {
            scratch.sql(&format!("INSERT INTO presets VALUES ('{id}', '{kind}', '{owner}', '{{\"title\": \"{id}\"}}', {managed}, 2, {now}, {now})")).unwrap();
            for version in [1, 2] {
                scratch.sql(&format!("INSERT INTO preset_versions VALUES ('{id}', {version}, '{{\"title\": \"{id}\"}}', {now}, 'root', '{kind}', '{owner}')")).unwrap();
            }
        }
        scratch.sql(&format!("INSERT INTO preset_versions VALUES ('old', 1, '{{\"title\": \"old\"}}', {now}, 'root', NULL, NULL)")).unwrap();
        let refused = "INSERT INTO presets SELECT 'e', 'event', 'school', document, managed, version, created_at, updated_at FROM presets WHERE id = 'gpu'";
        assert!(scratch.sql(refused).is_err(), "an event owns nothing there");
        drop(store);

        let store = scratch.store().await;
        let rows = store.read(site::load).await.unwrap();
        let kept: Vec<_> = rows.presets.iter().map(|row| (row.id.as_str(), row.owner.clone(), row.managed, row.version)).collect();
        assert_eq!(kept, [
            ("gpu", Owner::Group("physics".into()), true, 2),
            ("mine", Owner::User("alice".into()), false, 2),
            ("rome", Owner::Site, true, 2),
        ]);
        let title = if scratch.is_postgres() { "document ->> 'title'" } else { "json_extract(document, '$.title')" };
        let question = format!("SELECT id, version, {title} AS title, owner_kind FROM preset_versions ORDER BY id, version");
        let versions: Vec<Kept> = store.read(move |conn| Ok(diesel::sql_query(question).load(conn)?)).await.unwrap();
        assert_eq!(versions.len(), 7);
        assert_eq!(versions[4], Kept { id: "old".into(), version: 1, title: "old".into(), owner_kind: None });
        // What lay on the tables lies there still.
        for (id, document) in [("untitled", json!({})), ("large", json!({ "title": "x", "y": "x".repeat(70_000) }))] {
            let new = preset(id, Owner::Site, document);
            let error = store.write(move |conn| presets::create(conn, &new, &by("root"))).await.unwrap_err();
            assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        }
        let indexes = if scratch.is_postgres() {
            "pg_indexes WHERE schemaname = current_schema() AND indexname IN ('presets_by_owner', 'presets_by_creation')"
        } else {
            "sqlite_master WHERE type = 'index' AND name IN ('presets_by_owner', 'presets_by_creation')"
        };
        assert_eq!(scratch.count(indexes), 2);
        let new = preset("e", Owner::Event("school".into()), json!({ "title": "E" }));
        store.write(move |conn| presets::create(conn, &new, &by("root"))).await.unwrap();
    }
}
