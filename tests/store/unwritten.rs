//! What cannot be written into the audit is not done: every kind of change, undone at the last row it writes.

use std::collections::BTreeSet;
use std::path::Path;

use super::audit::break_audit_of_kind;
use super::{group, noon, noon_as_kept, preset, small_site};
use crate::scratch::Scratch;
use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::accounts::{self, Account};
use jupyterhub_presets::store::audit::{Actor, By};
use jupyterhub_presets::store::decisions::{Decision, Outcome};
use jupyterhub_presets::store::erasure::{self, Erased};
use jupyterhub_presets::store::events::{self, NewEvent};
use jupyterhub_presets::store::presets::{self, Seen};
use jupyterhub_presets::store::selections::{self, Selection};
use jupyterhub_presets::store::site::{self, NewSite, Owner};
use jupyterhub_presets::store::{DbConnection, Store, StoreError, preferences};
use serde_json::json;

type Change = fn(&mut DbConnection) -> Result<(), StoreError>;

/// What happens; the kind of object of the last row it writes into the audit; and how it is done. Each goes on from the
/// one before.
pub const CHANGES: [(&str, &str, Change); 17] = [
    ("a site file is applied", "preset", |conn| apply(conn, &first_site())),
    ("another site file is applied", "preset", |conn| apply(conn, &other_site())),
    ("an earlier catalogue is put in place again", "catalogue", |conn| {
        apply(conn, &NewSite { catalogue: first_site().catalogue, ..other_site() })
    }),
    ("a preset is made", "preset", |conn| {
        let new = preset("notes", Owner::User("zoe".into()), json!({ "title": "Notes" }));
        presets::create(conn, &new, &by()).map(drop)
    }),
    ("a preset is changed", "preset", |conn| {
        presets::replace(conn, &notes(1), &json!({ "title": "More" }), &by()).map(drop)
    }),
    ("a preset is removed", "preset", |conn| presets::remove(conn, &notes(2), &by())),
    ("an event is made", "event", |conn| {
        let new = event("school", json!({ "title": "School", "owner": "zoe", "managers": ["bob"] }));
        events::create(conn, &new, &by()).map(drop)
    }),
    ("an event is changed", "event", |conn| {
        events::replace(conn, "school", 1, &json!({ "title": "School", "owner": "bob" }), &by()).map(drop)
    }),
    ("a preset is made for an event", "preset", |conn| {
        let new = preset("lesson", Owner::Event("school".into()), json!({ "title": "Lesson" }));
        presets::create(conn, &new, &by()).map(drop)
    }),
    ("an event is removed with its presets", "event", |conn| events::remove(conn, "school", 2, &by())),
    ("somebody sets something", "preferences", |conn| {
        preferences::save(conn, &zoe(), &json!({ "order": ["rome"] }), 0, &by()).map(drop)
    }),
    ("somebody sets something else", "preferences", |conn| {
        preferences::save(conn, &zoe(), &json!({ "order": [] }), 1, &by()).map(drop)
    }),
    ("what an earlier account kept is set aside", "person", |conn| {
        accounts::meet(conn, &zoe(), account(30), &by()).map(drop)
    }),
    ("what was set aside is given back", "person", |conn| {
        let earlier = format!("zoe/{}", account(0).made_at.format("%Y-%m-%dT%H:%M:%SZ"));
        accounts::give_back(conn, &Username::try_from(earlier).unwrap(), &zoe(), &by())
    }),
    ("what somebody started last is forgotten", "selections", |conn| {
        selections::clear(conn, &zoe(), &by()).map(drop)
    }),
    ("somebody makes a preset again", "preset", |conn| {
        let new = preset("notes", Owner::User("zoe".into()), json!({ "title": "Notes" }));
        presets::create(conn, &new, &by()).map(drop)
    }),
    ("a person is erased", "person", |conn| {
        erasure::erase(conn, &zoe(), &by()).map(|erased| assert_eq!(erased, Erased::Gone))
    }),
];

/// What the changes find: somebody with an account who started something and owns an event.
pub async fn begin(store: &Store) {
    let decision = Decision {
        id: Decision::id_at(noon()),
        at: noon(),
        person: zoe(),
        server_name: "gpu".into(),
        asked: json!({ "preset": "rome" }),
        outcome: Outcome::Given(json!({ "preset": "rome" })),
        reasons: json!({ "revision": 0 }),
        request_id: None,
    };
    let selection = Selection {
        person: zoe(),
        server_name: "gpu".into(),
        context: String::new(),
        preset: "rome".into(),
        chosen_values: json!({ "cores": 4 }),
        at: noon_as_kept(),
    };
    store.record_start(decision, Some(selection)).await.unwrap();
    let setting_up = |conn: &mut DbConnection| {
        events::create(conn, &event("club", json!({ "title": "Club", "owner": "zoe" })), &by())?;
        accounts::meet(conn, &zoe(), account(0), &by())
    };
    store.change_person(&zoe(), setting_up).await.unwrap();
}

pub fn zoe() -> Username {
    "zoe".try_into().unwrap()
}

