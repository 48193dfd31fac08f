//! A database of one's own for each test, on SQLite and on PostgreSQL, gone with the test.

use std::sync::Once;
use std::time::{Duration, SystemTime};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jupyterhub_presets::store::{DatabaseUrl, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// How old a database must be to count as left over by a run that crashed.
const LEFTOVER: Duration = Duration::from_secs(3600);
const PREFIX: &str = "presets_test_";

/// A database that nobody else uses; dropped with the value.
pub enum Scratch {
    Sqlite(TempDir),
    /// A schema of its own in the database at `TEST_POSTGRES_URL`.
    Postgres {
        server: String,
        schema: String,
    },
}

impl Scratch {
    pub fn sqlite() -> Self {
        static SWEEP: Once = Once::new();
        SWEEP.call_once(sweep_directories);
        Self::Sqlite(tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a temporary directory"))
    }

    /// None where there is no PostgreSQL to test with.
    pub fn postgres() -> Option<Self> {
        static SWEEP: Once = Once::new();
        let server = crate::left_out::postgres()?;
        SWEEP.call_once(|| sweep_schemas(&server));
        let schema = format!("{PREFIX}{}", Uuid::now_v7().simple());
        connected(&server).batch_execute(&format!("CREATE SCHEMA {schema}")).expect("the schema is new");
        Some(Self::Postgres { server, schema })
    }

    /// The address as a configuration file would hold it.
    pub fn address(&self) -> String {
        match self {
            Self::Sqlite(dir) => format!("sqlite:{}", dir.path().join("presets.sqlite").display()),
            Self::Postgres { server, schema } => {
                let joint = if server.contains('?') { '&' } else { '?' };
                format!("{server}{joint}options=--search_path%3D{schema}")
            }
        }
    }

    pub fn url(&self) -> DatabaseUrl {
        self.address().parse().expect("an address")
    }

    /// A store with its tables set up.
    pub async fn store(&self) -> Store {
        let store = Store::open(&self.url(), 8);
        store.migrate().await.expect("an empty database takes the tables");
        store
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// How many rows there are: `audit WHERE version = 1`.
    pub fn count(&self, rows: &str) -> i64 {
        let question = format!("SELECT count(*) AS number FROM {rows}");
        let found: Counted = match self {
            Self::Sqlite(dir) => {
                let path = dir.path().join("presets.sqlite");
                let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a file");
                diesel::sql_query(question).get_result(&mut conn).expect("a number")
            }
            Self::Postgres { .. } => {
                diesel::sql_query(question).get_result(&mut connected(&self.address())).expect("a number")
            }
        };
        found.number
    }

    /// Runs statements past the store, as an administrator would in a shell.
    pub fn sql(&self, statements: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(dir) => {
                let path = dir.path().join("presets.sqlite");
                let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("a file");
                conn.batch_execute("PRAGMA busy_timeout = 5000")?;
                conn.batch_execute(statements)
            }
            Self::Postgres { .. } => {
                let address = self.address();
                connected(&address).batch_execute(statements)
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Self::Postgres { server, schema } = self {
            let dropped = connected(server).batch_execute(&format!("DROP SCHEMA {schema} CASCADE"));
            // A second panic would hide the test's own; the sweep finds what is left.
            assert!(dropped.is_ok() || std::thread::panicking(), "{dropped:?}");
        }
    }
}

fn connected(server: &str) -> PgConnection {
    PgConnection::establish(server).expect("the database at TEST_POSTGRES_URL answers")
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Schema {
    #[diesel(sql_type = Text)]
    name: String,
}

fn sweep_schemas(server: &str) {
    let mut conn = connected(server);
    let found: Vec<Schema> =
        diesel::sql_query("SELECT nspname::text AS name FROM pg_namespace WHERE starts_with(nspname, $1)")
            .bind::<Text, _>(PREFIX)
            .load(&mut conn)
            .expect("a list of schemas");
    for schema in found.iter().filter(|schema| is_leftover(&schema.name)) {
        // Another run may sweep the same one.
        let _ = conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.name));
    }
}

/// By the time in its name (UUID version 7).
fn is_leftover(schema: &str) -> bool {
    let made = schema
        .strip_prefix(PREFIX)
        .and_then(|id| id.parse::<Uuid>().ok()?.get_timestamp())
        .map(|stamp| SystemTime::UNIX_EPOCH + Duration::from_secs(stamp.to_unix().0));
    made.and_then(|made| made.elapsed().ok()).is_some_and(|age| age > LEFTOVER)
}

fn sweep_directories() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let age =
            entry.metadata().and_then(|found| found.modified()).ok().and_then(|made| made.elapsed().ok());
        if is_ours && age.is_some_and(|age| age > LEFTOVER) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Makes each `async fn name(scratch: Scratch)` two tests: `name::sqlite` and `name::postgres`.
macro_rules! on_each_database {
    ($($(#[$meta:meta])* async fn $name:ident($scratch:ident: Scratch) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "not every test needs what its file imports")]
            use super::*;

            $(#[$meta])*
            async fn check($scratch: $crate::scratch::Scratch) $body

            #[tokio::test]
            async fn sqlite() {
                check($crate::scratch::Scratch::sqlite()).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(scratch) = $crate::scratch::Scratch::postgres() {
                    check(scratch).await;
                }
            }
        }
    )*};
}

#[test]
fn only_what_a_crashed_run_left_behind_is_swept() {
    let now = Uuid::now_v7().get_timestamp().expect("version 7 holds one").to_unix().0;
    let id = |seconds| Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0)).simple();
    let made = |seconds| format!("{PREFIX}{}", id(seconds));
    assert!(is_leftover(&made(now - LEFTOVER.as_secs() - 60)));
    assert!(!is_leftover(&made(now - 60)));
    assert!(!is_leftover("public"));
    assert!(!is_leftover(&format!("{PREFIX}of_somebody")));
}
