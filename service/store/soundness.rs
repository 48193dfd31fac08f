//! Whether a database is sound: SQLite's own checks of its file, and PostgreSQL's encoding.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{DbConnection, StoreError};

/// How thoroughly a file is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Pages and indexes, not each document again: with many people, that would be most of a start.
    Quick,
    Whole,
}

/// The file is whole (SQLite), the encoding holds every name (PostgreSQL).
pub(super) fn check(conn: &mut DbConnection) -> Result<(), StoreError> {
    match conn {
        DbConnection::Sqlite(conn) => {
            finding(conn, Check::Quick)?.map_or(Ok(()), |found| Err(StoreError::Damaged(found)))
        }
        DbConnection::Postgres(conn) => {
            let encoding: String =
                diesel::select(sql::<Text>("current_setting('server_encoding')")).get_result(conn)?;
            if encoding == "UTF8" {
                return Ok(());
            }
            Err(StoreError::Migration(format!(
                "its encoding is {encoding}, which cannot hold every name: create it with ENCODING 'UTF8'"
            )))
        }
    }
}

/// The first thing that SQLite finds wrong with its file.
pub(super) fn finding(conn: &mut SqliteConnection, check: Check) -> QueryResult<Option<String>> {
    let told: QueryResult<String> = match check {
        Check::Quick => {
            conn.batch_execute("PRAGMA ignore_check_constraints = ON")?;
            let told = first(conn, "(SELECT quick_check FROM pragma_quick_check LIMIT 1)");
            conn.batch_execute("PRAGMA ignore_check_constraints = OFF")?;
            told
        }
        Check::Whole => first(conn, "(SELECT integrity_check FROM pragma_integrity_check LIMIT 1)"),
    };
    Ok(Some(told?).filter(|told| told != "ok"))
}

fn first(conn: &mut SqliteConnection, question: &str) -> QueryResult<String> {
    diesel::select(sql::<Text>(question)).get_result(conn)
}
