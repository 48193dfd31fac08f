//! Presets that people make: each change whole, counted, written down, and never lost.

use super::{noon, noon_as_kept, preset, small_site};
use chrono::TimeDelta;
use jupyterhub_presets::store::audit;
use jupyterhub_presets::store::presets::{self, Author, Filter, Place, Seen, Whose};
use jupyterhub_presets::store::site::{self, Owner, PresetRow};
use jupyterhub_presets::store::{Store, StoreError, revision};
use serde_json::{Value, json};

fn author(actor: &str) -> Author {
    let actor = audit::Actor::User(actor.try_into().unwrap());
    Author { actor, token: Some("a7".to_owned()), request_id: Some("r1".to_owned()), at: noon() }
}

fn alice() -> Owner {
    Owner::User("alice".into())
}

async fn create(store: &Store, id: &str, owner: Owner, title: &str) -> Result<PresetRow, StoreError> {
    let new = preset(id, owner, json!({ "title": title }));
    store.write(move |conn| presets::create(conn, &new, &author("alice"))).await
}

async fn replace(store: &Store, seen: &Seen, document: Value) -> Result<PresetRow, StoreError> {
    let seen = seen.clone();
    store.write(move |conn| presets::replace(conn, &seen, &document, &author("alice"))).await
}

async fn remove(store: &Store, seen: &Seen) -> Result<(), StoreError> {
    let seen = seen.clone();
    store.write(move |conn| presets::remove(conn, &seen, &author("alice"))).await
}

async fn find(store: &Store, id: &'static str) -> Option<PresetRow> {
    store.read(move |conn| presets::find(conn, id)).await.unwrap()
}

fn seen(id: &str, version: i64) -> Seen {
    Seen { id: id.to_owned(), owner: alice(), version }
}