fn by() -> By {
    By { at: noon(), actor: Actor::User("root".try_into().unwrap()), token: None, request_id: None }
}

/// An account that was made so many days after noon.
fn account(days: i64) -> Account {
    Account {
        made_at: noon_as_kept() + TimeDelta::days(days),
        hub_since: noon_as_kept() - TimeDelta::days(1),
    }
}

fn event(key: &str, document: serde_json::Value) -> NewEvent {
    NewEvent { key: key.to_owned(), document }
}

fn notes(version: i64) -> Seen {
    Seen { id: "notes".to_owned(), owner: Owner::User("zoe".into()), version }
}

fn first_site() -> NewSite {
    NewSite { events: vec![event("course", json!({ "title": "Course" }))], ..small_site() }
}

/// As the first, with a change of each kind of object.
fn other_site() -> NewSite {
    let mut site = first_site();
    site.catalogue = json!({ "contact": "somebody else" });
    site.groups = vec![group("physics", "Astronomy"), group("zoology", "Zoology")];
    site.events.clear();
    site.presets.remove(1);
    site
}

fn apply(conn: &mut DbConnection, new: &NewSite) -> Result<(), StoreError> {
    site::replace(conn, new, "root", noon()).map(drop)
}

#[derive(QueryableByName, Debug, PartialEq)]
struct Line {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    line: String,
}

/// Every row of every table, whichever tables there are.
async fn picture(store: &Store, scratch: &Scratch) -> Vec<Line> {
    // A table, and how to say one of its rows in one text.
    let tables = if scratch.is_postgres() {
        "SELECT table_name::text AS name, 't::text' AS line FROM information_schema.tables
         WHERE table_schema = current_schema() ORDER BY 1"
    } else {
        "SELECT m.name AS name, group_concat('quote(t.\"' || c.name || '\")', ' || '','' || ') AS line
         FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY 1 ORDER BY 1"
    };
    let taken = store.read(move |conn| {
        let tables: Vec<Line> = diesel::sql_query(tables).load(conn)?;
        let mut lines = Vec::new();
        for Line { name, line } in tables {
            let rows = format!("SELECT '{name}' AS name, {line} AS line FROM {name} t ORDER BY 2");
            let rows: Vec<Line> = diesel::sql_query(rows).load(conn)?;
            lines.extend(rows);
        }
        Ok(lines)
    });
    taken.await.unwrap()
}

fn mend_audit(scratch: &Scratch) {
    let statements = if scratch.is_postgres() {
        "DROP TRIGGER fault ON audit; DROP FUNCTION fault()"
    } else {
        "DROP TRIGGER fault"
    };
    scratch.sql(statements).unwrap();
}

on_each_database! {
    async fn no_kind_of_change_happens_without_its_audit_row(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store).await;
        for (what, kind, change) in CHANGES {
            let (before, of_the_kind) = (picture(&store, &scratch).await, format!("audit WHERE object_kind = '{kind}'"));
            let rows = scratch.count(&of_the_kind);
            break_audit_of_kind(&scratch, kind);
            // As somebody's change, so that what tells other processes of it is undone with it.
            let refused = store.change_person(&zoe(), change).await.expect_err(what);
            assert!(refused.to_string().contains("fault"), "{what}: {refused:?}");
            assert_eq!(picture(&store, &scratch).await, before, "{what}");
            mend_audit(&scratch);
            let done = store.change_person(&zoe(), change).await;
            assert!(done.is_ok(), "{what}, now that it can be written down: {done:?}");
            assert!(scratch.count(&of_the_kind) > rows, "{what}: it is written down");
        }
    }

    async fn a_picture_shows_each_change_of_a_row(scratch: Scratch) {
        let store = scratch.store().await;
        begin(&store).await;
        let before = picture(&store, &scratch).await;
        let names: BTreeSet<&str> = before.iter().map(|line| line.name.as_str()).collect();
        let there = ["audit", "decisions", "events", "people", "person_changes", "revision", "selections"];
        assert!(there.iter().all(|table| names.contains(table)), "{names:?}");
        scratch.sql("UPDATE selections SET preset = 'milan'").unwrap();
        assert_ne!(picture(&store, &scratch).await, before);
        scratch.sql("UPDATE selections SET preset = 'rome'").unwrap();
        assert_eq!(picture(&store, &scratch).await, before);
    }
}

#[test]
fn whatever_writes_into_the_audit_has_its_changes_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("service");
    let mut found = BTreeSet::new();
    crate::house::walk(&root, &mut |path| {
        if std::fs::read_to_string(path).unwrap().contains("audit::record(") {
            found.insert(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
        }
    });
    let expected = [
        // What it writes down was refused: nothing changes.
        "desk/refusals.rs",
        "store/accounts.rs",
        "store/erasure.rs",
        "store/events.rs",
        "store/preferences.rs",
        "store/presets.rs",
        "store/selections.rs",
        "store/site/replacement.rs",
    ];
    assert_eq!(found, BTreeSet::from(expected.map(str::to_owned)));
}
