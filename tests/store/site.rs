//! The site file in the database: all of it or nothing, and only what differs.

use super::{group, noon, noon_as_kept, preset, small_site};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jupyterhub_presets::store::site::{self, Change, ObjectKind, Owner};
use jupyterhub_presets::store::{DbConnection, Store, StoreError, revision};
use serde_json::json;

async fn apply(store: &Store, new: &site::NewSite) -> Result<site::Changes, StoreError> {
    let new = new.clone();
    // As patiently as the command line: sixty-four of them wait for one another.
    store.write_patiently(move |conn| site::replace(conn, &new, "root", noon())).await
}

fn named(changes: &[Change]) -> Vec<(&str, &str, &str)> {
    changes.iter().map(|change| (change.action(), change.kind.as_str(), change.id.as_str())).collect()
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Version {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    changed_by: String,
}

fn history(conn: &mut DbConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<Version> =
        diesel::sql_query("SELECT id, version, changed_by FROM preset_versions ORDER BY id, version")
            .load(conn)?;
    assert!(rows.iter().all(|row| row.changed_by == "root"), "{rows:?}");
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}

on_each_database! {
    async fn an_empty_site_loads_as_nothing(scratch: Scratch) {
        let rows = scratch.store().await.read(site::load).await.unwrap();
        assert_eq!((rows.revision, rows.catalogue, rows.groups, rows.presets), (0, None, vec![], vec![]));
    }

    async fn what_is_applied_comes_back_whole(scratch: Scratch) {
        let store = scratch.store().await;
        let changes = apply(&store, &small_site()).await.unwrap();
        assert_eq!(changes.revision, 1);
        assert_eq!(named(&changes.changes), [
            ("add", "catalogue", "catalogue"),
            ("add", "group", "physics"),
            ("add", "preset", "mine"),
            ("add", "preset", "pytorch"),
            ("add", "preset", "rome"),
        ]);
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.revision, 1);
        assert_eq!(rows.catalogue, Some((1, small_site().catalogue)));
        assert_eq!(rows.groups[0].document, small_site().groups[0].document);
        let owners: Vec<_> = rows.presets.iter().map(|preset| (preset.id.as_str(), &preset.owner)).collect();
        assert_eq!(owners, [
            ("mine", &Owner::User("alice".into())),
            ("pytorch", &Owner::Group("physics".into())),
            ("rome", &Owner::Site),
        ]);
        let pytorch = &rows.presets[1];
        assert_eq!(pytorch.document, small_site().presets[0].document);
        assert_eq!((pytorch.managed, pytorch.version), (true, 1));
        assert_eq!((pytorch.created_at, pytorch.updated_at), (noon_as_kept(), noon_as_kept()));
    }

    async fn applying_twice_changes_nothing(scratch: Scratch) {
        let store = scratch.store().await;
        // Floats whose text reads back one bit off, and such as JSONB would rewrite.
        let floats = json!({ "floats": [1.0715660391465826e-75, -1.81996730402717e-179, 1e16, 1.0] });
        let mut new = small_site();
        new.catalogue = floats.clone();
        new.groups[0].document = floats.clone();
        new.presets[0].document = floats;
        apply(&store, &new).await.unwrap();
        let before = store.read(site::load).await.unwrap();
        let again = apply(&store, &new).await.unwrap();
        assert_eq!((again.revision, again.changes.len()), (1, 0));
        assert_eq!(store.read(site::load).await.unwrap(), before);
    }

    async fn only_what_differs_gets_a_new_version(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, &small_site()).await.unwrap();
        let mut new = small_site();
        new.groups[0] = group("physics", "Physics and Astronomy");
        new.presets[0].document = json!({ "title": "PyTorch 2" });
        new.presets[1].owner = Owner::User("bob".into());
        let changes = apply(&store, &new).await.unwrap();
        assert_eq!(named(&changes.changes), [("change", "group", "physics"), ("change", "preset", "pytorch"), ("change", "preset", "rome")]);
        assert_eq!(changes.changes[2].before, Some(json!({ "title": "Rome", "owner": "site" })));
        assert_eq!(changes.changes[2].after, Some(json!({ "title": "Rome", "owner": { "user": "bob" } })));
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.revision, 2);
        assert_eq!(rows.catalogue.map(|(version, _)| version), Some(1));
        assert_eq!(rows.groups[0].version, 2);
        let versions: Vec<_> = rows.presets.iter().map(|preset| (preset.id.as_str(), preset.version)).collect();
        assert_eq!(versions, [("mine", 1), ("pytorch", 2), ("rome", 2)]);
    }

    async fn each_differing_catalogue_is_a_version(scratch: Scratch) {
        let store = scratch.store().await;
        for (contact, version) in [("a", 1), ("b", 2), ("b", 2), ("a", 3)] {
            let mut new = small_site();
            new.catalogue = json!({ "contact": contact });
            apply(&store, &new).await.unwrap();
            let rows = store.read(site::load).await.unwrap();
            assert_eq!(rows.catalogue, Some((version, json!({ "contact": contact }))));
        }
    }

    async fn a_dry_run_tells_what_the_real_one_does_and_does_nothing(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, &small_site()).await.unwrap();
        let mut new = small_site();
        new.presets.remove(1);
        new.groups.push(group("bio", "Biology"));
        let foreseen = store.read({ let new = new.clone(); move |conn| site::difference(conn, &new) }).await.unwrap();
        assert_eq!(named(&foreseen), [("add", "group", "bio"), ("remove", "preset", "rome")]);
        assert_eq!(store.read(revision::current).await.unwrap(), 1);
        assert_eq!(apply(&store, &new).await.unwrap().changes, foreseen);
    }

    async fn only_presets_of_the_site_file_go_with_it(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, &small_site()).await.unwrap();
        let truth = if scratch.is_postgres() { "FALSE" } else { "0" };
        scratch.sql(&format!("UPDATE presets SET managed = {truth} WHERE id = 'mine'")).unwrap();
        let mut new = small_site();
        new.presets.clear();
        new.groups.clear();
        let changes = apply(&store, &new).await.unwrap();
        assert_eq!(named(&changes.changes), [("remove", "group", "physics"), ("remove", "preset", "pytorch"), ("remove", "preset", "rome")]);
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.presets.iter().map(|preset| preset.id.as_str()).collect::<Vec<_>>(), ["mine"]);
        assert!(rows.groups.is_empty());
    }

    async fn a_site_file_does_not_take_a_preset_somebody_made(scratch: Scratch) {
        let store = scratch.store().await;
        apply(&store, &small_site()).await.unwrap();
        let truth = if scratch.is_postgres() { "FALSE" } else { "0" };
        scratch.sql(&format!("UPDATE presets SET managed = {truth} WHERE id = 'mine'")).unwrap();
        let before = store.read(site::load).await.unwrap();
        let mut new = small_site();
        new.groups.clear();
        let error = apply(&store, &new).await.unwrap_err();
        assert!(matches!(&error, StoreError::Duplicate(text) if text.contains("`mine`")), "{error:?}");
        assert_eq!(store.read(site::load).await.unwrap(), before);
    }

    async fn a_name_declared_twice_is_refused(scratch: Scratch) {
        let store = scratch.store().await;
        let mut new = small_site();
        new.presets.push(preset("rome", Owner::Site, json!({ "title": "Rome again" })));
        let error = apply(&store, &new).await.unwrap_err();
        assert!(matches!(&error, StoreError::Duplicate(text) if text.contains("`rome`")), "{error:?}");
        assert_eq!(store.read(revision::current).await.unwrap(), 0);
    }

    async fn a_failure_in_the_middle_leaves_nothing(scratch: Scratch) {
        let store = scratch.store().await;
        let mut new = small_site();
        // The last of its kind to be written, and longer than the table takes.
        new.presets.push(preset(&"z".repeat(513), Owner::Site, json!({})));
        let error = apply(&store, &new).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error:?}");
        let rows = store.read(site::load).await.unwrap();
        assert_eq!((rows.revision, rows.catalogue, rows.groups.len(), rows.presets.len()), (0, None, 0, 0));
        assert!(store.read(history).await.unwrap().is_empty());
        assert!(store.read(|conn| jupyterhub_presets::store::audit::since(conn, 0, 100)).await.unwrap().is_empty());
    }

    async fn history_outlives_a_preset_and_goes_on_counting(scratch: Scratch) {
        let store = scratch.store().await;
        let mut without = small_site();
        without.presets.remove(1);
        for new in [&small_site(), &without, &small_site()] {
            apply(&store, new).await.unwrap();
        }
        let rows = store.read(site::load).await.unwrap();
        assert_eq!(rows.presets.iter().find(|preset| preset.id == "rome").map(|preset| preset.version), Some(2));
        let kept = store.read(history).await.unwrap();
        assert_eq!(kept, [("mine", 1), ("pytorch", 1), ("rome", 1), ("rome", 2)].map(|(id, n)| (id.to_owned(), n)));
    }

    async fn a_load_sees_one_instant_whoever_writes_meanwhile(scratch: Scratch) {
        let store = scratch.store().await;
        let writing = tokio::spawn({
            let store = store.clone();
            async move {
                for n in 1..=40 {
                    let mut new = small_site();
                    new.catalogue = json!({ "n": n });
                    new.groups = vec![group("physics", &n.to_string())];
                    apply(&store, &new).await.unwrap();
                }
            }
        });
        let mut seen = 0;
        while seen < 40 {
            let rows = store.read(site::load).await.unwrap();
            assert!(rows.revision >= seen, "never back");
            seen = rows.revision;
            if seen > 0 {
                assert_eq!(rows.catalogue, Some((seen, json!({ "n": seen }))));
                assert_eq!(rows.groups[0].document, json!({ "title": seen.to_string() }));
            }
        }
        writing.await.unwrap();
    }

    async fn sixty_four_changes_at_once_are_sixty_four_revisions(scratch: Scratch) {
        let store = scratch.store().await;
        let mut writers = tokio::task::JoinSet::new();
        for n in 0..64 {
            let store = store.clone();
            writers.spawn(async move {
                let mut new = small_site();
                new.catalogue = json!({ "n": n });
                apply(&store, &new).await
            });
        }
        let mut revisions: Vec<i64> = writers.join_all().await.into_iter().map(|done| done.unwrap().revision).collect();
        revisions.sort_unstable();
        assert_eq!(revisions, (1..=64).collect::<Vec<_>>());
        let rows = store.read(site::load).await.unwrap();
        assert_eq!((rows.revision, rows.catalogue.map(|(version, _)| version)), (64, Some(64)));
    }
}

#[test]
fn kinds_sort_as_they_are_told() {
    assert!(ObjectKind::Catalogue < ObjectKind::Group && ObjectKind::Group < ObjectKind::Preset);
}
