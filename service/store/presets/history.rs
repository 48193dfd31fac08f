//! What a preset said before.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::super::schema::preset_versions;
use super::super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, Owner, PresetRow, StoreError};
use crate::groups::Username;

/// One version of a preset.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    pub version: i64,
    pub document: Value,
    pub changed_at: DateTime<Utc>,
    /// Who made it so: a user's name, or what else acted.
    pub changed_by: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = preset_versions, check_for_backend(MultiBackend))]
struct Row {
    version: i64,
    document: Json,
    changed_at: Moment,
    changed_by: Word,
}

impl From<Row> for VersionRow {
    fn from(row: Row) -> Self {
        Self {
            version: row.version,
            document: row.document.0,
            changed_at: row.changed_at.into(),
            changed_by: row.changed_by.0,
        }
    }
}

/// The versions of `preset` below `before` (all, where there is none), latest first, at most `limit`.
///
/// Only those of its owner of today: an id that came back to somebody else tells them nothing.
///
/// # Errors
/// As [`super::super::Store::read`].
pub fn versions(
    conn: &mut DbConnection,
    preset: &PresetRow,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<VersionRow>, StoreError> {
    let (owner_kind, owner) = owner(preset);
    let rows: Vec<Row> = preset_versions::table
        .filter(preset_versions::id.eq(Word::from(preset.id.as_str())))
        .filter(preset_versions::owner_kind.eq(owner_kind).and(preset_versions::owner.eq(owner)))
        .filter(preset_versions::version.lt(before.unwrap_or(i64::MAX)))
        .order(preset_versions::version.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(VersionRow::from).collect())
}

/// Every version of everything that was ever `person`'s own, with its preset's id.
pub(in crate::store) fn versions_of(
    conn: &mut DbConnection,
    person: &Username,
) -> Result<Vec<(String, VersionRow)>, StoreError> {
    let (kind, name) = Owner::User(person.as_str().to_owned()).columns();
    let rows: Vec<(Word, Row)> = preset_versions::table
        .filter(preset_versions::owner_kind.eq(Some(kind)))
        .filter(preset_versions::owner.eq(Some(name)))
        .order((preset_versions::id, preset_versions::version))
        .select((preset_versions::id, Row::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, row)| (id.0, row.into())).collect())
}

/// What `preset` said at `version`, if its owner was the same.
///
/// # Errors
/// As [`super::super::Store::read`].
pub fn version(
    conn: &mut DbConnection,
    preset: &PresetRow,
    version: i64,
) -> Result<Option<VersionRow>, StoreError> {
    let (owner_kind, owner) = owner(preset);
    let row: Option<Row> = preset_versions::table
        .find((Word::from(preset.id.as_str()), version))
        .filter(preset_versions::owner_kind.eq(owner_kind).and(preset_versions::owner.eq(owner)))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(VersionRow::from))
}

fn owner(preset: &PresetRow) -> (Option<Word>, Option<Word>) {
    let (kind, owner) = Owner::columns(&preset.owner);
    (Some(kind), Some(owner))
}
