//! Which database we are connected to, how a connection is opened and made ready, and its transactions.

use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use super::StoreError;
use super::file::DatabaseFile;
use super::url::{Address, DatabaseUrl};

/// One connection to either database. Queries run on it as on any diesel connection.
#[derive(diesel::MultiConnection)]
pub enum DbConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl DbConnection {
    /// Runs `change` in a transaction that commits on `Ok` and rolls back on `Err`.
    ///
    /// Takes the write lock up front on SQLite: a deferred transaction that reads and then writes
    /// dies of `SQLITE_BUSY` at once, whatever `busy_timeout` says. Inside a transaction: a savepoint.
    pub fn write_transaction<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transaction_by("BEGIN IMMEDIATE", "BEGIN", change)
    }

    /// Runs `query` so that everything it reads was true at one instant.
    pub fn read_transaction<T>(
        &mut self,
        query: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transaction_by("BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", query)
    }

    fn transaction_by<T>(
        &mut self,
        sqlite: &str,
        postgres: &str,
        work: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_in_transaction()? {
            return self.transaction(work);
        }
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sqlite)?,
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, postgres)?,
        }
        match work(self) {
            Ok(value) => {
                <Self as Connection>::TransactionManager::commit_transaction(self)?;
                Ok(value)
            }
            Err(error) => {
                // The work's own error is the one worth reporting.
                let _ = <Self as Connection>::TransactionManager::rollback_transaction(self);
                Err(error)
            }
        }
    }

    fn is_in_transaction(&mut self) -> Result<bool, StoreError> {
        let status = match self {
            Self::Sqlite(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
            Self::Postgres(conn) => AnsiTransactionManager::transaction_manager_status_mut(conn),
        };
        Ok(status.transaction_depth()?.is_some())
    }
}

// `busy_timeout` first: the switch to WAL already needs a lock.
const SQLITE_SETUP: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = 16777216;
";

// A lock may be waited for a little longer than the server takes to see a deadlock (1 s), so that a
// deadlock is told as one, and tried again.
// English messages, because diesel hands on no SQLSTATE (see `error.rs`); only some roles may ask
// for them. A site may ask for more than a local sync, never for less.
const POSTGRES_SETUP: &str = "
    SET TIME ZONE 'UTC';
    SET application_name = 'jupyterhub-presets';
    SET statement_timeout = '2s';
    SET lock_timeout = '1500ms';
    SET idle_in_transaction_session_timeout = '5s';
    DO $$ BEGIN
        IF current_setting('synchronous_commit') = 'off' THEN SET synchronous_commit = on; END IF;
        IF current_setting('lc_messages') NOT IN ('C', 'POSIX', 'en_US.UTF-8') THEN SET lc_messages = 'C'; END IF;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END $$;
";

// A reader that writes would do so beside the one writer, and outside a transaction. Each has pages of its own in
// memory (KiB): the system has them all in its own already, and rows are read by key.
const SQLITE_READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -256;";

/// Given to libpq unless the site's URL says otherwise: name, value.
const POSTGRES_DEADLINES: [(&str, &str); 2] = [("connect_timeout", "2"), ("tcp_user_timeout", "5000")];

/// Opens connections for the pool.
pub(super) struct ConnectionManager {
    pub url: DatabaseUrl,
    /// Of SQLite.
    pub file: Option<Arc<DatabaseFile>>,
    /// Whether its connections may write; PostgreSQL's always may.
    pub writes: bool,
}

/// A connection in the pool, and whether the last thing that happened on it was an accident.
pub(super) struct Held {
    pub conn: DbConnection,
    /// Set: closed instead of reused. A file that failed to sync must be opened anew, and a
    /// connection that a server has dropped looks whole to diesel outside a transaction.
    pub doubtful: bool,
}

impl r2d2::ManageConnection for ConnectionManager {
    type Connection = Held;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Held, Self::Error> {
        let conn = match self.url.address() {
            Address::Sqlite(path) => {
                let gone = |error: StoreError| ConnectionError::BadConnection(error.to_string());
                self.file.iter().try_for_each(|file| file.prepare()).map_err(gone)?;
                let mut conn = SqliteConnection::establish(path)?;
                self.file.iter().for_each(|file| file.remember());
                conn.batch_execute(SQLITE_SETUP).map_err(diesel::r2d2::Error::QueryError)?;
                if !self.writes {
                    conn.batch_execute(SQLITE_READER).map_err(diesel::r2d2::Error::QueryError)?;
                }
                DbConnection::Sqlite(conn)
            }
            Address::Postgres(url) => {
                let mut conn = PgConnection::establish(&with_deadlines(url))?;
                conn.batch_execute(POSTGRES_SETUP).map_err(diesel::r2d2::Error::QueryError)?;
                DbConnection::Postgres(conn)
            }
        };
        Ok(Held { conn, doubtful: false })
    }

    fn is_valid(&self, held: &mut Held) -> Result<(), Self::Error> {
        held.conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, held: &mut Held) -> bool {
        std::thread::panicking() || held.doubtful || held.conn.is_broken()
    }
}

fn with_deadlines(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in POSTGRES_DEADLINES {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.extend([name, "=", value]);
        }
    }
    url
}
