//! Making the database say what a site file says: all of it or nothing, and only what differs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::difference::compare;
use super::events::{EventRow, KeptEvent};
use super::{
    Change, Changes, DbConnection, GroupRow, KeptGroup, KeptPreset, NewPreset, NewSite, ObjectKind,
    PresetRow, SiteRows, StoreError, load, revision,
};
use crate::store::audit;
use crate::store::schema::{catalogues, events, preset_versions, presets, site_groups};
use crate::store::types::{Json, Moment, Word};

/// Puts `new` in place of the catalogue, the groups, the events and the presets of the site file before it.
///
/// All or nothing, in a transaction of its own or as part of one. Writes only what differs, with
/// one audit row for each object, and counts one revision if anything does; presets and
/// events that people made themselves stay. Two replacements at once take turns.
///
/// # Errors
/// [`StoreError::Duplicate`] where `new` names something twice, or takes the name of a preset or an
/// event that somebody made; [`StoreError::Refused`] where a name is too long or a text holds U+0000.
pub fn replace(
    conn: &mut DbConnection,
    new: &NewSite,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Changes, StoreError> {
    conn.write_transaction(|conn| {
        revision::take_turns(conn)?;
        let old = load(conn)?;
        let changes = compare(&old, new)?;
        if changes.is_empty() {
            return Ok(Changes { revision: old.revision, changes });
        }
        let mut scribe = Scribe::new(&old, new, actor, now);
        for change in &changes {
            let version = match change.kind {
                ObjectKind::Catalogue => scribe.catalogue(conn)?,
                ObjectKind::Group => scribe.group(conn, change)?,
                ObjectKind::Event => scribe.event(conn, change)?,
                ObjectKind::Preset => scribe.preset(conn, change)?,
            };
            scribe.audit(conn, change, version)?;
        }
        Ok(Changes { revision: revision::bump(conn)?, changes })
    })
}

/// What the site file says, by name. Written from here rather than from the [`Change`], whose
/// documents went through text already: twice, and a float could move by another bit.
struct Declared<'a> {
    catalogue: &'a Value,
    groups: HashMap<&'a str, &'a Value>,
    events: HashMap<&'a str, &'a Value>,
    presets: HashMap<&'a str, &'a NewPreset>,
}

/// Writes changes down, one after the other.
struct Scribe<'a> {
    catalogue_version: i64,
    groups: HashMap<&'a str, &'a GroupRow>,
    events: HashMap<&'a str, &'a EventRow>,
    presets: HashMap<&'a str, &'a PresetRow>,
    declared: Declared<'a>,
    /// The one that this replacement makes.
    revision: i64,
    actor: &'a str,
    now: DateTime<Utc>,
}

impl<'a> Scribe<'a> {
    fn new(old: &'a SiteRows, new: &'a NewSite, actor: &'a str, now: DateTime<Utc>) -> Self {
        Self {
            catalogue_version: old.catalogue.as_ref().map_or(0, |(version, _)| *version),
            groups: old.groups.iter().map(|group| (group.key.as_str(), group)).collect(),
            events: old.events.iter().map(|event| (event.key.as_str(), event)).collect(),
            presets: old.presets.iter().map(|preset| (preset.id.as_str(), preset)).collect(),
            declared: Declared {
                catalogue: &new.catalogue,
                groups: new.groups.iter().map(|group| (group.key.as_str(), &group.document)).collect(),
                events: new.events.iter().map(|event| (event.key.as_str(), &event.document)).collect(),
                presets: new.presets.iter().map(|preset| (preset.id.as_str(), preset)).collect(),
            },
            revision: old.revision + 1,
            actor,
            now,
        }
    }

    fn moment(&self) -> Moment {
        self.now.into()
    }

    /// Returns the catalogue's new version. A site file always has one, so it is never removed.
    fn catalogue(&mut self, conn: &mut DbConnection) -> Result<i64, StoreError> {
        self.catalogue_version += 1;
        diesel::insert_into(catalogues::table)
            .values((
                catalogues::version.eq(self.catalogue_version),
                catalogues::document.eq(Json(self.declared.catalogue.clone())),
                catalogues::applied_at.eq(self.moment()),
                catalogues::applied_by.eq(Word::from(self.actor)),
            ))
            .execute(conn)?;
        Ok(self.catalogue_version)
    }

