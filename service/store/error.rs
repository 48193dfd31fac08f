//! What can go wrong at the database, sorted by what the caller can do about it.

use diesel::result::{DatabaseErrorKind as Kind, Error};

use super::types::Unkeepable;

/// An error of the store. [`StoreError::Unavailable`] passes by itself; the others do not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// It exists already; the text says what, for people.
    #[error("{0}")]
    Duplicate(String),
    /// The value itself cannot be kept; the text says why, for people.
    #[error("{0}")]
    Refused(String),
    /// Somebody changed it meanwhile: it is at version `current` now.
    #[error("somebody has changed it meanwhile: it is at version {current}")]
    Stale { current: i64 },
    /// It comes from a site file, which would put it back.
    #[error("it comes from the site file")]
    Managed,
    /// Its owner has `most` of them already.
    #[error("there are {most} of them already, and no more are kept")]
    Full { most: i64 },
    /// The database does not answer, is busy, full or restarting: 503, and try again.
    #[error("the database is not available: {0}")]
    Unavailable(Trouble),
    /// A newer version of this service has changed the tables: this one reads, and writes nothing.
    #[error(
        "the database was set up by a newer version of jupyterhub-presets (migration {0}); \
         this version only reads it: install the newer version everywhere"
    )]
    NewerSchema(String),
    /// The database file fails its own check: this service reads what it can, and writes nothing.
    #[error("the database file is damaged ({0}); restore it from a backup")]
    Damaged(String),
    /// The tables could not be brought up to date.
    #[error("the database could not be set up: {0}")]
    Migration(String),
    /// A mistake of ours: a statement the database does not understand, a row it should not hold.
    #[error("the database refused a statement: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why the database does not answer just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    detail: String,
    /// Two changes got into each other's way: the same change can succeed at once.
    contended: bool,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl StoreError {
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable(Trouble { detail: detail.into(), contended: false })
    }

    /// Whether trying the whole transaction again at once makes sense (PostgreSQL 40001, 40P01).
    pub(super) fn is_contended(&self) -> bool {
        matches!(self, Self::Unavailable(trouble) if trouble.contended)
    }

    /// Whether the connection it happened on should not be used again.
    pub(super) fn taints_connection(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Database(_))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::SerializationError(cause) if cause.is::<Unkeepable>() => Self::Refused(cause.to_string()),
            Error::DatabaseError(Kind::UniqueViolation, _) => {
                Self::Duplicate("something with this name exists already".to_owned())
            }
            Error::DatabaseError(Kind::CheckViolation, info) => {
                Self::Refused(format!("a value is outside what the database keeps: {}", info.message()))
            }
            // A CHECK that SQLite has as a trigger (migrations/sqlite/*_preset_editing).
            Error::DatabaseError(Kind::Unknown, info) if info.message() == "presets_by_hand_are_limited" => {
                Self::Refused(format!("a value is outside what the database keeps: {}", info.message()))
            }
            Error::DatabaseError(Kind::SerializationFailure, info) => {
                Self::Unavailable(Trouble { detail: info.message().to_owned(), contended: true })
            }
            Error::DatabaseError(
                Kind::ClosedConnection | Kind::ReadOnlyTransaction | Kind::UnableToSendCommand,
                info,
            ) => Self::unavailable(info.message()),
            Error::DatabaseError(Kind::Unknown, info) if info.message().contains("deadlock detected") => {
                Self::Unavailable(Trouble { detail: info.message().to_owned(), contended: true })
            }
            Error::DatabaseError(Kind::Unknown, info) if passes_by_itself(info.message()) => {
                Self::unavailable(info.message())
            }
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            Error::BrokenTransactionManager => Self::unavailable("the connection broke in a transaction"),
            other => Self::Database(Box::new(other)),
        }
    }
}

/// diesel hands on no SQLSTATE and no SQLite code, only the words; connections ask for English ones.
fn passes_by_itself(message: &str) -> bool {
    const SQLITE: [&str; 8] = [
        "database is locked",
        "database table is locked",
        "disk I/O error",
        "database or disk is full",
        "unable to open database file",
        "attempt to write a readonly database",
        "database disk image is malformed",
        "file is not a database",
    ];
    const POSTGRES: [&str; 10] = [
        "canceling statement due to",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "no connection to the server",
        "connection has been closed",
        "could not receive data from server",
        "could not send data to server",
        "could not extend file",
        "No space left on device",
    ];
    SQLITE.iter().chain(&POSTGRES).any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::StoreError;
    use diesel::result::{DatabaseErrorKind as Kind, Error};

    fn from_database(kind: Kind, message: &str) -> StoreError {
        Error::DatabaseError(kind, Box::new(message.to_owned())).into()
    }

    #[test]
    fn trouble_that_passes_is_told_from_our_own_mistakes() {
        for message in
            ["database is locked", "canceling statement due to statement timeout", "disk I/O error"]
        {
            let error = from_database(Kind::Unknown, message);
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
            assert!(!error.is_contended(), "{error:?}");
        }
        let error = from_database(Kind::Unknown, "syntax error at or near \"FORM\"");
        assert!(matches!(error, StoreError::Database(_)), "{error:?}");
    }

    #[test]
    fn a_deadlock_is_worth_another_try() {
        assert!(from_database(Kind::Unknown, "deadlock detected").is_contended());
        assert!(from_database(Kind::SerializationFailure, "could not serialize access").is_contended());
    }
}