on_each_database! {
    async fn a_preset_is_made_changed_and_removed(scratch: Scratch) {
        let store = scratch.store().await;
        let made = create(&store, "notes", alice(), "Notes").await.unwrap();
        assert_eq!((made.version, made.managed, made.created_at), (1, false, noon_as_kept()));
        assert_eq!(find(&store, "notes").await, Some(made));
        let changed = replace(&store, &seen("notes", 1), json!({ "title": "More" })).await.unwrap();
        assert_eq!((changed.version, changed.document), (2, json!({ "title": "More" })));
        remove(&store, &seen("notes", 2)).await.unwrap();
        assert_eq!(find(&store, "notes").await, None);
        assert_eq!(store.read(revision::current).await.unwrap(), 3);
        let entries = store.read(|conn| audit::since(conn, 0, 10)).await.unwrap();
        let told: Vec<_> = entries.iter().map(|(_, entry)| {
            assert_eq!((entry.actor.to_string().as_str(), entry.token.as_deref(), entry.request_id.as_deref()), ("alice", Some("a7"), Some("r1")));
            (entry.action.as_str(), entry.version, entry.before.clone(), entry.after.clone())
        }).collect();
        let document = |title: &str| Some(json!({ "title": title, "owner": { "user": "alice" } }));
        assert_eq!(told, [
            ("add", 1, None, document("Notes")),
            ("change", 2, document("Notes"), document("More")),
            ("remove", 2, document("More"), None),
        ]);
    }

    async fn one_that_comes_back_goes_on_counting(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "notes", alice(), "Notes").await.unwrap();
        replace(&store, &seen("notes", 1), json!({ "title": "Secret" })).await.unwrap();
        remove(&store, &seen("notes", 2)).await.unwrap();
        let back = create(&store, "notes", Owner::User("bob".into()), "Bob's").await.unwrap();
        assert_eq!(back.version, 3);
        // What alice wrote is not bob's to read.
        let row = back.clone();
        let kept = store.read(move |conn| presets::versions(conn, &row, None, 10)).await.unwrap();
        assert_eq!(kept.iter().map(|kept| kept.version).collect::<Vec<_>>(), [3]);
        for (version, there) in [(1, false), (2, false), (3, true), (4, false)] {
            let row = back.clone();
            let found = store.read(move |conn| presets::version(conn, &row, version)).await.unwrap();
            assert_eq!(found.is_some(), there, "{version}");
        }
    }

    async fn history_is_told_page_by_page_latest_first(scratch: Scratch) {
        let store = scratch.store().await;
        let mut row = create(&store, "notes", alice(), "1").await.unwrap();
        for version in 1..5 {
            row = replace(&store, &seen("notes", version), json!({ "title": (version + 1).to_string() })).await.unwrap();
        }
        let page = |before| {
            let (store, row) = (store.clone(), row.clone());
            async move { store.read(move |conn| presets::versions(conn, &row, before, 2)).await.unwrap() }
        };
        let first = page(None).await;
        assert_eq!(first.iter().map(|kept| (kept.version, kept.changed_by.as_str())).collect::<Vec<_>>(), [(5, "alice"), (4, "alice")]);
        assert_eq!(page(Some(4)).await.iter().map(|kept| kept.version).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(first[0].document, json!({ "title": "5" }));
    }

    async fn a_change_of_what_somebody_else_changed_is_refused(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "notes", alice(), "Notes").await.unwrap();
        replace(&store, &seen("notes", 1), json!({ "title": "More" })).await.unwrap();
        let error = replace(&store, &seen("notes", 1), json!({ "title": "Lost?" })).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { current: 2 }), "{error:?}");
        let error = remove(&store, &seen("notes", 1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { current: 2 }), "{error:?}");
        let foreign = Seen { owner: Owner::Site, ..seen("notes", 2) };
        for seen in [seen("nix", 1), foreign] {
            let error = replace(&store, &seen, json!({ "title": "x" })).await.unwrap_err();
            assert!(matches!(error, StoreError::NotFound), "{error:?}");
        }
        assert_eq!(find(&store, "notes").await.unwrap().document, json!({ "title": "More" }));
        assert_eq!(store.read(revision::current).await.unwrap(), 2);
    }

    async fn what_the_site_file_says_is_changed_there(scratch: Scratch) {
        let store = scratch.store().await;
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        for error in [
            replace(&store, &seen("mine", 1), json!({ "title": "x" })).await.unwrap_err(),
            remove(&store, &seen("mine", 1)).await.unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::Managed), "{error:?}");
        }
        let error = create(&store, "mine", alice(), "x").await.unwrap_err();
        assert!(matches!(&error, StoreError::Duplicate(why) if why.contains("`mine`")), "{error:?}");
        // And the site file leaves alone what people made.
        let made = create(&store, "notes", alice(), "Notes").await.unwrap();
        let changes = store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        assert!(changes.changes.is_empty(), "{changes:?}");
        assert_eq!(find(&store, "notes").await, Some(made));
    }

    async fn there_is_an_end_to_what_one_person_keeps(scratch: Scratch) {
        let store = scratch.store().await;
        let most = presets::most(&alice());
        for n in 0..most {
            create(&store, &format!("p{n}"), alice(), "x").await.unwrap();
        }
        let error = create(&store, "one-more", alice(), "x").await.unwrap_err();
        assert!(matches!(error, StoreError::Full { most } if most == 200), "{error:?}");
        create(&store, "of-bob", Owner::User("bob".into()), "x").await.unwrap();
        remove(&store, &seen("p7", 1)).await.unwrap();
        create(&store, "one-more", alice(), "x").await.unwrap();
    }

    async fn limits_hold_for_whoever_writes(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "notes", alice(), "Notes").await.unwrap();
        for document in [json!({ "title": "" }), json!({}), json!({ "title": "x".repeat(101) }), json!({ "title": "x", "y": "z".repeat(65_536) })] {
            let new = preset("other", alice(), document.clone());
            assert!(store.write(move |conn| presets::create(conn, &new, &author("alice"))).await.is_err());
            assert!(replace(&store, &seen("notes", 1), document).await.is_err());
        }
        create(&store, "umlauts", alice(), &"ü".repeat(100)).await.unwrap();
        for statement in [
            "UPDATE presets SET version = 0",
            "UPDATE presets SET document = '{\"title\": \"\"}'",
            "UPDATE presets SET owner_kind = 'service'",
            "UPDATE preset_versions SET owner_kind = 'service'",
            "INSERT INTO preset_versions SELECT * FROM preset_versions",
        ] {
            assert!(scratch.sql(statement).is_err(), "{statement}");
        }
        assert_eq!(store.read(revision::current).await.unwrap(), 2);
    }

    async fn a_list_is_stable_whoever_adds_to_it(scratch: Scratch) {
        let store = scratch.store().await;
        for n in 0..7 {
            create(&store, &format!("p{}", 6 - n), alice(), "x").await.unwrap();
        }
        let (mut place, mut seen) = (None, Vec::new());
        loop {
            let after = place.clone();
            let page = store.read(move |conn| presets::page(conn, &Whose::Everybodys, &Filter::default(), after.as_ref(), 3)).await.unwrap();
            let Some(last) = page.last() else { break };
            place = Some(Place { made_at: last.created_at, id: last.id.clone() });
            seen.extend(page.into_iter().map(|row| row.id));
            let late = Author { at: noon() + TimeDelta::microseconds(seen.len() as i64), ..author("bob") };
            let new = preset(&format!("late{}", seen.len()), alice(), json!({ "title": "x" }));
            if seen.len() < 7 {
                store.write(move |conn| presets::create(conn, &new, &late)).await.unwrap();
            }
        }
        assert_eq!(seen, ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "late3", "late6"]);
    }

    async fn a_list_holds_what_is_theirs_to_see(scratch: Scratch) {
        let store = scratch.store().await;
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        create(&store, "of-bob", Owner::User("bob".into()), "x").await.unwrap();
        create(&store, "of-chem", Owner::Group("chemistry".into()), "x").await.unwrap();
        let listed = |whose: Whose, owner: Option<(&'static str, &str)>| {
            let filter = owner.map(|(kind, name)| Filter { kind: Some(kind), owner: Some(name.to_owned()) }).unwrap_or_default();
            let store = store.clone();
            async move {
                let rows = store.read(move |conn| presets::page(conn, &whose, &filter, None, 100)).await.unwrap();
                rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
            }
        };
        let visible = |groups: &[&str], person: Option<&str>| Whose::Visible {
            events: vec![],
            of_events: vec![],
            groups: groups.iter().map(|key| (*key).to_owned()).collect(),
            person: person.map(str::to_owned),
        };
        assert_eq!(listed(visible(&[], None), None).await, ["rome"]);
        assert_eq!(listed(visible(&["physics"], Some("alice")), None).await, ["mine", "pytorch", "rome"]);
        assert_eq!(listed(visible(&["chemistry"], Some("bob")), None).await, ["of-bob", "of-chem", "rome"]);
        // A group called alice is not alice.
        assert_eq!(listed(visible(&["alice"], Some("physics")), None).await, ["rome"]);
        assert_eq!(listed(Whose::Everybodys, None).await.len(), 5);
        assert_eq!(listed(Whose::Everybodys, Some(("group", "physics"))).await, ["pytorch"]);
        assert_eq!(listed(visible(&[], Some("alice")), Some(("user", "bob"))).await, Vec::<String>::new());
    }

    async fn of_fifty_editors_one_wins_each_round(scratch: Scratch) {
        let store = scratch.store().await;
        create(&store, "notes", alice(), "0").await.unwrap();
        for version in 1..=4 {
            let mut editors = tokio::task::JoinSet::new();
            for n in 0..50 {
                let store = store.clone();
                editors.spawn(async move { replace(&store, &seen("notes", version), json!({ "title": format!("by {n}") })).await });
            }
            let outcomes = editors.join_all().await;
            let won: Vec<&PresetRow> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "{outcomes:?}");
            let stale = |outcome: &Result<PresetRow, StoreError>| matches!(outcome, Err(StoreError::Stale { current }) if *current == version + 1);
            assert_eq!(outcomes.iter().filter(|outcome| stale(outcome)).count(), 49, "{outcomes:?}");
            assert_eq!(find(&store, "notes").await.as_ref(), Some(won[0]));
        }
        assert_eq!(store.read(revision::current).await.unwrap(), 5);
    }

    async fn what_changed_since_is_told_where_only_presets_did(scratch: Scratch) {
        let store = scratch.store().await;
        let since = |known| {
            let store = store.clone();
            async move { store.read(move |conn| site::since(conn, known)).await.unwrap() }
        };
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        assert_eq!(since(0).await, None, "a catalogue is more than presets");
        assert_eq!(since(1).await, Some(site::Newer { revision: 1, presets: vec![] }));
        create(&store, "b", alice(), "1").await.unwrap();
        create(&store, "a", alice(), "1").await.unwrap();
        let last = replace(&store, &seen("a", 1), json!({ "title": "2" })).await.unwrap();
        remove(&store, &seen("b", 1)).await.unwrap();
        let newer = since(1).await.unwrap();
        assert_eq!(newer, site::Newer { revision: 5, presets: vec![("a".to_owned(), Some(last.clone())), ("b".to_owned(), None)] });
        assert_eq!(since(3).await.unwrap().presets.len(), 2);
        // A site file that only changes presets is no more than that.
        let mut new = small_site();
        new.presets.remove(1);
        store.write(move |conn| site::replace(conn, &new, "root", noon())).await.unwrap();
        assert_eq!(since(5).await, Some(site::Newer { revision: 6, presets: vec![("rome".to_owned(), None)] }));
        // A revision that left no trace has to be read anew.
        scratch.sql("UPDATE revision SET number = number + 1").unwrap();
        assert_eq!(since(5).await, None);
    }

    async fn without_its_audit_row_there_is_no_change(scratch: Scratch) {
        let store = scratch.store().await;
        let made = create(&store, "notes", alice(), "Notes").await.unwrap();
        scratch.sql(if scratch.is_postgres() {
            "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fault()"
        } else {
            "CREATE TRIGGER fault BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'fault'); END"
        }).unwrap();
        for error in [
            create(&store, "other", alice(), "x").await.unwrap_err(),
            replace(&store, &seen("notes", 1), json!({ "title": "x" })).await.unwrap_err(),
            remove(&store, &seen("notes", 1)).await.unwrap_err(),
        ] {
            assert!(error.to_string().contains("fault"), "{error:?}");
        }
        assert_eq!((find(&store, "notes").await, find(&store, "other").await), (Some(made), None));
        assert_eq!(store.read(revision::current).await.unwrap(), 1);
    }
}
