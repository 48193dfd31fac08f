//! What the service keeps: one set of diesel queries, spoken to SQLite or PostgreSQL.
//!
//! Callers see [`Store`] and the functions of the table rooms below, which take a
//! [`DbConnection`] and compose inside one transaction; everything diesel-shaped stays in here.

pub mod audit;
mod connection;
pub mod decisions;
mod dialect;
mod error;
mod file;
pub mod idempotency;
mod migrate;
pub mod presets;
pub mod revision;
mod schema;
pub mod selections;
pub mod sessions;
pub mod sign_ins;
pub mod site;
mod types;
mod url;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use connection::DbConnection;
use connection::{ConnectionManager, MultiBackend};
use decisions::Decision;
use dialect::InDialect;
pub use error::{StoreError, Trouble};
use file::DatabaseFile;
use selections::Selection;
use url::Address;
pub use url::{DatabaseUrl, UrlRefused};

/// How long one waits: for a turn, and then for the answer.
#[derive(Debug, Clone, Copy)]
struct Patience {
    turn: Duration,
    answer: Duration,
}

/// A page or a start: the plugin gives up after 2 s, and a stopped database never hangs up.
const PROMPT: Patience = Patience { turn: Duration::from_secs(1), answer: Duration::from_secs(2) };
/// A change by the API: somebody looks at a page meanwhile, and has to be told within 3 s.
const CHANGE: Patience = Patience { turn: Duration::from_millis(1500), answer: Duration::from_millis(1300) };
/// A site file that is applied: whoever does would rather wait than do it again.
const UNHURRIED: Patience = Patience { turn: Duration::from_secs(10), answer: Duration::from_secs(30) };
/// Changing the tables takes as long as it takes.
const PATIENT: Patience = Patience { turn: Duration::from_secs(10), answer: Duration::MAX };
/// How long anybody waits for a connection to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How often a change is tried again that another one got in the way of.
const RETRIES: u32 = 3;

/// A handle on the database; cheap to clone, one per process.
#[derive(Clone)]
pub struct Store {
    readers: Desk,
    /// SQLite has one writer; on PostgreSQL the same connections as `readers`.
    writer: Desk,
    schema: Arc<Mutex<Schema>>,
}

/// Connections, and as many permits: whoever waits, waits as a future, not as a parked thread.
#[derive(Clone)]
struct Desk {
    pool: r2d2::Pool<ConnectionManager>,
    permits: Arc<Semaphore>,
    file: Option<Arc<DatabaseFile>>,
    url: DatabaseUrl,
}

/// What is known of the tables.
#[derive(Debug, Clone)]
enum Schema {
    /// Nobody has looked since this process began.
    Unseen,
    UpToDate,
    /// Of a newer version; its last migration.
    Newer(String),
    Damaged(String),
}

impl Store {
    /// A store at `url`, with at most `max_connections` connections (at least one).
    ///
    /// Neither waits nor fails when the database is away: connections are made in the
    /// background, and [`Store::migrate`] has to succeed once before anything is written.
    pub fn open(url: &DatabaseUrl, max_connections: u32) -> Self {
        let file = match url.address() {
            Address::Sqlite(path) => Some(Arc::new(DatabaseFile::at(path))),
            Address::Postgres(_) => None,
        };
        let readers = Desk::open(url, file.clone(), max_connections.max(1), file.is_none());
        let writer = if file.is_some() { Desk::open(url, file, 1, true) } else { readers.clone() };
        Self { readers, writer, schema: Arc::new(Mutex::new(Schema::Unseen)) }
    }

    /// Whether it is a file, which one machine has to itself.
    pub fn is_file(&self) -> bool {
        self.readers.file.is_some()
    }

    /// Another store on the same database, that shares nothing with this one: as another replica has it.
    pub fn beside(&self) -> Self {
        Self::open(&self.readers.url, self.readers.pool.max_size())
    }

