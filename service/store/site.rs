//! The site's content: the catalogue, the groups, the events and the presets that a site file declares.

mod difference;
mod replacement;
mod since;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};

use super::events::{self, EventRow, NewEvent};
use super::schema::{catalogues, presets, site_groups};
use super::types::{Json, JsonText, Moment, Word};
use super::{DbConnection, MultiBackend, StoreError, revision};
use crate::groups::Username;
pub use difference::difference;
pub(super) use difference::with_owner;
pub(super) use replacement::last_version;
pub use replacement::replace;
pub use since::{Newer, since};

/// Everything kept of the site, as of one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteRows {
    /// Grows with every change of any of these.
    pub revision: i64,
    /// The current catalogue and its version; none before the first site file.
    pub catalogue: Option<(i64, Value)>,
    /// By key, bytewise.
    pub groups: Vec<GroupRow>,
    /// By key, bytewise; those of a site file and those that organisers made themselves.
    pub events: Vec<EventRow>,
    /// By id, bytewise; those of a site file and those that people made themselves.
    pub presets: Vec<PresetRow>,
}

/// A group as the site file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    pub key: String,
    pub document: Value,
    pub version: i64,
    pub updated_at: DateTime<Utc>,
}

/// A preset of the site, a group or a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PresetRow {
    pub id: String,
    pub owner: Owner,
    pub document: Value,
    /// It came from a site file, and goes when the file no longer names it.
    pub managed: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Whose preset it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Site,
    /// A group's key, at most 512 bytes.
    Group(String),
    /// An event's key, at most 512 bytes.
    Event(String),
    /// A person's name, at most 1020 bytes.
    User(String),
}

/// What a site file declares: the whole of it, not a change to what is there.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSite {
    /// Everything but groups, events and presets.
    pub catalogue: Value,
    pub groups: Vec<NewGroup>,
    pub events: Vec<NewEvent>,
    pub presets: Vec<NewPreset>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewGroup {
    pub key: String,
    pub document: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub struct NewPreset {
    pub id: String,
    pub owner: Owner,
    pub document: Value,
}

/// What kind of object changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    Catalogue,
    Group,
    Event,
    Preset,
}

/// One object that a site file changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub kind: ObjectKind,
    /// The group's or event's key or the preset's id; `catalogue` for the catalogue.
    pub id: String,
    /// The document that is there, none for a new object. A preset's holds its `owner`.
    pub before: Option<Value>,
    /// The document that will be there, none for an object that goes.
    pub after: Option<Value>,
}

/// What [`replace`] did.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The revision now; the same as before where nothing changed.
    pub revision: i64,
    /// Catalogue first, then groups, events and presets, each in bytewise order.
    pub changes: Vec<Change>,
}

impl ObjectKind {
    /// The word used in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Group => "group",
            Self::Event => "event",
            Self::Preset => "preset",
        }
    }
}

impl Change {
    /// `add`, `change` or `remove`.
    pub fn action(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "add",
            (Some(_), Some(_)) => "change",
            (Some(_), None) => "remove",
        }
    }
}

impl Owner {
    pub(super) fn columns(&self) -> (Word, Word) {
        match self {
            Self::Site => ("site".into(), "".into()),
            Self::Group(key) => ("group".into(), key.as_str().into()),
            Self::Event(key) => ("event".into(), key.as_str().into()),
            Self::User(name) => ("user".into(), name.as_str().into()),
        }
    }

    pub(super) fn of_columns(kind: &Word, owner: Word) -> Self {
        match kind.0.as_str() {
            "group" => Self::Group(owner.0),
            "event" => Self::Event(owner.0),
            "user" => Self::User(owner.0),
            _ => Self::Site, // the table takes no fifth kind
        }
    }

    /// As a site file writes it.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Site => json!("site"),
            Self::Group(key) => json!({ "group": key }),
            Self::Event(key) => json!({ "event": key }),
            Self::User(name) => json!({ "user": name }),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = site_groups, check_for_backend(MultiBackend))]
struct KeptGroup {
    key: Word,
    document: Json,
    version: i64,
    updated_at: Moment,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = presets, check_for_backend(MultiBackend))]
