//! A backup: a copy of the SQLite database, made while others write, and checked before it gets its name.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::DatabaseUrl;
use super::soundness::{Check, finding};
use super::url::Address;

/// A copy that is whole, on the disk, and its owner's only to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub path: PathBuf,
    pub bytes: u64,
    /// The file it is a copy of.
    pub database: PathBuf,
}

/// Why there is no backup. The text is the whole message; nothing is left of a copy that was begun.
#[derive(Debug, thiserror::Error)]
pub enum NotBackedUp {
    /// The database is PostgreSQL; the line to use instead, without the password.
    #[error(
        "PostgreSQL has its own program for that:\n    {0}\nThe password it asks for, or finds in ~/.pgpass."
    )]
    Postgres(String),
    #[error("{} is there, and a backup replaces nothing: name a file that is not", .0.display())]
    Exists(PathBuf),
    #[error("{} is there: a backup is writing it, or was broken off; then remove it", .0.display())]
    UnderWay(PathBuf),
    #[error("{} is no UTF-8: SQLite takes no other names", .0.display())]
    Name(PathBuf),
    #[error("{} holds no tables of this service: there is nothing to keep", .0.display())]
    Empty(PathBuf),
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    #[error("there is no backup; SQLite says: {0}")]
    Sqlite(String),
    /// The copy fails SQLite's check.
    #[error("there is no backup: the copy was damaged ({0}), and the database may be")]
    Damaged(String),
}

impl From<diesel::result::Error> for NotBackedUp {
    fn from(error: diesel::result::Error) -> Self {
        Self::Sqlite(error.to_string())
    }
}

impl From<ConnectionError> for NotBackedUp {
    fn from(error: ConnectionError) -> Self {
        Self::Sqlite(error.to_string())
    }
}

// Not the service's own settings: one of them sets the journal's mode, and a backup changes nothing.
const SETUP: &str = "
    PRAGMA busy_timeout = 5000;
    PRAGMA trusted_schema = OFF;
";

/// Copies the SQLite database at `url`, as it is at one instant, into a file that must not be there.
///
/// Others write meanwhile: it reads on a connection of its own, and holds no lock they wait for. It takes as
/// long as it takes.
///
/// # Errors
/// Each [`NotBackedUp`]; the target is then as it was before.
pub fn copy(url: &DatabaseUrl, target: &Path) -> Result<Backup, NotBackedUp> {
    let Address::Sqlite(database) = url.address() else {
        return Err(NotBackedUp::Postgres(pg_dump(url, target)));
    };
    // Absolute, as SQLite would read `file:…` as a URI with parameters of its own.
    let target = std::path::absolute(target).map_err(|error| NotBackedUp::File(target.to_owned(), error))?;
    match std::fs::symlink_metadata(&target) {
        Ok(_) => return Err(NotBackedUp::Exists(target)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(NotBackedUp::File(target, error)),
    }
    let mut source = open(database)?;
    let unfinished = Unfinished::beside(&target)?;
    diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(unfinished.name()?).execute(&mut source)?;
    unfinished.check()?;
    let bytes = unfinished.finish(&target)?;
    Ok(Backup { path: target, bytes, database: PathBuf::from(database) })
}

/// A connection to a database that this service has set up.
fn open(path: &str) -> Result<SqliteConnection, NotBackedUp> {
    // Before it is opened, which would make one.
    std::fs::metadata(path).map_err(|error| NotBackedUp::File(PathBuf::from(path), error))?;
    let mut conn = SqliteConnection::establish(path)?;
    conn.batch_execute(SETUP)?;
    let is_ours = "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";
    let is_ours: bool = diesel::select(sql::<Bool>(is_ours)).get_result(&mut conn)?;
    if is_ours { Ok(conn) } else { Err(NotBackedUp::Empty(PathBuf::from(path))) }
}

/// A copy under another name, gone when this is dropped.
///
/// So one that was broken off, were it by a power cut, is never taken for a backup.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    /// An empty file beside `target`; SQLite writes into one that is there and empty, and leaves its mode.
    fn beside(target: &Path) -> Result<Self, NotBackedUp> {
        let mut path = target.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(NotBackedUp::UnderWay(path));
            }
            Err(error) => return Err(NotBackedUp::File(path, error)),
        };
        let unfinished = Self { path, file };
        // The umask adds nothing to a mode, but may take from the owner's.
        match unfinished.file.set_permissions(Permissions::from_mode(0o600)) {
            Ok(()) => Ok(unfinished),
            Err(error) => Err(NotBackedUp::File(unfinished.path.clone(), error)),
        }
    }

    fn name(&self) -> Result<&str, NotBackedUp> {
        self.path.to_str().ok_or_else(|| NotBackedUp::Name(self.path.clone()))
    }

    /// More than is checked at each start: here nobody waits.
    fn check(&self) -> Result<(), NotBackedUp> {
        let mut conn = SqliteConnection::establish(self.name()?)?;
        finding(&mut conn, Check::Whole)?.map_or(Ok(()), |found| Err(NotBackedUp::Damaged(found)))
    }

    /// Gives it its name once all of it is on the disk, and says how many bytes it has.
    fn finish(self, target: &Path) -> Result<u64, NotBackedUp> {
        let failed = |error: io::Error| NotBackedUp::File(target.to_owned(), error);
        self.file.sync_all().map_err(failed)?;
        let bytes = self.file.metadata().map_err(failed)?.len();
        // A second name for it, and then the first one goes: to rename it would replace what came meanwhile.
        std::fs::hard_link(&self.path, target).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => NotBackedUp::Exists(target.to_owned()),
            _ => failed(error),
        })?;
        drop(self);
        let folder = target.parent().unwrap_or(Path::new("/"));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.inspect_err(|_| drop(std::fs::remove_file(target))).map_err(failed)?;
        Ok(bytes)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Whoever asked for it is told what went wrong before.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What to type in a shell instead.
fn pg_dump(url: &DatabaseUrl, target: &Path) -> String {
    let (file, database) = (quoted(&target.to_string_lossy()), quoted(&url.without_password()));
    format!("(umask 077; pg_dump --format=custom --file={file} --dbname={database})")
}

/// One word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
