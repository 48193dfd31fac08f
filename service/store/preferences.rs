//! What people set for themselves: one row for each, read by name.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::audit::{self, By};
use super::schema::preferences;
use super::types::{Json, Moment, Word};
use super::{DbConnection, InDialect, StoreError};
use crate::groups::Username;

/// What one person set, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub document: Value,
    /// Counts up with each change; 1 when new.
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// What `person` set; none if they never did.
///
/// # Errors
/// As [`super::Store::read`].
pub fn of(conn: &mut DbConnection, person: &Username) -> Result<Option<Kept>, StoreError> {
    let row: Option<(Json, i64, Moment)> = preferences::table
        .find(Word::from(person.as_str()))
        .select((preferences::document, preferences::version, preferences::updated_at))
        .first(conn)
        .optional()?;
    Ok(row.map(|(document, version, updated_at)| Kept {
        document: document.0,
        version,
        updated_at: updated_at.into(),
    }))
}

/// Puts `document` in place of version `expected` (0: there is none yet), with its audit row, and
/// returns the version now. Nothing is written where nothing differs.
///
/// # Errors
/// [`StoreError::Stale`] where another version is there; [`StoreError::Refused`] where a text holds
/// U+0000.
pub fn save(
    conn: &mut DbConnection,
    person: &Username,
    document: &Value,
    expected: i64,
    by: &By,
) -> Result<i64, StoreError> {
    let before = of(conn, person)?;
    let current = before.as_ref().map_or(0, |kept| kept.version);
    if current != expected {
        return Err(StoreError::Stale { current });
    }
    if before.as_ref().is_some_and(|kept| kept.document == *document) {
        return Ok(current);
    }
    let version = expected + 1;
    let values = (
        preferences::document.eq(Json(document.clone())),
        preferences::version.eq(version),
        preferences::updated_at.eq(Moment::from(by.at)),
    );
    let name = Word::from(person.as_str());
    let written = if before.is_none() {
        let row = diesel::insert_into(preferences::table).values((preferences::person.eq(name), values));
        InDialect(row.on_conflict(preferences::person).do_nothing()).execute(conn)?
    } else {
        diesel::update(preferences::table.find(name))
            .filter(preferences::version.eq(expected))
            .set(values)
            .execute(conn)?
    };
    if written == 0 {
        let current = of(conn, person)?.map_or(0, |kept| kept.version);
        return Err(StoreError::Stale { current });
    }
    let action = if before.is_none() { "add" } else { "change" };
    let entry = by.own(action, "preferences", person, version);
    audit::record(
        conn,
        &audit::Entry { before: before.map(|kept| kept.document), after: Some(document.clone()), ..entry },
    )?;
    Ok(version)
}

/// Takes away what `person` set; says whether there was anything.
pub(super) fn remove(conn: &mut DbConnection, person: &Username) -> Result<bool, StoreError> {
    Ok(diesel::delete(preferences::table.find(Word::from(person.as_str()))).execute(conn)? > 0)
}