    /// Brings the tables up to date; replicas that start together take turns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] passes: try again. [`StoreError::NewerSchema`],
    /// [`StoreError::Damaged`] stay until this process is started anew, [`StoreError::Migration`]
    /// until somebody acts.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        // Checking a whole file twice a second would not mend it.
        match self.schema() {
            Schema::Newer(migration) => return Err(StoreError::NewerSchema(migration)),
            Schema::Damaged(finding) => return Err(StoreError::Damaged(finding)),
            Schema::Unseen | Schema::UpToDate => {}
        }
        let outcome = self.writer.run(PATIENT, migrate::run_pending).await;
        let seen = match &outcome {
            Ok(()) => Schema::UpToDate,
            Err(StoreError::NewerSchema(migration)) => Schema::Newer(migration.clone()),
            Err(StoreError::Damaged(finding)) => Schema::Damaged(finding.clone()),
            Err(_) => return outcome,
        };
        *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        outcome
    }

    /// Whether starts can be recorded: the tables are those of this version. Asks nobody; whether
    /// the database answers just now, [`revision::current`] tells.
    pub fn is_ready(&self) -> bool {
        matches!(self.schema(), Schema::UpToDate)
    }

    /// Runs `query` on a connection, off the async threads: waits at most one second for its turn and
    /// two more for the answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no turn, no connection or no answer in time.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        match (self.readers.run(PROMPT, query).await, self.schema()) {
            (Err(StoreError::Database(error)), Schema::Unseen) => {
                Err(StoreError::unavailable(format!("its tables are not set up yet ({error})")))
            }
            (outcome, _) => outcome,
        }
    }

    /// Runs `change` in one transaction that commits on `Ok` and rolls back on `Err`; waits for its
    /// turn and for the answer at most 2.8 s together. It runs again, up to three times, where
    /// another change got in its way.
    ///
    /// # Errors
    /// As [`Store::read`]; a change that was not answered in time may still have happened.
    /// [`StoreError::NewerSchema`] and [`StoreError::Damaged`]: nothing is written any more.
    pub async fn write<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_within(CHANGE, change).await
    }

    /// As [`Store::write`], but waits at most ten seconds for its turn and thirty more for the answer.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_patiently<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_within(UNHURRIED, change).await
    }

    /// Keeps what was decided about a start and, of one that was given, what was chosen: one
    /// transaction, one sync, as prompt as [`Store::read`].
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn record_start(
        &self,
        decision: Decision,
        selection: Option<Selection>,
    ) -> Result<(), StoreError> {
        self.write_within(PROMPT, move |conn| {
            decisions::record(conn, &decision)?;
            selection.iter().try_for_each(|selection| selections::remember(conn, selection))
        })
        .await
    }

    async fn write_within<T, F>(&self, patience: Patience, mut change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        match self.schema() {
            Schema::UpToDate => {}
            Schema::Unseen => return Err(StoreError::unavailable("its tables are not set up yet")),
            Schema::Newer(migration) => return Err(StoreError::NewerSchema(migration)),
            Schema::Damaged(finding) => return Err(StoreError::Damaged(finding)),
        }
        let persistently = move |conn: &mut DbConnection| {
            let mut tries = 0;
            loop {
                match conn.write_transaction(&mut change) {
                    Err(error) if error.is_contended() && tries < RETRIES => tries += 1,
                    outcome => return outcome,
                }
                // Apart, so that the same two do not meet again.
                let jitter = getrandom::u32().unwrap_or_default() % 20;
                std::thread::sleep(Duration::from_millis(u64::from(tries * 5 + jitter)));
            }
        };
        self.writer.run(patience, persistently).await
    }

    fn schema(&self) -> Schema {
        self.schema.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Desk {
    fn open(url: &DatabaseUrl, file: Option<Arc<DatabaseFile>>, connections: u32, writes: bool) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .connection_timeout(CONNECT)
            // A server may restart behind our back, so each use begins with a ping (one round trip);
            // a file does not.
            .test_on_check_out(matches!(url.address(), Address::Postgres(_)))
            // Whoever waits for a connection is told why there is none; once is enough.
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(ConnectionManager { url: url.clone(), file: file.clone(), writes });
        Self { pool, permits: Arc::new(Semaphore::new(connections as usize)), file, url: url.clone() }
    }

    /// Permit, then a blocking thread, then a connection: there are never more threads than
    /// connections (400 requests on 4 connections took 391 threads without the permit).
    async fn run<T, F>(&self, patience: Patience, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = timeout(patience.turn, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| StoreError::unavailable("all connections are busy"))?
            .map_err(|error| StoreError::unavailable(error.to_string()))?;
        let (pool, file) = (self.pool.clone(), self.file.clone());
        let answer = tokio::task::spawn_blocking(move || {
            let _permit = permit; // given back when the work is done, even if nobody waits for it any more
            file.map_or(Ok(()), |file| file.check())?;
            let mut held = pool.get().map_err(|error| StoreError::unavailable(error.to_string()))?;
            let outcome = work(&mut held.conn);
            held.doubtful = outcome.as_ref().is_err_and(StoreError::taints_connection);
            outcome
        });
        timeout(patience.answer, answer)
            .await
            .map_err(|_| {
                StoreError::unavailable(format!("no answer within {} s", patience.answer.as_secs()))
            })?
            .map_err(|crash| StoreError::Database(Box::new(crash)))?
    }
}
