//! Events one by one, as organisers make and change them; a site file's come by [`super::site`].

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::presets::Author;
use super::schema::events;
use super::types::{Json, JsonText, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError, audit, presets, revision};

/// The most events that were made by hand.
pub const MOST: i64 = 2_000;

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    pub key: String,
    pub document: Value,
    /// It came from a site file, and goes when the file no longer names it.
    pub managed: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An event as a site file or an organiser declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// At most 512 bytes.
    pub key: String,
    pub document: Value,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, check_for_backend(MultiBackend))]
pub(super) struct KeptEvent {
    pub key: Word,
    pub document: Json,
    pub managed: bool,
    pub version: i64,
    pub created_at: Moment,
    pub updated_at: Moment,
}

/// Every event's key and the JSON of its document, by key.
pub(super) fn texts(conn: &mut DbConnection) -> Result<Vec<(String, String)>, StoreError> {
    let events: Vec<(Word, JsonText)> =
        events::table.order(events::key).select((events::key, events::document)).load(conn)?;
    Ok(events.into_iter().map(|(key, text)| (key.0, text.0)).collect())
}

impl From<KeptEvent> for EventRow {
    fn from(kept: KeptEvent) -> Self {
        Self {
            key: kept.key.0,
            document: kept.document.0,
            managed: kept.managed,
            version: kept.version,
            created_at: kept.created_at.into(),
            updated_at: kept.updated_at.into(),
        }
    }
}

/// Every event, by key.
///
/// # Errors
/// As [`super::Store::read`].
pub fn all(conn: &mut DbConnection) -> Result<Vec<EventRow>, StoreError> {
    let events: Vec<KeptEvent> =
        events::table.order(events::key).select(KeptEvent::as_select()).load(conn)?;
    Ok(events.into_iter().map(EventRow::from).collect())
}

/// The events behind `after` by key, at most `limit`.
///
/// # Errors
/// As [`super::Store::read`].
pub fn page(conn: &mut DbConnection, after: &str, limit: i64) -> Result<Vec<EventRow>, StoreError> {
    let events: Vec<KeptEvent> = events::table
        .filter(events::key.gt(Word::from(after)))
        .order(events::key)
        .limit(limit)
        .select(KeptEvent::as_select())
        .load(conn)?;
    Ok(events.into_iter().map(EventRow::from).collect())
}

/// The event of that key.
///
/// # Errors
/// As [`super::Store::read`].
pub fn find(conn: &mut DbConnection, key: &str) -> Result<Option<EventRow>, StoreError> {
    let kept: Option<KeptEvent> =
        events::table.find(Word::from(key)).select(KeptEvent::as_select()).first(conn).optional()?;
    Ok(kept.map(EventRow::from))
}

/// Keeps a new event, made by hand.
///
/// # Errors
/// [`StoreError::Duplicate`] where the key is taken, [`StoreError::Full`] where there are [`MOST`]
/// already, [`StoreError::Refused`] where it is too large or holds U+0000.
pub fn create(conn: &mut DbConnection, new: &NewEvent, author: &Author) -> Result<EventRow, StoreError> {
    revision::take_turns(conn)?;
    let by_hand: i64 = events::table.filter(events::managed.eq(false)).count().get_result(conn)?;
    if by_hand >= MOST {
        return Err(StoreError::Full { most: MOST });
    }
    let row = KeptEvent {
        key: new.key.as_str().into(),
        document: Json(new.document.clone()),
        managed: false,
        version: 1,
        created_at: author.at.into(),
        updated_at: author.at.into(),
    };
    let taken = |error| match StoreError::from(error) {
        StoreError::Duplicate(_) => StoreError::Duplicate(format!("there is an event `{}` already", new.key)),
        other => other,
    };
    diesel::insert_into(events::table).values(row).execute(conn).map_err(taken)?;
    let row = find(conn, &new.key)?.ok_or(StoreError::NotFound)?;
    record(conn, None, Some(&row), author)?;
    Ok(row)
}

/// Puts `document` in place of what the event said at `version`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Managed`], [`StoreError::Stale`] with the version that
/// is there; [`StoreError::Refused`] as for [`create`].
pub fn replace(
    conn: &mut DbConnection,
    key: &str,
    version: i64,
    document: &Value,
    author: &Author,
) -> Result<EventRow, StoreError> {
    let old = changeable(conn, key, version)?;
    write(conn, &old, document, author)
}

/// Removes the event as it was at `version`, and the presets that were made for it by hand.
///
/// # Errors
/// As [`replace`].
pub fn remove(conn: &mut DbConnection, key: &str, version: i64, author: &Author) -> Result<(), StoreError> {
    let old = changeable(conn, key, version)?;
    presets::remove_all_of_event(conn, key, author)?;
    diesel::delete(events::table.find(Word::from(key))).execute(conn)?;
    record(conn, Some(&old), None, author)
}

/// Puts `document` in place of what `old` says; belongs behind [`revision::take_turns`].
pub(super) fn write(
    conn: &mut DbConnection,
    old: &EventRow,
    document: &Value,
    author: &Author,
) -> Result<EventRow, StoreError> {
    diesel::update(events::table.find(Word::from(old.key.as_str())))
        .set((
            events::document.eq(Json(document.clone())),
            events::version.eq(old.version + 1),
            events::updated_at.eq(Moment::from(author.at)),
        ))
        .execute(conn)?;
    let row = find(conn, &old.key)?.ok_or(StoreError::NotFound)?;
    record(conn, Some(old), Some(&row), author)?;
    Ok(row)
}

/// The event, if it is still as it was at `version`.
fn changeable(conn: &mut DbConnection, key: &str, version: i64) -> Result<EventRow, StoreError> {
    revision::take_turns(conn)?;
    let row = find(conn, key)?.ok_or(StoreError::NotFound)?;
    match row.version {
        _ if row.managed => Err(StoreError::Managed),
        current if current != version => Err(StoreError::Stale { current }),
        _ => Ok(row),
    }
}

/// What belongs into the transaction of each change: audit and revision.
fn record(
    conn: &mut DbConnection,
    before: Option<&EventRow>,
    after: Option<&EventRow>,
    author: &Author,
) -> Result<(), StoreError> {
    let Some(of) = after.or(before) else { return Ok(()) };
    let action = match (before, after) {
        (None, _) => "add",
        (Some(_), Some(_)) => "change",
        (Some(_), None) => "remove",
    };
    let document = |row: &EventRow| row.document.clone();
    let entry = audit::Entry {
        before: before.map(document),
        after: after.map(document),
        revision: Some(revision::bump(conn)?),
        ..author.entry(action, "event", &of.key, of.version)
    };
    audit::record(conn, &entry).map(drop)
}
