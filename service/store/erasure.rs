//! Everything kept of one person: handed out whole, or erased so that their name stands nowhere.

pub mod naming;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::audit::{self, By, Entry};
use super::decisions::{self, Decision};
use super::events::EventRow;
use super::preferences;
use super::presets::{self, VersionRow};
use super::schema::{catalogues, preset_versions};
use super::selections::{self, Selection};
use super::sessions::{self, Session};
use super::site::{self, Owner, PresetRow};
use super::types::Word;
use super::{DbConnection, StoreError, accounts, idempotency, people, revision};
use crate::groups::Username;

/// Everything kept of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// When the hub made the account, as far as it was told.
    pub account: Option<DateTime<Utc>>,
    pub preferences: Option<preferences::Kept>,
    pub sessions: Vec<Session>,
    /// By server and context.
    pub selections: Vec<Selection>,
    /// Their own, by id.
    pub presets: Vec<PresetRow>,
    /// Those that name them, by key.
    pub events: Vec<EventRow>,
    /// Every version of everything that was ever their own, with its preset's id.
    pub versions: Vec<(String, VersionRow)>,
    /// Newest first.
    pub decisions: Vec<Decision>,
    /// What they did and what was done to what is theirs, newest first, by number.
    pub changes: Vec<(i64, Entry)>,
}

/// How erasing went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// The name stands nowhere any more.
    Gone,
    /// There was nothing to erase.
    Nothing,
    /// Nothing was erased: the site file names them here, and would bring them back.
    StillNamed(Vec<String>),
}

/// Everything kept of `person`, as of one instant.
///
/// # Errors
/// As [`super::Store::read`].
pub fn held(conn: &mut DbConnection, person: &Username) -> Result<Held, StoreError> {
    conn.read_transaction(|conn| {
        Ok(Held {
            account: accounts::made_at(conn, person)?,
            preferences: preferences::of(conn, person)?,
            sessions: sessions::all_of(conn, person)?,
            selections: selections::all_of(conn, person)?,
            presets: site::presets_of(conn, person)?,
            events: naming::events(conn, person)?,
            versions: presets::versions_of(conn, person)?,
            decisions: decisions::latest_of(conn, person, u32::MAX)?,
            changes: audit::about(conn, person)?,
        })
    })
}

/// Erases `person`: what is theirs goes; decisions and the audit keep that somebody did something,
/// under a mark that leads nowhere.
///
/// # Errors
/// As [`super::Store::write`].
pub fn erase(conn: &mut DbConnection, person: &Username, by: &By) -> Result<Erased, StoreError> {
    let named = named_by_site(conn, person)?;
    if !named.is_empty() {
        return Ok(Erased::StillNamed(named));
    }
    let was_known = people::mark_of(conn, person)?.is_some();
    let mark = people::mark(conn, person)?;
    let pseudonym = audit::erased(&mark);
    let mut found = was_known;
    found |= preferences::remove(conn, person)?;
    found |= selections::forget(conn, person)? > 0;
    found |= sessions::end_all_of(conn, person)? > 0;
    found |= accounts::forget(conn, person)?;
    let presets = remove_presets(conn, person)?;
    found |= !presets.is_empty();
    found |= naming::take_out(conn, person, by)? > 0;
    found |= idempotency::forget(conn, "user", person.as_str())? > 0;
    found |= decisions::pseudonymise(conn, person, &pseudonym, &presets)? > 0;
    found |= rename_author(conn, person, &pseudonym)?;
    if found {
        audit::record(conn, &by.own("erase", "person", person, 0))?;
    }
    people::forget(conn, &mark)?;
    Ok(if found { Erased::Gone } else { Erased::Nothing })
}

/// Where the site file names `person`.
fn named_by_site(conn: &mut DbConnection, person: &Username) -> Result<Vec<String>, StoreError> {
    let presets = site::presets_of(conn, person)?.into_iter().filter(|preset| preset.managed);
    let mut named: Vec<String> =
        presets.map(|preset| format!("preset {} (owner: user)", preset.id)).collect();
    for group in site::groups(conn)? {
        named.extend(naming::places(&group.document, person).map(|at| format!("group {} ({at})", group.key)));
    }
    for event in naming::events(conn, person)?.into_iter().filter(|event| event.managed) {
        named.extend(naming::places(&event.document, person).map(|at| format!("event {} ({at})", event.key)));
    }
    Ok(named)
}

/// Takes away their own presets, with every version of anything that was ever theirs; tells which.
fn remove_presets(conn: &mut DbConnection, person: &Username) -> Result<BTreeSet<String>, StoreError> {
    let (kind, name) = Owner::User(person.as_str().to_owned()).columns();
    use super::schema::presets as table;
    let theirs =
        table::table.filter(table::owner_kind.eq(kind.clone())).filter(table::owner.eq(name.clone()));
    let ids: Vec<Word> = diesel::delete(theirs).returning(table::id).get_results(conn)?;
    if !ids.is_empty() {
        revision::bump(conn)?;
    }
    let versions = preset_versions::table
        .filter(preset_versions::owner_kind.eq(Some(kind)))
        .filter(preset_versions::owner.eq(Some(name)));
    let once: Vec<Word> = diesel::delete(versions).returning(preset_versions::id).get_results(conn)?;
    diesel::delete(preset_versions::table.filter(preset_versions::id.eq_any(ids.clone()))).execute(conn)?;
    // What an answer to a create of theirs, sent by somebody else, still says for a day.
    idempotency::forget_about(conn, person)?;
    Ok(ids.into_iter().chain(once).map(|id| id.0).collect())
}

/// What they wrote for others stays, without their name.
pub(super) fn rename_author(
    conn: &mut DbConnection,
    person: &Username,
    pseudonym: &str,
) -> Result<bool, StoreError> {
    let (name, other) = (Word::from(person.as_str()), Word::from(pseudonym));
    let versions =
        diesel::update(preset_versions::table.filter(preset_versions::changed_by.eq(name.clone())))
            .set(preset_versions::changed_by.eq(other.clone()))
            .execute(conn)?;
    let catalogues = diesel::update(catalogues::table.filter(catalogues::applied_by.eq(name)))
        .set(catalogues::applied_by.eq(other))
        .execute(conn)?;
    Ok(versions + catalogues > 0)
}
