//! Export and erase: everything of one person, and after it nothing with their name.

use std::process::Command;

use super::{noon, noon_as_kept, preset, small_site};
use crate::scratch::Scratch;
use chrono::TimeDelta;
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{self, Actor, By, Filter};
use jupyterhub_presets::store::decisions::{self, Decision, Outcome};
use jupyterhub_presets::store::erasure::{self, Erased};
use jupyterhub_presets::store::idempotency::{self, Attempt};
use jupyterhub_presets::store::presets::{self, Seen};
use jupyterhub_presets::store::selections::Selection;
use jupyterhub_presets::store::sessions::{self, Session};
use jupyterhub_presets::store::site::{self, NewSite, Owner};
use jupyterhub_presets::store::{Store, preferences};
use serde_json::json;

/// A name that is in no word of ours.
pub(super) const WHO: &str = "zsófi-o'néill@site";

pub(super) fn name(name: &str) -> Username {
    name.try_into().unwrap()
}

pub(super) fn by(who: &str) -> By {
    By { at: noon(), actor: Actor::User(name(who)), token: Some("a1".into()), request_id: Some("r1".into()) }
}

/// Somebody who did everything that can be done, and somebody else who did the same.
pub(super) async fn lives(store: &Store) {
    let site =
        NewSite { presets: vec![preset("rome", Owner::Site, json!({ "title": "Rome" }))], ..small_site() };
    store.write(move |conn| site::replace(conn, &site, "root", noon())).await.unwrap();
    for (n, who) in ["bob", WHO].into_iter().enumerate() {
        let person = name(who);
        let decision = |outcome| Decision {
            id: Decision::id_at(noon()),
            at: noon_as_kept(),
            person: name(who),
            server_name: format!("{who}-1"),
            asked: json!({ "preset": "rome", "values": { "directory": format!("/home/{who}") } }),
            outcome,
            reasons: json!({ "revision": 1, "groups": [who] }),
            request_id: Some("r1".into()),
        };
        let selection = Selection {
            person: name(who),
            server_name: format!("{who}-1"),
            context: String::new(),
            preset: "rome".into(),
            chosen_values: json!({ "directory": format!("/home/{who}") }),
            at: noon_as_kept() + TimeDelta::minutes(1),
        };
        let session = Session {
            id: format!("{:064}", n),
            person: name(who),
            token: "sealed".into(),
            hub_session: "h".into(),
            created_at: noon_as_kept(),
            seen_at: noon_as_kept(),
            expires_at: noon_as_kept(),
        };
        store.write(move |conn| sessions::begin(conn, &session)).await.unwrap();
        let given = json!({ "preset": "rome", "version": 3, "traits": { "args": [who] }, "environment": { "WHO": who } });
        store.record_start(decision(Outcome::Given(given)), Some(selection)).await.unwrap();
        store.record_start(decision(Outcome::Refused), None).await.unwrap();
        store
            .write(move |conn| {
                preferences::save(conn, &person, &json!({ "order": [format!("{who}-1")] }), 0, &by(who))?;
                preferences::save(conn, &person, &json!({ "order": [] }), 1, &by(who))?;
                let document = json!({ "title": format!("{who}'s own"), "owner": { "user": who } });
                audit::record(
                    conn,
                    &audit::Entry {
                        after: Some(document),
                        ..by(who).entry("add", "preset", &format!("p{n}"), 1)
                    },
                )?;
                audit::record(conn, &by(who).entry("change", "preset", "rome", 2)).map(drop)
            })
            .await
            .unwrap();
    }
}