pub(super) struct KeptPreset {
    pub id: Word,
    pub owner_kind: Word,
    pub owner: Word,
    pub document: Json,
    pub managed: bool,
    pub version: i64,
    pub created_at: Moment,
    pub updated_at: Moment,
}

impl From<KeptGroup> for GroupRow {
    fn from(kept: KeptGroup) -> Self {
        Self {
            key: kept.key.0,
            document: kept.document.0,
            version: kept.version,
            updated_at: kept.updated_at.into(),
        }
    }
}

impl From<KeptPreset> for PresetRow {
    fn from(kept: KeptPreset) -> Self {
        Self {
            id: kept.id.0,
            owner: Owner::of_columns(&kept.owner_kind, kept.owner),
            document: kept.document.0,
            managed: kept.managed,
            version: kept.version,
            created_at: kept.created_at.into(),
            updated_at: kept.updated_at.into(),
        }
    }
}

/// Everything kept of the site, as of one instant whoever writes meanwhile.
///
/// # Errors
/// As [`super::Store::read`].
pub fn load(conn: &mut DbConnection) -> Result<SiteRows, StoreError> {
    conn.read_transaction(|conn| {
        let groups = groups(conn)?;
        let events = events::all(conn)?;
        let presets: Vec<KeptPreset> =
            presets::table.order(presets::id).select(KeptPreset::as_select()).load(conn)?;
        Ok(SiteRows {
            revision: revision::current(conn)?,
            catalogue: catalogue(conn)?,
            groups,
            events,
            presets: presets.into_iter().map(PresetRow::from).collect(),
        })
    })
}

/// What forms are made from: of thousands of presets the texts take little, and what is read of them much.
#[derive(Debug)]
pub struct SiteTexts {
    pub revision: i64,
    /// The current catalogue and its version; none before the first site file.
    pub catalogue: Option<(i64, Value)>,
    /// By key: the document's JSON.
    pub groups: Vec<(String, String)>,
    pub events: Vec<(String, String)>,
    /// By id, with the version.
    pub presets: Vec<(String, i64, String)>,
}

/// The same as [`load`] as far as forms need it.
///
/// # Errors
/// As [`super::Store::read`].
pub fn texts(conn: &mut DbConnection) -> Result<SiteTexts, StoreError> {
    conn.read_transaction(|conn| {
        let groups: Vec<(Word, JsonText)> = site_groups::table
            .order(site_groups::key)
            .select((site_groups::key, site_groups::document))
            .load(conn)?;
        let presets: Vec<(Word, i64, JsonText)> = presets::table
            .order(presets::id)
            .select((presets::id, presets::version, presets::document))
            .load(conn)?;
        Ok(SiteTexts {
            revision: revision::current(conn)?,
            catalogue: catalogue(conn)?,
            groups: groups.into_iter().map(|(key, text)| (key.0, text.0)).collect(),
            events: events::texts(conn)?,
            presets: presets.into_iter().map(|(id, version, text)| (id.0, version, text.0)).collect(),
        })
    })
}

fn catalogue(conn: &mut DbConnection) -> Result<Option<(i64, Value)>, StoreError> {
    let catalogue: Option<(i64, Json)> = catalogues::table
        .order(catalogues::version.desc())
        .select((catalogues::version, catalogues::document))
        .first(conn)
        .optional()?;
    Ok(catalogue.map(|(version, document)| (version, document.0)))
}

/// Every group, by key.
pub(super) fn groups(conn: &mut DbConnection) -> Result<Vec<GroupRow>, StoreError> {
    let groups: Vec<KeptGroup> =
        site_groups::table.order(site_groups::key).select(KeptGroup::as_select()).load(conn)?;
    Ok(groups.into_iter().map(GroupRow::from).collect())
}

/// The presets that are `person`'s own, by id.
pub(super) fn presets_of(conn: &mut DbConnection, person: &Username) -> Result<Vec<PresetRow>, StoreError> {
    let (kind, name) = Owner::User(person.as_str().to_owned()).columns();
    let presets: Vec<KeptPreset> = presets::table
        .filter(presets::owner_kind.eq(kind))
        .filter(presets::owner.eq(name))
        .order(presets::id)
        .select(KeptPreset::as_select())
        .load(conn)?;
    Ok(presets.into_iter().map(PresetRow::from).collect())
}
