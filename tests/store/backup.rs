//! Backups: what they hold, who may read them, and what is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::{noon, small_site};
use crate::scratch::Scratch;
use jupyterhub_presets::store::backup::{self, NotBackedUp};
use jupyterhub_presets::store::{DatabaseUrl, DbConnection, Store, StoreError, site};

/// A folder for backups, and a name in it.
fn target() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("kept.sqlite");
    (folder, target)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The site as a service that was given this file would read it.
async fn restored(file: &Path) -> site::SiteRows {
    let store = Store::open(&format!("sqlite:{}", file.display()).parse().unwrap(), 2);
    assert_eq!(store.migrate().await.unwrap(), 0, "its tables are those of this version");
    store.read(site::load).await.unwrap()
}

fn file_of(scratch: &Scratch) -> PathBuf {
    let Scratch::Sqlite(folder) = scratch else { unreachable!("it is SQLite") };
    folder.path().join("presets.sqlite")
}

on_each_database! {
    async fn a_backup_holds_what_was_kept_or_the_program_that_makes_one_is_named(scratch: Scratch) {
        let store = scratch.store().await;
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
        let (folder, target) = target();
        let outcome = backup::copy(&scratch.url(), &target);
        if scratch.is_postgres() {
            let told = outcome.unwrap_err().to_string();
            assert!(told.contains("pg_dump --format=custom --file='"), "{told}");
            assert_eq!(names(folder.path()), Vec::<String>::new());
            return;
        }
        let made = outcome.unwrap();
        let found = std::fs::metadata(&target).unwrap();
        assert_eq!((&made.path, made.bytes, made.database), (&target, found.len(), file_of(&scratch)));
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "what people chose is nobody else's business");
        assert_eq!(names(folder.path()), ["kept.sqlite"], "one file is all there is to keep");
        assert_eq!(restored(&target).await, store.read(site::load).await.unwrap());
    }
}

#[tokio::test]
async fn a_backup_waits_for_no_change_that_is_under_way_and_holds_none_of_it() {
    let scratch = Scratch::sqlite();
    let store = scratch.store().await;
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let writing = store.clone();
    let under_way = tokio::spawn(async move {
        let change = move |conn: &mut DbConnection| {
            let changes = site::replace(conn, &small_site(), "root", noon())?;
            begun.send(()).unwrap();
            may_go_on.recv().unwrap();
            Ok::<_, StoreError>(changes)
        };
        writing.write_patiently(change).await
    });
    tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().unwrap();
    let (_folder, target) = target();
    backup::copy(&scratch.url(), &target).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(under_way.await.unwrap().unwrap().revision, 1);
    assert_eq!(restored(&target).await.revision, 0);
    assert_eq!(store.read(site::load).await.unwrap().revision, 1);
}

#[tokio::test]
async fn what_is_there_is_never_replaced() {
    let scratch = Scratch::sqlite();
    let _store = scratch.store().await;
    let (folder, target) = target();
    let nowhere = folder.path().join("nowhere");
    std::fs::write(&target, "another").unwrap();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(&refused, NotBackedUp::Exists(path) if *path == target), "{refused:?}");
    assert_eq!(std::fs::read(&target).unwrap(), b"another");
    std::fs::remove_file(&target).unwrap();
    std::os::unix::fs::symlink(&nowhere, &target).unwrap();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(refused, NotBackedUp::Exists(_)), "{refused:?}");
    assert_eq!(names(folder.path()), ["kept.sqlite"]);
    std::fs::remove_file(&target).unwrap();
    let part = folder.path().join("kept.sqlite.part");
    std::fs::write(&part, "half").unwrap();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(&refused, NotBackedUp::UnderWay(path) if *path == part), "{refused:?}");
    assert_eq!(std::fs::read(&part).unwrap(), b"half", "it may be another backup's");
    assert_eq!(names(folder.path()), ["kept.sqlite.part"]);
}

#[tokio::test]
async fn where_nothing_is_kept_nothing_is_backed_up_and_nothing_is_made() {
    let scratch = Scratch::sqlite();
    let (folder, target) = target();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(&refused, NotBackedUp::File(path, _) if *path == file_of(&scratch)), "{refused:?}");
    assert!(!file_of(&scratch).exists(), "a database is not made by copying it");
    std::fs::write(file_of(&scratch), "").unwrap();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(refused, NotBackedUp::Empty(_)), "{refused:?}");
    let _store = scratch.store().await;
    let missing = folder.path().join("missing").join("kept.sqlite");
    let refused = backup::copy(&scratch.url(), &missing).unwrap_err();
    assert!(matches!(refused, NotBackedUp::File(..)), "{refused:?}");
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn of_a_damaged_database_no_half_copy_is_left() {
    let scratch = Scratch::sqlite();
    {
        let store = scratch.store().await;
        let mut new = small_site();
        new.presets[0].document = serde_json::json!({ "title": "x".repeat(200_000) });
        store.write(move |conn| site::replace(conn, &new, "root", noon())).await.unwrap();
    }
    scratch.sql("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let mut bytes = std::fs::read(file_of(&scratch)).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..].chunks_mut(4096).for_each(|page| page[..16].fill(0xA5));
    std::fs::write(file_of(&scratch), &bytes).unwrap();
    let (folder, target) = target();
    let refused = backup::copy(&scratch.url(), &target).unwrap_err();
    assert!(matches!(refused, NotBackedUp::Sqlite(_) | NotBackedUp::Damaged(_)), "{refused:?}");
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn the_line_for_postgres_is_one_for_a_shell_and_holds_no_password() {
    let url: DatabaseUrl =
        "postgres://presets:hush@db:5432/presets?sslmode=require&password=hush".parse().unwrap();
    let told = backup::copy(&url, Path::new("it's.dump")).unwrap_err().to_string();
    let line = r"(umask 077; pg_dump --format=custom --file='it'\''s.dump' --dbname='postgres://presets@db:5432/presets?sslmode=require')";
    assert!(told.contains(line) && !told.contains("hush"), "{told}");
}