/// Presets of their own, named after them, and one of the site's that they changed.
pub(super) async fn write_presets(store: &Store) {
    let own = |title: &str| json!({ "title": title, "profile": "node" });
    for (n, who) in ["bob", WHO].into_iter().enumerate() {
        let attempt = |principal: &str, key: &str| Attempt {
            principal_kind: "user".into(),
            principal: principal.into(),
            key: key.into(),
            route: "POST presets".into(),
            digest: "0".repeat(64),
        };
        let reply = json!({ "preset": { "owner": { "user": who }, "title": who } });
        let answered = [attempt(who, "k1"), attempt("root", &format!("k-{n}"))];
        let id = format!("own-of-{who}");
        store
            .write(move |conn| {
                presets::create(conn, &preset(&id, Owner::User(who.into()), own(who)), &by(who))?;
                presets::create(
                    conn,
                    &preset(&format!("{id}-2"), Owner::User(who.into()), own(who)),
                    &by("root"),
                )?;
                let seen = Seen { id: format!("{id}-2"), owner: Owner::User(who.into()), version: 1 };
                presets::remove(conn, &seen, &by(who))?;
                presets::create(conn, &preset(&format!("shared-{n}"), Owner::Site, own("Shared")), &by(who))?;
                answered
                    .iter()
                    .try_for_each(|attempt| idempotency::keep(conn, attempt, reply.clone(), noon()))
            })
            .await
            .unwrap();
    }
}

