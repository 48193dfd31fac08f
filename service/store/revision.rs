//! The number of the site's content: whoever remembers an older one has to look again.

use diesel::prelude::*;

use super::schema::revision;
use super::{DbConnection, StoreError};

/// How often the site's content has changed so far.
///
/// # Errors
/// [`StoreError::Unavailable`]; it is also the cheapest way to ask whether the database answers.
pub fn current(conn: &mut DbConnection) -> Result<i64, StoreError> {
    Ok(revision::table.find(1).select(revision::number).first(conn)?)
}

/// Counts one change. Belongs into the change's own transaction.
pub(super) fn bump(conn: &mut DbConnection) -> Result<i64, StoreError> {
    Ok(diesel::update(revision::table.find(1))
        .set(revision::number.eq(revision::number + 1))
        .returning(revision::number)
        .get_result(conn)?)
}

/// Lets one change of the site's content after the other; SQLite's write lock already does.
pub(super) fn take_turns(conn: &mut DbConnection) -> Result<(), StoreError> {
    if let DbConnection::Postgres(conn) = conn {
        revision::table.find(1).select(revision::number).for_update().first::<i64>(conn)?;
    }
    Ok(())
}
