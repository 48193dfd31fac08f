//! Who stands behind a mark in the audit: names that can be forgotten, so that the audit never has to change.

use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::people;
use super::types::Word;
use super::{DbConnection, InDialect, StoreError};
use crate::groups::Username;

/// The mark of `person`, made now if they never had one: 32 hexadecimal digits that tell nothing.
pub(super) fn mark(conn: &mut DbConnection, person: &Username) -> Result<String, StoreError> {
    if let Some(mark) = mark_of(conn, person)? {
        return Ok(mark);
    }
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::unavailable(error.to_string()))?;
    let mark = Word(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    let row = (people::mark.eq(mark), people::person.eq(Word::from(person.as_str())));
    // Somebody else may have made one meanwhile: theirs stands.
    InDialect(diesel::insert_into(people::table).values(row).on_conflict(people::person).do_nothing())
        .execute(conn)?;
    mark_of(conn, person)?.ok_or(StoreError::NotFound)
}

/// The mark of `person`, if they have one.
pub(super) fn mark_of(conn: &mut DbConnection, person: &Username) -> Result<Option<String>, StoreError> {
    let mark: Option<Word> = people::table
        .filter(people::person.eq(Word::from(person.as_str())))
        .select(people::mark)
        .first(conn)
        .optional()?;
    Ok(mark.map(|mark| mark.0))
}

/// Who the `marks` stand for; those of erased people are not in it.
pub(super) fn behind(
    conn: &mut DbConnection,
    marks: Vec<String>,
) -> Result<HashMap<String, String>, StoreError> {
    let marks: Vec<Word> = marks.into_iter().map(Word).collect();
    let rows: Vec<(Word, Word)> =
        people::table.filter(people::mark.eq_any(marks)).select((people::mark, people::person)).load(conn)?;
    Ok(rows.into_iter().map(|(mark, person)| (mark.0, person.0)).collect())
}

/// Forgets whose mark it was, and with it what was personal about their changes.
pub(super) fn forget(conn: &mut DbConnection, mark: &str) -> Result<(), StoreError> {
    diesel::delete(people::table.find(Word::from(mark))).execute(conn)?;
    Ok(())
}
