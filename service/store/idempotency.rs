//! Creates that were answered already: one that is sent again is answered again, not done again.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;

use super::erasure::naming;
use super::presets::take_turns;
use super::schema::idempotency;
use super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError};
use crate::groups::Username;

/// How long an answer is kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The route by which events are made; their document is the `event` of the answer.
pub const CREATE_EVENT: &str = "POST events";

/// A create that carries a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// `user` or `service`.
    pub principal_kind: String,
    pub principal: String,
    /// As the client chose it, 1 to 128 bytes.
    pub key: String,
    /// What is asked for, at most 200 bytes: `POST presets`.
    pub route: String,
    /// SHA-256 of what was sent, 64 hexadecimal digits.
    pub digest: String,
}

/// What is known of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Nobody has sent that key within the day.
    No,
    /// It was done and answered with this.
    Answered(Value),
    /// The key was sent for something else.
    Reused,
}

/// What came of a create.
#[derive(Debug)]
pub enum Once<T> {
    Done(T),
    /// It was done before, or its key was.
    Known(Known),
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency, check_for_backend(MultiBackend))]
struct Row {
    principal_kind: Word,
    principal: Word,
    key: Word,
    route: Word,
    digest: Word,
    reply: Json,
    made_at: Moment,
}

/// Creates something unless `attempt` is known, and keeps the answer to it. Belongs into one transaction: of two
/// alike at once, the second sees the first's answer.
///
/// # Errors
/// Those of `create` and of [`super::Store::write`].
pub fn once<T>(
    conn: &mut DbConnection,
    attempt: Option<&Attempt>,
    now: DateTime<Utc>,
    create: impl FnOnce(&mut DbConnection) -> Result<T, StoreError>,
    reply: impl FnOnce(&T) -> serde_json::Result<Value>,
) -> Result<Once<T>, StoreError> {
    take_turns(conn)?;
    if let Some(attempt) = attempt {
        match known(conn, attempt, now)? {
            Known::No => {}
            known => return Ok(Once::Known(known)),
        }
    }
    let made = create(conn)?;
    if let Some(attempt) = attempt {
        let reply = reply(&made).map_err(|error| StoreError::Database(Box::new(error)))?;
        keep(conn, attempt, reply, now)?;
    }
    Ok(Once::Done(made))
}

/// Looks an attempt up.
///
/// # Errors
/// As [`super::Store::write`].
pub fn known(conn: &mut DbConnection, attempt: &Attempt, now: DateTime<Utc>) -> Result<Known, StoreError> {
    let row: Option<Row> = idempotency::table
        .find((
            Word::from(attempt.principal_kind.as_str()),
            Word::from(attempt.principal.as_str()),
            Word::from(attempt.key.as_str()),
        ))
        .filter(idempotency::made_at.gt(Moment::from(now - KEPT_FOR)))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(match row {
        None => Known::No,
        Some(row) if row.route.0 == attempt.route && row.digest.0 == attempt.digest => {
            Known::Answered(row.reply.0)
        }
        Some(_) => Known::Reused,
    })
}

/// Keeps the answer to an attempt that was not known, and forgets those a day old.
///
/// # Errors
/// [`StoreError::Refused`] where a text is too long or holds U+0000.
pub fn keep(
    conn: &mut DbConnection,
    attempt: &Attempt,
    reply: Value,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let old = idempotency::made_at.le(Moment::from(now - KEPT_FOR));
    diesel::delete(idempotency::table.filter(old)).execute(conn)?;
    let row = Row {
        principal_kind: attempt.principal_kind.as_str().into(),
        principal: attempt.principal.as_str().into(),
        key: attempt.key.as_str().into(),
        route: attempt.route.as_str().into(),
        digest: attempt.digest.as_str().into(),
        reply: Json(reply),
        made_at: now.into(),
    };
    diesel::insert_into(idempotency::table).values(row).execute(conn)?;
    Ok(())
}

/// Forgets every answer given to a principal: they hold what was written in their name.
///
/// # Errors
/// As [`super::Store::write`].
pub fn forget(conn: &mut DbConnection, principal_kind: &str, principal: &str) -> Result<usize, StoreError> {
    let theirs = idempotency::table
        .filter(idempotency::principal_kind.eq(Word::from(principal_kind)))
        .filter(idempotency::principal.eq(Word::from(principal)));
    Ok(diesel::delete(theirs).execute(conn)?)
}

/// Forgets every answer that tells of a preset of `person` or of an event that names them, whoever it was
/// given to.
pub(super) fn forget_about(conn: &mut DbConnection, person: &Username) -> Result<usize, StoreError> {
    let about = match conn {
        DbConnection::Sqlite(_) => {
            "DELETE FROM idempotency WHERE json_extract(reply, '$.preset.owner.user') = $1"
        }
        DbConnection::Postgres(_) => "DELETE FROM idempotency WHERE reply #>> '{preset,owner,user}' = $1",
    };
    let presets = diesel::sql_query(about).bind::<Text, _>(person.as_str()).execute(conn)?;
    let rows: Vec<Row> = idempotency::table
        .filter(idempotency::route.eq(Word::from(CREATE_EVENT)))
        .select(Row::as_select())
        .load(conn)?;
    let mut events = 0;
    for row in rows.into_iter().filter(|row| naming::places(&row.reply.0["event"], person).next().is_some()) {
        let answer = idempotency::table.find((row.principal_kind, row.principal, row.key));
        events += diesel::delete(answer).execute(conn)?;
    }
    Ok(presets + events)
}
