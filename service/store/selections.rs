//! What each person last started: the preset, and the values they chose.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;
use serde_json::Value;

use super::audit::{self, By};
use super::schema::selections;
use super::types::{Json, Moment, Word};
use super::{DbConnection, InDialect, MultiBackend, StoreError};
use crate::groups::Username;

/// What a person last started in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    pub person: Username,
    /// Empty for the default server; at most 1020 bytes.
    pub server_name: String,
    /// The key of the event or group acted in, empty for none; at most 512 bytes.
    pub context: String,
    /// The preset's id; at most 512 bytes.
    pub preset: String,
    /// The values the person chose, as an object.
    pub chosen_values: Value,
    /// Kept to the microsecond.
    pub at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = selections, check_for_backend(MultiBackend))]
struct Row {
    person: Word,
    server_name: Word,
    context: Word,
    preset: Word,
    chosen_values: Json,
    at: Moment,
}

impl Row {
    fn of(self, person: &Username) -> Selection {
        Selection {
            person: person.clone(),
            server_name: self.server_name.0,
            context: self.context.0,
            preset: self.preset.0,
            chosen_values: self.chosen_values.0,
            at: self.at.into(),
        }
    }
}

/// More places than anybody has servers in.
pub(super) const MOST: usize = 1_000;

/// What `person` last started in each place, the newest first; at most a thousand.
///
/// # Errors
/// As [`super::Store::read`].
pub fn of(conn: &mut DbConnection, person: &Username) -> Result<Vec<Selection>, StoreError> {
    let rows: Vec<Row> = selections::table
        .filter(selections::person.eq(Word::from(person.as_str())))
        .order((selections::at.desc(), selections::server_name, selections::context))
        .limit(MOST as i64)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.of(person)).collect())
}

/// Everything `person` last started, by server and context.
///
/// # Errors
/// As [`super::Store::read`].
pub fn all_of(conn: &mut DbConnection, person: &Username) -> Result<Vec<Selection>, StoreError> {
    let rows: Vec<Row> = selections::table
        .filter(selections::person.eq(Word::from(person.as_str())))
        .order((selections::server_name, selections::context))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| row.of(person)).collect())
}

/// Forgets everything `person` last started, with its audit row; says how much it was.
///
/// # Errors
/// As [`super::Store::write`].
pub fn clear(conn: &mut DbConnection, person: &Username, by: &By) -> Result<usize, StoreError> {
    let forgotten = forget(conn, person)?;
    if forgotten > 0 {
        audit::record(conn, &by.own("remove", "selections", person, 0))?;
    }
    Ok(forgotten)
}

pub(super) fn forget(conn: &mut DbConnection, person: &Username) -> Result<usize, StoreError> {
    let theirs = selections::table.filter(selections::person.eq(Word::from(person.as_str())));
    Ok(diesel::delete(theirs).execute(conn)?)
}

/// Keeps `selection` in place of the one before it in the same place. Belongs into
/// [`super::Store::change_person`].
///
/// # Errors
/// [`StoreError::Refused`] where a text is too long or holds U+0000.
pub fn remember(conn: &mut DbConnection, selection: &Selection) -> Result<(), StoreError> {
    let row = Row {
        person: selection.person.as_str().into(),
        server_name: selection.server_name.as_str().into(),
        context: selection.context.as_str().into(),
        preset: selection.preset.as_str().into(),
        chosen_values: Json(selection.chosen_values.clone()),
        at: selection.at.into(),
    };
    InDialect(
        diesel::insert_into(selections::table)
            .values(row)
            .on_conflict((selections::person, selections::server_name, selections::context))
            .do_update()
            .set((
                selections::preset.eq(excluded(selections::preset)),
                selections::chosen_values.eq(excluded(selections::chosen_values)),
                selections::at.eq(excluded(selections::at)),
            )),
    )
    .execute(conn)?;
    Ok(())
}
