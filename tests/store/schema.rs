//! The two series of migrations: alike, applied once, and never run backwards past a newer version.

use std::collections::BTreeMap;
use std::path::Path;

use super::{noon, small_site};
use crate::scratch::Scratch;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jupyterhub_presets::store::{Store, StoreError, site};

const NEWER: &str =
    "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('29991231235959', '2026-11-21')";

#[derive(QueryableByName, Debug, PartialEq)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

async fn columns(scratch: &Scratch) -> Vec<Column> {
    let question = if scratch.is_postgres() {
        "SELECT table_name::text, ordinal_position::bigint AS position, column_name::text, is_nullable::text AS nullable
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_\\_%'
         ORDER BY table_name::text COLLATE \"C\", 2"
    } else {
        "SELECT m.name AS table_name, c.cid + 1 AS position, c.name AS column_name,
                CASE c.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END AS nullable
         FROM sqlite_master m JOIN pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY 1, 2"
    };
    let store = scratch.store().await;
    store.read(move |conn| Ok(diesel::sql_query(question).load(conn)?)).await.unwrap()
}

#[tokio::test]
async fn both_series_build_the_same_tables() {
    let Some(postgres) = Scratch::postgres() else { return };
    let (ours, theirs) = (columns(&Scratch::sqlite()).await, columns(&postgres).await);
    assert_eq!(ours, theirs);
    let tables: BTreeMap<&str, usize> = ours.iter().fold(BTreeMap::new(), |mut tables, column| {
        *tables.entry(column.table_name.as_str()).or_default() += 1;
        tables
    });
    let expected = [
        ("accounts", 3),
        ("audit", 12),
        ("audit_of_people", 5),
        ("audit_seals", 7),
        ("catalogues", 4),
        ("decisions", 9),
        ("events", 6),
        ("idempotency", 7),
        ("people", 2),
        ("person_changes", 3),
        ("preferences", 4),
        ("preset_versions", 7),
        ("presets", 8),
        ("revision", 2),
        ("selections", 6),
        ("sessions", 7),
        ("sign_ins", 5),
        ("site_groups", 4),
    ];
    assert_eq!(tables, BTreeMap::from(expected));
}

#[tokio::test]
async fn every_text_of_postgres_compares_by_bytes() {
    #[derive(QueryableByName, Debug)]
    struct Texts {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
        collation: Option<String>,
    }
    let Some(scratch) = Scratch::postgres() else { return };
    let question = "SELECT table_name || '.' || column_name AS name, collation_name::text AS collation
                    FROM information_schema.columns WHERE table_schema = current_schema()
                    AND data_type = 'text' AND table_name NOT LIKE '\\_\\_%'";
    let store = scratch.store().await;
    let texts: Vec<Texts> =
        store.read(move |conn| Ok(diesel::sql_query(question).load(conn)?)).await.unwrap();
    assert!(texts.len() > 20, "{texts:?}");
    let others: Vec<_> =
        texts.iter().filter(|text| text.collation.as_deref() != Some("C")).map(|text| &text.name).collect();
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn both_series_are_named_alike() {
    let names = |series: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(series);
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

on_each_database! {
    async fn migrating_again_finds_nothing_to_do(scratch: Scratch) {
        let store = scratch.store().await;
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(scratch.store().await.read(site::load).await.unwrap().revision, 1);
    }

    async fn the_way_back_leaves_nothing_behind(scratch: Scratch) {
        let tables = columns(&scratch).await;
        let series = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(if scratch.is_postgres() { "postgres" } else { "sqlite" });
        let mut steps: Vec<_> = std::fs::read_dir(series).unwrap().map(|entry| entry.unwrap().path()).collect();
        steps.sort();
        for step in steps.iter().rev() {
            scratch.sql(&std::fs::read_to_string(step.join("down.sql")).unwrap()).unwrap();
        }
        // Whatever were left would be in the way of the same migration now.
        scratch.sql("DELETE FROM __diesel_schema_migrations").unwrap();
        assert_eq!(columns(&scratch).await, tables);
    }

    async fn eight_replicas_start_together(scratch: Scratch) {
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = Store::open(&scratch.url(), 2);
            replicas.spawn(async move { store.migrate().await.map(|_| store.is_ready()) });
        }
        for outcome in replicas.join_all().await {
            assert!(outcome.unwrap());
        }
        assert_eq!(scratch.store().await.read(site::load).await.unwrap().revision, 0);
    }

    async fn before_the_tables_are_there_nothing_is_written(scratch: Scratch) {
        let store = Store::open(&scratch.url(), 2);
        assert!(!store.is_ready());
        let error = store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap_err();
        assert!(matches!(&error, StoreError::Unavailable(why) if why.to_string().contains("not set up")), "{error:?}");
        let error = store.read(site::load).await.unwrap_err();
        assert!(matches!(&error, StoreError::Unavailable(why) if why.to_string().contains("not set up")), "{error:?}");
        store.migrate().await.unwrap();
        assert!(store.is_ready());
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
    }

    async fn tables_of_a_newer_version_are_read_and_not_written(scratch: Scratch) {
        scratch.store().await.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        scratch.sql(NEWER).unwrap();
        let store = Store::open(&scratch.url(), 2);
        for error in [
            store.migrate().await.unwrap_err(),
            store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap_err(),
        ] {
            assert!(matches!(&error, StoreError::NewerSchema(migration) if migration == "29991231235959"), "{error:?}");
            assert!(error.to_string().contains("install the newer version"), "{error}");
        }
        assert!(!store.is_ready());
        assert_eq!(store.read(site::load).await.unwrap().revision, 1);
    }
}

#[tokio::test]
async fn a_damaged_file_is_never_written_again() {
    let scratch = Scratch::sqlite();
    {
        let store = scratch.store().await;
        let mut new = small_site();
        new.presets[0].document = serde_json::json!({ "title": "x".repeat(200_000) });
        store.write(move |conn| site::replace(conn, &new, "root", noon())).await.unwrap();
    }
    let Scratch::Sqlite(dir) = &scratch else { unreachable!("made above") };
    let path = dir.path().join("presets.sqlite");
    scratch.sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    assert!(bytes.len() > 200_000, "{}", bytes.len());
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..].chunks_mut(4096).for_each(|page| page[..16].fill(0xA5));
    std::fs::write(&path, &bytes).unwrap();
    let store = Store::open(&scratch.url(), 2);
    for error in [
        store.migrate().await.unwrap_err(),
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap_err(),
    ] {
        assert!(matches!(&error, StoreError::Damaged(_)), "{error:?}");
        assert!(error.to_string().contains("restore it from a backup"), "{error}");
    }
    assert!(!store.is_ready());
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "never recreated");
}
