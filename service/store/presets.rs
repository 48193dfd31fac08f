//! Presets one by one, as people make and change them; a site file's come by [`super::site`].

mod history;
mod list;

use diesel::prelude::*;
use serde_json::Value;

use super::schema::{preset_versions, presets};
use super::site::{KeptPreset, NewPreset, Owner, PresetRow, last_version, with_owner};
use super::types::{Json, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError, audit, revision};

pub(super) use history::versions_of;
pub use history::{VersionRow, version, versions};
pub use list::{Filter, Place, Whose, find_visible, page};

/// The most presets one owner has that were made by hand.
pub fn most(owner: &Owner) -> i64 {
    match owner {
        Owner::User(_) => 200,
        Owner::Group(_) | Owner::Event(_) => 500,
        Owner::Site => 1_000,
    }
}

/// Who makes a change, and when.
pub type Author = audit::By;

/// A preset as somebody saw it who wants to change it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub id: String,
    /// Whose it was: one that changed hands meanwhile is not theirs to change.
    pub owner: Owner,
    pub version: i64,
}

/// Lets one change of the site's content after the other. Begins the transaction of each create,
/// before anything is looked up that the create depends on.
///
/// # Errors
/// As [`super::Store::write`].
pub fn take_turns(conn: &mut DbConnection) -> Result<(), StoreError> {
    revision::take_turns(conn)
}

/// The preset of that id.
///
/// # Errors
/// As [`super::Store::read`].
pub fn find(conn: &mut DbConnection, id: &str) -> Result<Option<PresetRow>, StoreError> {
    let kept: Option<KeptPreset> =
        presets::table.find(Word::from(id)).select(KeptPreset::as_select()).first(conn).optional()?;
    Ok(kept.map(PresetRow::from))
}

/// Keeps a new preset, made by hand. One whose id was there before goes on counting its versions.
///
/// # Errors
/// [`StoreError::Duplicate`] where the id is taken, [`StoreError::Full`] where the owner has
/// [`most`] already, [`StoreError::Refused`] where a text is too long or holds U+0000.
pub fn create(conn: &mut DbConnection, new: &NewPreset, author: &Author) -> Result<PresetRow, StoreError> {
    take_turns(conn)?;
    let (owner_kind, owner) = new.owner.columns();
    let theirs: i64 = presets::table
        .filter(presets::owner_kind.eq(owner_kind.clone()))
        .filter(presets::owner.eq(owner.clone()))
        .filter(presets::managed.eq(false))
        .count()
        .get_result(conn)?;
    if theirs >= most(&new.owner) {
        return Err(StoreError::Full { most: most(&new.owner) });
    }
    let row = KeptPreset {
        id: new.id.as_str().into(),
        owner_kind,
        owner,
        document: Json(new.document.clone()),
        managed: false,
        version: last_version(conn, &new.id)? + 1,
        created_at: author.at.into(),
        updated_at: author.at.into(),
    };
    let taken = |error| match StoreError::from(error) {
        StoreError::Duplicate(_) => StoreError::Duplicate(format!("there is a preset `{}` already", new.id)),
        other => other,
    };
    diesel::insert_into(presets::table).values(row).execute(conn).map_err(taken)?;
    let row = find(conn, &new.id)?.ok_or(StoreError::NotFound)?;
    record(conn, None, Some(&row), author)?;
    Ok(row)
}

/// Puts `document` in place of what the preset said when it was `seen`.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Managed`], [`StoreError::Stale`] with the version that
/// is there; [`StoreError::Refused`] as for [`create`].
pub fn replace(
    conn: &mut DbConnection,
    seen: &Seen,
    document: &Value,
    author: &Author,
) -> Result<PresetRow, StoreError> {
    let old = changeable(conn, seen)?;
    let changed = diesel::update(presets::table.find(Word::from(seen.id.as_str())))
        .filter(presets::version.eq(seen.version))
        .set((
            presets::document.eq(Json(document.clone())),
            presets::version.eq(presets::version + 1),
            presets::updated_at.eq(Moment::from(author.at)),
        ))
        .execute(conn)?;
    let row = find(conn, &seen.id)?.ok_or(StoreError::NotFound)?;
    if changed != 1 {
        return Err(StoreError::Stale { current: row.version });
    }
    record(conn, Some(&old), Some(&row), author)?;
    Ok(row)
}

/// Removes the preset that was `seen`; its history stays.
///
/// # Errors
/// As [`replace`].
pub fn remove(conn: &mut DbConnection, seen: &Seen, author: &Author) -> Result<(), StoreError> {
    let old = changeable(conn, seen)?;
    let gone = diesel::delete(presets::table.find(Word::from(seen.id.as_str())))
        .filter(presets::version.eq(seen.version))
        .execute(conn)?;
    if gone != 1 {
        return Err(StoreError::NotFound);
    }
    record(conn, Some(&old), None, author)
}

/// Removes the presets that were made by hand for an event that goes; their history stays.
pub(super) fn remove_all_of_event(
    conn: &mut DbConnection,
    event: &str,
    author: &Author,
) -> Result<(), StoreError> {
    let (owner_kind, owner) = Owner::Event(event.to_owned()).columns();
    let its: Vec<KeptPreset> = presets::table
        .filter(presets::owner_kind.eq(owner_kind).and(presets::owner.eq(owner)))
        .filter(presets::managed.eq(false))
        .order(presets::id)
        .select(KeptPreset::as_select())
        .load(conn)?;
    for row in its.into_iter().map(PresetRow::from) {
        diesel::delete(presets::table.find(Word::from(row.id.as_str()))).execute(conn)?;
        record(conn, Some(&row), None, author)?;
    }
    Ok(())
}

/// The preset that was `seen`, if it is still as it was.
fn changeable(conn: &mut DbConnection, seen: &Seen) -> Result<PresetRow, StoreError> {
    take_turns(conn)?;
    let row = find(conn, &seen.id)?.filter(|row| row.owner == seen.owner).ok_or(StoreError::NotFound)?;
    match row.version {
        _ if row.managed => Err(StoreError::Managed),
        current if current != seen.version => Err(StoreError::Stale { current }),
        _ => Ok(row),
    }
}

/// What belongs into the transaction of each change: history, audit, revision.
fn record(
    conn: &mut DbConnection,
    before: Option<&PresetRow>,
    after: Option<&PresetRow>,
    author: &Author,
) -> Result<(), StoreError> {
    let Some(of) = after.or(before) else { return Ok(()) };
    if let Some(row) = after {
        let (owner_kind, owner) = row.owner.columns();
        diesel::insert_into(preset_versions::table)
            .values((
                preset_versions::id.eq(Word::from(row.id.as_str())),
                preset_versions::version.eq(row.version),
                preset_versions::document.eq(Json(row.document.clone())),
                preset_versions::changed_at.eq(Moment::from(author.at)),
                preset_versions::changed_by.eq(Word(author.actor.to_string())),
                preset_versions::owner_kind.eq(Some(owner_kind)),
                preset_versions::owner.eq(Some(owner)),
            ))
            .execute(conn)?;
    }
    let action = match (before, after) {
        (None, _) => "add",
        (Some(_), Some(_)) => "change",
        (Some(_), None) => "remove",
    };
    let document = |row: &PresetRow| with_owner(row.document.clone(), &row.owner);
    let entry = audit::Entry {
        before: before.map(document),
        after: after.map(document),
        revision: Some(revision::bump(conn)?),
        ..author.entry(action, "preset", &of.id, of.version)
    };
    audit::record(conn, &entry).map(drop)
}
