//! Who changed what, when, from what to what: one row for each change, never touched again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::schema::audit;
use super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError};

/// One change of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Kept to the microsecond.
    pub at: DateTime<Utc>,
    /// Who did it: a user's name, or what else acted (`apply by root`).
    pub actor: String,
    /// What was done: `add`, `change` or `remove`.
    pub action: String,
    /// What it was done to: `catalogue`, `group`, `preset`.
    pub object_kind: String,
    pub object_id: String,
    /// The object's version after the change; of a removed one, its last.
    pub version: i64,
    /// None for what was added.
    pub before: Option<Value>,
    /// None for what was removed.
    pub after: Option<Value>,
    /// The request it came by, to find the log lines by; none for the command line.
    pub request_id: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = audit)]
struct NewRow {
    at: Moment,
    actor: Word,
    action: Word,
    object_kind: Word,
    object_id: Word,
    version: i64,
    before: Option<Json>,
    after: Option<Json>,
    request_id: Option<Word>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit, check_for_backend(MultiBackend))]
struct Row {
    sequence: i64,
    at: Moment,
    actor: Word,
    action: Word,
    object_kind: Word,
    object_id: Word,
    version: i64,
    before: Option<Json>,
    after: Option<Json>,
    request_id: Option<Word>,
}

/// Writes `entry` down and returns its number. Belongs into the transaction of the change itself:
/// no audit row, no change.
///
/// # Errors
/// [`StoreError::Refused`] where a text holds U+0000.
pub fn record(conn: &mut DbConnection, entry: &Entry) -> Result<i64, StoreError> {
    let row = NewRow {
        at: entry.at.into(),
        actor: entry.actor.as_str().into(),
        action: entry.action.as_str().into(),
        object_kind: entry.object_kind.as_str().into(),
        object_id: entry.object_id.as_str().into(),
        version: entry.version,
        before: entry.before.clone().map(Json),
        after: entry.after.clone().map(Json),
        request_id: entry.request_id.as_deref().map(Word::from),
    };
    Ok(diesel::insert_into(audit::table).values(row).returning(audit::sequence).get_result(conn)?)
}

/// The entries after number `sequence` (0 for all), oldest first, at most `limit`.
///
/// Numbers rise in the order of the changes of the site's content, which take turns, but not without
/// gaps: PostgreSQL gives away a number for a change that is then rolled back.
///
/// # Errors
/// As [`super::Store::read`].
pub fn since(conn: &mut DbConnection, sequence: i64, limit: u16) -> Result<Vec<(i64, Entry)>, StoreError> {
    let rows: Vec<Row> = audit::table
        .filter(audit::sequence.gt(sequence))
        .order(audit::sequence)
        .limit(limit.into())
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.sequence, row.into())).collect())
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            at: row.at.into(),
            actor: row.actor.0,
            action: row.action.0,
            object_kind: row.object_kind.0,
            object_id: row.object_id.0,
            version: row.version,
            before: row.before.map(|json| json.0),
            after: row.after.map(|json| json.0),
            request_id: row.request_id.map(|id| id.0),
        }
    }
}