/// Everything the database holds, as bytes: what `strings` or a thief would see.
fn dump(scratch: &Scratch) -> Vec<u8> {
    match scratch {
        Scratch::Sqlite(dir) => {
            scratch.sql("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
            std::fs::read(dir.path().join("presets.sqlite")).unwrap()
        }
        Scratch::Postgres { server, schema } => {
            let dumped =
                Command::new("pg_dump").args(["--inserts", "--schema", schema, server]).output().unwrap();
            assert!(dumped.status.success(), "{dumped:?}");
            dumped.stdout
        }
    }
}

fn holds(dump: &[u8], text: &str) -> bool {
    dump.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Each way a name may be written down: as it is, in SQL, in JSON.
fn spellings() -> [String; 3] {
    [
        WHO.to_owned(),
        WHO.replace('\'', "''"),
        serde_json::to_string(WHO).unwrap().trim_matches('"').to_owned(),
    ]
}

async fn erase(store: &Store, who: &'static str) -> Erased {
    store.write(move |conn| erasure::erase(conn, &name(who), &by("root"))).await.unwrap()
}

on_each_database! {
    async fn after_erasing_the_name_stands_nowhere(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        write_presets(&store).await;
        assert!(spellings().iter().any(|spelling| holds(&dump(&scratch), spelling)), "it stood there");
        assert_eq!(erase(&store, WHO).await, Erased::Gone);
        let after = dump(&scratch);
        for spelling in spellings() {
            assert!(!holds(&after, &spelling), "{spelling}");
        }
        assert!(holds(&after, "bob-1"), "nobody else lost anything");
        assert_eq!(scratch.count("sessions"), 1, "and nobody else is signed out");
        assert_eq!(scratch.count("preset_versions WHERE id = 'shared-0' AND changed_by = 'bob'"), 1);
        assert_eq!(scratch.count("preset_versions WHERE id = 'shared-1' AND changed_by LIKE 'erased/%'"), 1);
        assert_eq!((scratch.count("presets WHERE owner_kind = 'user'"), scratch.count("idempotency")), (1, 2));
        let held = store.read(|conn| erasure::held(conn, &name(WHO))).await.unwrap();
        assert_eq!((held.preferences, held.selections.len(), held.presets.len(), held.decisions.len(), held.changes.len()), (None, 0, 0, 0, 0));
        let bob = store.read(|conn| erasure::held(conn, &name("bob"))).await.unwrap();
        assert_eq!((bob.preferences.is_some(), bob.selections.len(), bob.decisions.len(), bob.changes.len()), (true, 1, 2, 8));
    }

    async fn the_audit_and_the_decisions_keep_a_pseudonym(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        let before = scratch.count("audit");
        erase(&store, WHO).await;
        assert_eq!(scratch.count("audit"), before + 1, "nothing was taken out, and erasing was added");
        let all = store.read(|conn| audit::latest(conn, &Filter::default(), None, 100)).await.unwrap();
        let erased = &all[0].1;
        assert_eq!((erased.action.as_str(), erased.object_kind.as_str(), &erased.actor), ("erase", "person", &Actor::User(name("root"))));
        let pseudonym = erased.object_id.clone();
        let mark = pseudonym.strip_prefix("erased/").unwrap().to_owned();
        let theirs = store.read({
            let actor = Some(pseudonym.clone());
            move |conn| audit::latest(conn, &Filter { actor, ..Filter::default() }, None, 100)
        }).await.unwrap();
        assert_eq!(theirs.len(), 4, "one person under one pseudonym");
        assert!(theirs.iter().all(|(_, entry)| entry.actor == Actor::Erased(mark.clone())));
        assert!(theirs.iter().all(|(_, entry)| entry.before.is_none() && entry.after.is_none()), "{theirs:?}");
        let pseudonym = name(&pseudonym);
        let kept = store.read(move |conn| decisions::latest_of(conn, &pseudonym, 10)).await.unwrap();
        let given = kept.iter().find(|decision| decision.outcome != Outcome::Refused).unwrap();
        assert_eq!(given.outcome, Outcome::Given(json!({ "preset": "rome", "version": 3 })));
        assert_eq!((&given.asked, &given.reasons), (&json!({}), &json!({ "revision": 1 })));
    }

    async fn erasing_again_finds_nothing_and_says_so(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        assert_eq!(erase(&store, WHO).await, Erased::Gone);
        let rows = scratch.count("audit");
        assert_eq!(erase(&store, WHO).await, Erased::Nothing);
        assert_eq!(erase(&store, "never-was-here").await, Erased::Nothing);
        assert_eq!(scratch.count("audit"), rows);
        assert_eq!(scratch.count("people WHERE person NOT IN ('bob', 'root')"), 0);
    }

    async fn somebody_of_the_same_name_begins_anew(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        erase(&store, WHO).await;
        store.write(|conn| preferences::save(conn, &name(WHO), &json!({ "order": ["x"] }), 0, &by(WHO))).await.unwrap();
        let held = store.read(|conn| erasure::held(conn, &name(WHO))).await.unwrap();
        assert_eq!((held.changes.len(), held.decisions.len(), held.preferences.map(|kept| kept.version)), (1, 0, Some(1)));
        let actors = store.read(|conn| audit::latest(conn, &Filter { actor: Some(WHO.into()), ..Filter::default() }, None, 100)).await.unwrap();
        assert_eq!(actors.len(), 1);
    }

    async fn whom_the_site_file_names_cannot_be_erased_until_it_does_not(scratch: Scratch) {
        let store = scratch.store().await;
        let mut named = small_site();
        named.groups[0].document = json!({ "title": "Physics", "managers": ["alice"] });
        store.write(move |conn| site::replace(conn, &named, "root", noon())).await.unwrap();
        let refused = erase(&store, "alice").await;
        assert_eq!(refused, Erased::StillNamed(vec!["preset mine (owner: user)".into(), "group physics (managers)".into()]));
        assert_eq!(store.read(site::load).await.unwrap().presets.len(), 3, "nothing was touched");
        let mut without = small_site();
        without.presets.retain(|preset| preset.id != "mine");
        store.write(move |conn| site::replace(conn, &without, "root", noon())).await.unwrap();
        assert_eq!(erase(&store, "alice").await, Erased::Gone);
        assert!(!holds(&dump(&scratch), "alice"));
    }

    async fn without_its_audit_row_nobody_is_erased(scratch: Scratch) {
        let store = scratch.store().await;
        lives(&store).await;
        crate::store::audit::break_audit_of_kind(&scratch, "person");
        let error = store.write(|conn| erasure::erase(conn, &name(WHO), &by("root"))).await.unwrap_err();
        assert!(error.to_string().contains("fault"), "{error:?}");
        let held = store.read(|conn| erasure::held(conn, &name(WHO))).await.unwrap();
        assert_eq!((held.preferences.is_some(), held.selections.len(), held.decisions.len(), held.changes.len()), (true, 1, 2, 4));
    }
}