    /// Returns the group's new version, or its last one if it goes.
    fn group(&self, conn: &mut DbConnection, change: &Change) -> Result<i64, StoreError> {
        let old_version = self.groups.get(change.id.as_str()).map_or(0, |group| group.version);
        let key = Word::from(change.id.as_str());
        let Some(document) = self.declared.groups.get(change.id.as_str()).map(|found| Json((*found).clone()))
        else {
            diesel::delete(site_groups::table.find(key)).execute(conn)?;
            return Ok(old_version);
        };
        let version = old_version + 1;
        if change.before.is_none() {
            let row = KeptGroup { key, document, version, updated_at: self.moment() };
            diesel::insert_into(site_groups::table).values(row).execute(conn)?;
        } else {
            diesel::update(site_groups::table.find(key))
                .set((
                    site_groups::document.eq(document),
                    site_groups::version.eq(version),
                    site_groups::updated_at.eq(self.moment()),
                ))
                .execute(conn)?;
        }
        Ok(version)
    }

    /// Returns the event's new version, or its last one if it goes.
    fn event(&self, conn: &mut DbConnection, change: &Change) -> Result<i64, StoreError> {
        let old_version = self.events.get(change.id.as_str()).map_or(0, |event| event.version);
        let key = Word::from(change.id.as_str());
        let Some(document) = self.declared.events.get(change.id.as_str()).map(|found| Json((*found).clone()))
        else {
            diesel::delete(events::table.find(key)).execute(conn)?;
            return Ok(old_version);
        };
        let version = old_version + 1;
        if change.before.is_none() {
            let (created_at, updated_at) = (self.moment(), self.moment());
            let row = KeptEvent { key, document, managed: true, version, created_at, updated_at };
            diesel::insert_into(events::table).values(row).execute(conn)?;
        } else {
            diesel::update(events::table.find(key))
                .set((
                    events::document.eq(document),
                    events::version.eq(version),
                    events::updated_at.eq(self.moment()),
                ))
                .execute(conn)?;
        }
        Ok(version)
    }

    /// Returns the preset's new version, or its last one if it goes.
    fn preset(&self, conn: &mut DbConnection, change: &Change) -> Result<i64, StoreError> {
        let id = Word::from(change.id.as_str());
        let old_version = self.presets.get(change.id.as_str()).map(|preset| preset.version);
        let Some(preset) = self.declared.presets.get(change.id.as_str()) else {
            diesel::delete(presets::table.find(id)).execute(conn)?;
            return Ok(old_version.unwrap_or_default());
        };
        let (owner_kind, owner) = preset.owner.columns();
        let document = Json(preset.document.clone());
        let version = match old_version {
            Some(version) => version + 1,
            // One that comes back goes on counting where its history ends.
            None => last_version(conn, &change.id)? + 1,
        };
        if old_version.is_none() {
            let row = KeptPreset {
                id: id.clone(),
                owner_kind: owner_kind.clone(),
                owner: owner.clone(),
                document: document.clone(),
                managed: true,
                version,
                created_at: self.moment(),
                updated_at: self.moment(),
            };
            diesel::insert_into(presets::table).values(row).execute(conn)?;
        } else {
            diesel::update(presets::table.find(id.clone()))
                .set((
                    presets::owner_kind.eq(owner_kind.clone()),
                    presets::owner.eq(owner.clone()),
                    presets::document.eq(document.clone()),
                    presets::version.eq(version),
                    presets::updated_at.eq(self.moment()),
                ))
                .execute(conn)?;
        }
        diesel::insert_into(preset_versions::table)
            .values((
                preset_versions::id.eq(id),
                preset_versions::version.eq(version),
                preset_versions::document.eq(document),
                preset_versions::changed_at.eq(self.moment()),
                preset_versions::changed_by.eq(Word::from(self.actor)),
                preset_versions::owner_kind.eq(Some(owner_kind)),
                preset_versions::owner.eq(Some(owner)),
            ))
            .execute(conn)?;
        Ok(version)
    }

    fn audit(&self, conn: &mut DbConnection, change: &Change, version: i64) -> Result<(), StoreError> {
        let entry = audit::Entry {
            at: self.now,
            actor: audit::Actor::Operator(self.actor.to_owned()),
            token: None,
            action: change.action().to_owned(),
            object_kind: change.kind.as_str().to_owned(),
            object_id: change.id.clone(),
            version,
            before: change.before.clone(),
            after: change.after.clone(),
            request_id: None,
            revision: Some(self.revision),
        };
        audit::record(conn, &entry).map(drop)
    }
}

/// The last version a preset of that id ever had; 0 for none.
pub(in crate::store) fn last_version(conn: &mut DbConnection, id: &str) -> Result<i64, StoreError> {
    let last: Option<i64> = preset_versions::table
        .filter(preset_versions::id.eq(Word::from(id)))
        .select(diesel::dsl::max(preset_versions::version))
        .first(conn)?;
    Ok(last.unwrap_or_default())
}
