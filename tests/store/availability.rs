//! What happens while the database is down, slow, restarting or contended.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use super::{noon, small_site};
use crate::scratch::Scratch;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use jupyterhub_presets::site::Site;
use jupyterhub_presets::store::selections::{self, Selection};
use jupyterhub_presets::store::{DbConnection, Store, StoreError, revision, site};
use serde_json::json;

fn is_unavailable<T>(outcome: &Result<T, StoreError>) -> bool {
    matches!(outcome, Err(StoreError::Unavailable(_)))
}

fn backend(conn: &mut DbConnection) -> Result<i32, StoreError> {
    Ok(diesel::select(diesel::dsl::sql::<Integer>("pg_backend_pid()")).get_result(conn)?)
}

fn selection(name: &str) -> Selection {
    Selection {
        person: name.try_into().unwrap(),
        server_name: String::new(),
        context: String::new(),
        preset: "rome".into(),
        chosen_values: json!({}),
        at: noon(),
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

async fn setting(store: &Store, question: &'static str) -> String {
    store.read(move |conn| Ok(diesel::sql_query(question).get_result::<Setting>(conn)?)).await.unwrap().value
}

#[tokio::test]
async fn a_database_that_is_down_neither_delays_nor_fails_the_start() {
    let nowhere = tempfile::tempdir().unwrap();
    // Accepts, and then says nothing: worse than refusing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [
        format!("sqlite:{}/missing/presets.sqlite", nowhere.path().display()),
        format!("postgres://nobody@{refusing}/none"),
        format!("postgres://nobody@{}/none", silent.local_addr().unwrap()),
    ] {
        let began = Instant::now();
        let store = Store::open(&address.parse().unwrap(), 4);
        assert!(began.elapsed() < Duration::from_millis(100), "{address}: {:?}", began.elapsed());
        let outcome = store.read(revision::current).await;
        assert!(is_unavailable(&outcome), "{address}: {outcome:?}");
        assert!(began.elapsed() < Duration::from_millis(1500), "{address}: {:?}", began.elapsed());
        assert!(is_unavailable(&store.migrate().await), "{address}");
        assert!(!store.is_ready());
    }
}

#[tokio::test]
async fn a_database_that_comes_later_is_used_without_a_restart() {
    let nowhere = tempfile::tempdir().unwrap();
    let folder = nowhere.path().join("later");
    let store = Store::open(&format!("sqlite:{}/presets.sqlite", folder.display()).parse().unwrap(), 2);
    assert!(is_unavailable(&store.migrate().await));
    std::fs::create_dir(&folder).unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.read(revision::current).await.unwrap(), 0);
    let mode = std::fs::metadata(folder.join("presets.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "what people chose is nobody else's business");
}

#[tokio::test]
async fn without_the_database_what_is_published_is_shown_for_a_day_and_no_longer() {
    let scratch = Scratch::sqlite();
    let Scratch::Sqlite(folder) = &scratch else { unreachable!("it is SQLite") };
    let (file, aside) = (folder.path().join("presets.sqlite"), folder.path().join("aside"));
    let in_a_day = || Instant::now() + Duration::from_secs(24 * 60 * 60);
    let a_moment = || tokio::time::sleep(Duration::from_millis(20));
    let published = Site::new(scratch.store().await);
    assert!(published.content().is_none(), "nobody has looked yet");
    published.refresh().await.unwrap();
    let then = in_a_day();
    assert!(published.content_at(then).is_none(), "too old by then");
    a_moment().await;
    published.refresh().await.unwrap();
    assert!(published.content_at(then).is_some(), "a look counts, even where nothing has changed");
    let then = in_a_day();
    a_moment().await;
    std::fs::rename(&file, &aside).unwrap();
    assert!(is_unavailable(&published.refresh().await));
    assert!(published.content_at(then).is_none(), "a look that fails does not count");
    assert!(published.content().is_some(), "it is not a day yet");
    std::fs::rename(&aside, &file).unwrap();
    published.refresh().await.unwrap();
    assert!(published.content_at(then).is_some());
}

#[tokio::test]
async fn a_terminated_connection_is_replaced() {
    let Some(scratch) = Scratch::postgres() else { return };
    let store = Store::open(&scratch.url(), 1);
    store.migrate().await.unwrap();
    let pid = store.read(backend).await.unwrap();
    scratch.sql(&format!("SELECT pg_terminate_backend({pid}, 5000)")).unwrap();
    assert_eq!(store.read(revision::current).await.unwrap(), 0);
    assert_ne!(store.read(backend).await.unwrap(), pid);
}

#[tokio::test]
async fn a_connection_that_dies_in_a_change_takes_the_change_with_it() {
    let Some(scratch) = Scratch::postgres() else { return };
    let store = Store::open(&scratch.url(), 1);
    store.migrate().await.unwrap();
    let address = scratch.address();
    let outcome = store
        .write(move |conn| {
            site::replace(conn, &small_site(), "root", noon())?;
            let pid = backend(conn)?;
            PgConnection::establish(&address)
                .unwrap()
                .batch_execute(&format!("SELECT pg_terminate_backend({pid}, 5000)"))
                .unwrap();
            revision::current(conn)
        })
        .await;
    assert!(is_unavailable(&outcome), "{outcome:?}");
    assert_eq!(store.read(revision::current).await.unwrap(), 0);
    store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
}

#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let Some(scratch) = Scratch::postgres() else { return };
    let store = scratch.store().await;
    let meet = Arc::new(Barrier::new(2));
    let mut pair = tokio::task::JoinSet::new();
    for names in [["alice", "bob"], ["bob", "alice"]] {
        let (store, meet) = (store.clone(), meet.clone());
        let mut tries = 0;
        pair.spawn(async move {
            store
                .write(move |conn| {
                    tries += 1;
                    selections::remember(conn, &selection(names[0]))?;
                    if tries == 1 {
                        meet.wait();
                    }
                    selections::remember(conn, &selection(names[1]))?;
                    Ok(tries)
                })
                .await
        });
    }
    let mut tries: Vec<i32> = pair.join_all().await.into_iter().map(Result::unwrap).collect();
    tries.sort_unstable();
    assert_eq!(tries, [1, 2]);
}

#[tokio::test]
async fn every_connection_of_sqlite_is_set_up() {
    let store = Scratch::sqlite();
    let store = store.store().await;
    for (question, value) in [
        ("SELECT CAST(timeout AS TEXT) AS value FROM pragma_busy_timeout", "5000"),
        ("SELECT journal_mode AS value FROM pragma_journal_mode", "wal"),
        ("SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous", "2"),
        ("SELECT CAST(foreign_keys AS TEXT) AS value FROM pragma_foreign_keys", "1"),
        ("SELECT CAST(trusted_schema AS TEXT) AS value FROM pragma_trusted_schema", "0"),
        ("SELECT CAST(journal_size_limit AS TEXT) AS value FROM pragma_journal_size_limit", "16777216"),
    ] {
        assert_eq!(setting(&store, question).await, value, "{question}");
    }
}

#[tokio::test]
async fn a_reader_of_sqlite_cannot_write() {
    let scratch = Scratch::sqlite();
    let store = scratch.store().await;
    let outcome = store.read(|conn| site::replace(conn, &small_site(), "root", noon())).await;
    assert!(is_unavailable(&outcome), "{outcome:?}");
    assert_eq!(store.read(revision::current).await.unwrap(), 0);
}

#[tokio::test]
async fn every_connection_of_postgres_is_set_up() {
    let Some(scratch) = Scratch::postgres() else { return };
    let store = scratch.store().await;
    for (question, value) in [
        ("SELECT current_setting('statement_timeout') AS value", "2s"),
        ("SELECT current_setting('lock_timeout') AS value", "1500ms"),
        ("SELECT current_setting('idle_in_transaction_session_timeout') AS value", "5s"),
        ("SELECT current_setting('TimeZone') AS value", "UTC"),
        ("SELECT current_setting('synchronous_commit') AS value", "on"),
        ("SELECT current_setting('application_name') AS value", "jupyterhub-presets"),
    ] {
        assert_eq!(setting(&store, question).await, value, "{question}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_called_off() {
    let Some(scratch) = Scratch::postgres() else { return };
    let store = scratch.store().await;
    let outcome = store.write(|conn| Ok(conn.batch_execute("SELECT pg_sleep(10)")?)).await;
    assert!(is_unavailable(&outcome), "{outcome:?}");
    assert_eq!(store.read(revision::current).await.unwrap(), 0);
}

on_each_database! {
    async fn a_reader_does_not_wait_for_ever(scratch: Scratch) {
        let store = scratch.store().await;
        let began = Instant::now();
        let outcome = store.read(|_| { std::thread::sleep(Duration::from_secs(4)); Ok(()) }).await;
        assert!(is_unavailable(&outcome), "{outcome:?}");
        assert!(began.elapsed() < Duration::from_millis(2500), "{:?}", began.elapsed());
        assert_eq!(store.read(revision::current).await.unwrap(), 0, "the others go on");
    }

    async fn who_finds_every_connection_taken_is_told_soon(scratch: Scratch) {
        let store = scratch.store().await;
        let gate = Arc::new(Barrier::new(9));
        let mut holders = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (store, gate) = (store.clone(), gate.clone());
            holders.spawn(async move { store.read(move |_| { gate.wait(); std::thread::sleep(Duration::from_millis(1500)); Ok(()) }).await });
        }
        tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        let began = Instant::now();
        let outcome = store.read(revision::current).await;
        assert!(is_unavailable(&outcome), "{outcome:?}");
        assert!(began.elapsed() < Duration::from_millis(1300), "{:?}", began.elapsed());
        for held in holders.join_all().await {
            held.unwrap();
        }
        store.read(revision::current).await.unwrap();
    }

    async fn two_services_on_one_database_take_turns(scratch: Scratch) {
        let services = [scratch.store().await, scratch.store().await];
        let mut writers = tokio::task::JoinSet::new();
        for n in 0..64 {
            let store = services[n % 2].clone();
            writers.spawn(async move {
                let mut new = small_site();
                new.catalogue = json!({ "n": n });
                store.write_patiently(move |conn| site::replace(conn, &new, "root", noon())).await
            });
        }
        for change in writers.join_all().await {
            change.unwrap();
        }
        for store in services {
            assert_eq!(store.read(revision::current).await.unwrap(), 64);
        }
    }

    async fn a_panic_in_a_change_undoes_it(scratch: Scratch) {
        let store = scratch.store().await;
        let outcome: Result<(), _> = store.write(|conn| {
            site::replace(conn, &small_site(), "root", noon())?;
            panic!("on purpose")
        }).await;
        assert!(outcome.is_err());
        assert_eq!(store.read(revision::current).await.unwrap(), 0);
        store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
    }

    async fn an_error_in_a_change_undoes_it(scratch: Scratch) {
        let store = scratch.store().await;
        let outcome: Result<(), _> = store.write(|conn| {
            site::replace(conn, &small_site(), "root", noon())?;
            Err(StoreError::NotFound)
        }).await;
        assert!(matches!(outcome, Err(StoreError::NotFound)), "{outcome:?}");
        assert_eq!(store.read(revision::current).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_change_that_another_process_keeps_waiting_is_refused_within_three_seconds() {
    let scratch = Scratch::sqlite();
    let store = scratch.store().await;
    let Scratch::Sqlite(dir) = &scratch else { unreachable!("made above") };
    let mut other = SqliteConnection::establish(dir.path().join("presets.sqlite").to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let changes = (0..4).map(|_| store.write(|conn| site::replace(conn, &small_site(), "root", noon())));
    for outcome in futures_util::future::join_all(changes).await {
        assert!(is_unavailable(&outcome), "{outcome:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn another_process_may_hold_the_write_lock_for_a_while() {
    let scratch = Scratch::sqlite();
    let store = scratch.store().await;
    let Scratch::Sqlite(dir) = &scratch else { unreachable!("made above") };
    let mut other = SqliteConnection::establish(dir.path().join("presets.sqlite").to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let change = tokio::spawn({
        let store = store.clone();
        async move { store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(store.read(revision::current).await.unwrap(), 0, "readers do not wait");
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(change.await.unwrap().unwrap().revision, 1);
}
