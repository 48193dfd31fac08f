//! What the service keeps: one set of diesel queries, spoken to SQLite or PostgreSQL.
//!
//! Callers see [`Store`] and the functions of the table rooms below, which take a
//! [`DbConnection`] and compose inside one transaction; everything diesel-shaped stays in here.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod catalogues;
mod connection;
pub mod decisions;
mod dialect;
pub mod erasure;
mod error;
pub mod events;
mod file;
pub mod habits;
pub mod idempotency;
mod migrate;
mod people;
pub mod person;
mod pool;
pub mod preferences;
pub mod presets;
pub mod revision;
mod schema;
pub mod selections;
pub mod sessions;
pub mod sign_ins;
pub mod site;
mod soundness;
mod types;
mod url;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use connection::DbConnection;
use connection::MultiBackend;
use decisions::Decision;
use dialect::InDialect;
pub use error::{StoreError, Trouble};
use file::DatabaseFile;
use person::Person;
use pool::{Desk, Patience};
use selections::Selection;
use url::Address;
pub use url::{DatabaseUrl, UrlRefused};

use crate::groups::Username;

/// A page or a start: the plugin gives up after 2 s, and a stopped database never hangs up.
const PROMPT: Patience = Patience { turn: Duration::from_secs(1), answer: Duration::from_secs(2) };
/// A change by the API: somebody looks at a page meanwhile, and has to be told within 3 s.
const CHANGE: Patience = Patience { turn: Duration::from_millis(1000), answer: Duration::from_millis(1400) };
/// A site file that is applied: whoever does would rather wait than do it again.
const UNHURRIED: Patience = Patience { turn: Duration::from_secs(10), answer: Duration::from_secs(30) };
/// Changing the tables takes as long as it takes.
const PATIENT: Patience = Patience { turn: Duration::from_secs(10), answer: Duration::MAX };
/// How often a change is tried again that another one got in the way of.
const RETRIES: u32 = 3;

/// A handle on the database; cheap to clone, one per process.
#[derive(Clone)]
pub struct Store {
    readers: Desk,
    /// SQLite has one writer; on PostgreSQL the same connections as `readers`.
    writer: Desk,
    schema: Arc<Mutex<Schema>>,
    people: Arc<person::Memory>,
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
        let (schema, people) = (Arc::new(Mutex::new(Schema::Unseen)), Arc::new(person::Memory::new()));
        Self { readers, writer, schema, people }
    }

    /// Whether it is a file, which one machine has to itself.
    pub fn is_file(&self) -> bool {
        self.readers.file.is_some()
    }

    /// Another store on the same database, that shares nothing with this one: as another replica has it.
    pub fn beside(&self) -> Self {
        Self::open(&self.readers.url, self.readers.pool.max_size())
    }

    /// Brings the tables up to date, and says how many steps that took; replicas that start together take turns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] passes: try again. [`StoreError::NewerSchema`],
    /// [`StoreError::Damaged`] stay until this process is started anew, [`StoreError::Migration`]
    /// until somebody acts.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        // Checking a whole file twice a second would not mend it.
        match self.schema() {
            Schema::Newer(migration) => return Err(StoreError::NewerSchema(migration)),
            Schema::Damaged(finding) => return Err(StoreError::Damaged(finding)),
            Schema::Unseen | Schema::UpToDate => {}
        }
        let outcome = self.writer.run(PATIENT, migrate::run_pending).await;
        let seen = match &outcome {
            Ok(_) => Schema::UpToDate,
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
    /// turn and for the answer at most 2.4 s together. It runs again, up to three times, where
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
        self.write_within(CHANGE, None, change).await
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
        self.write_within(UNHURRIED, None, change).await
    }

    /// What is kept of a person, from memory where nothing of it changed since it was read: never
    /// older than a change this store acknowledged, nor than what others changed before the last
    /// [`Store::notice_changes`].
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn person(&self, name: &Username) -> Result<Person, StoreError> {
        let ticket = match self.people.of(name) {
            Ok(person) => return Ok(person),
            Err(ticket) => ticket,
        };
        let who = name.clone();
        let person = self.read(move |conn| person::load(conn, &who)).await?;
        self.people.keep(name, &person, ticket);
        Ok(person)
    }

    /// As [`Store::write`], for whatever [`Store::person`] tells of a person: it is read anew
    /// afterwards, here and in other processes.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn change_person<T, F>(&self, name: &Username, change: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut DbConnection) -> Result<T, StoreError> + Send + 'static,
    {
        self.write_within(CHANGE, Some((name.clone(), None)), change).await
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
        let chosen = selection.clone().map(|selection| (selection.person.clone(), Some(selection)));
        self.write_within(PROMPT, chosen, move |conn| {
            decisions::record(conn, &decision)?;
            selection.iter().try_for_each(|selection| selections::remember(conn, selection))
        })
        .await
    }

    /// Forgets the people whom other processes have changed since this was called last; everybody,
    /// once the database answers again after an error.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn notice_changes(&self) -> Result<(), StoreError> {
        let known = self.people.known();
        let changes = self.read(move |conn| person::changes(conn, known)).await;
        match &changes {
            Ok(changes) => self.people.learn(changes),
            Err(_) => self.people.lose_touch(),
        }
        changes.map(drop)
    }

    /// `person`: whose rows change, if anybody's; and what they started, where nothing else of them does.
    async fn write_within<T, F>(
        &self,
        patience: Patience,
        person: Option<(Username, Option<Selection>)>,
        mut change: F,
    ) -> Result<T, StoreError>
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
        let people = self.people.clone();
        let mut transaction = move |conn: &mut DbConnection| {
            let Some((name, chosen)) = &person else { return conn.write_transaction(&mut change) };
            // Dropped before anybody is told; after an error too, as a commit that broke off may have happened.
            let changing = people.changing(name);
            let (done, told) =
                conn.write_transaction(|conn| Ok((person::touch(conn, name)?, change(conn)?)))?;
            changing.happened(done, chosen.clone());
            Ok(told)
        };
        let persistently = move |conn: &mut DbConnection| {
            let mut tries = 0;
            loop {
                match transaction(conn) {
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
