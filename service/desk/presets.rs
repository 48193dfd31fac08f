//! Presets as people see them: what is theirs to see, page by page, and what it said before.

mod change;
mod once;
mod shared;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize as _;

pub use change::{Copy, Made};
pub use once::Once;
pub(super) use once::{attempt, suffix};
pub use shared::Link;

use super::breakage::Breakage;
use super::{Desk, NoAnswer, unknown_people};
use crate::catalogue::{Fault, Key};
use crate::effective::{Content, Unknown};
use crate::groups::{Membership, Standing as Answered, Username};
use crate::presets::remarks::Remarks;
use crate::presets::rights::{Access, Standing};
use crate::presets::{Owner, written};
use crate::site;
use crate::store::StoreError;
use crate::store::audit::{Actor, By};
use crate::store::presets::{self as kept, Filter, Place, VersionRow, Whose};
use crate::store::site::PresetRow;

/// Who calls, and what the hub says they may.
#[derive(Debug, Clone)]
pub struct Acting {
    /// A service of the hub that happens to be called like a person is not that person.
    pub is_service: bool,
    pub name: Username,
    /// Groups that the hub itself keeps.
    pub hub_groups: Vec<String>,
    /// Sees everybody's.
    pub reads_all: bool,
    /// Makes events, and changes those they organise.
    pub organises: bool,
    /// Writes everybody's and the site's.
    pub administers: bool,
    /// Who it was, for the audit.
    pub actor: Actor,
    /// The hub's id of the token it was done with.
    pub token: Option<String>,
    pub request_id: Option<String>,
}

/// A preset as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub id: String,
    pub written: written::Preset,
    pub version: i64,
    /// It comes from the site file, and is changed there.
    pub managed: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of what was sent just now.
    pub remarks: Remarks,
}

/// What a preset said once.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub written: written::Preset,
    pub version: i64,
    pub changed_at: DateTime<Utc>,
    /// Told to those who may write the preset, or see everybody's.
    pub changed_by: Option<String>,
}

/// Part of a list, and whether there is more of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub more: bool,
}

/// Why something was not done; nothing was changed then.
#[derive(Debug)]
pub enum NotDone {
    /// There is no such preset, or it is not theirs to know of.
    NotFound,
    /// They see it, and may not change it; the sentence says who may.
    Forbidden(&'static str),
    Managed,
    /// Somebody changed it meanwhile.
    Stale {
        current: i64,
    },
    /// One for each field at fault.
    Faults(Vec<Fault>),
    Full {
        most: i64,
    },
    /// What is saved would not start any more.
    WouldBreak(Breakage),
    /// Nobody was erased: the site file names them, in these places.
    StillNamed(Vec<String>),
    /// The key of an earlier create was sent for something else.
    KeyReused,
    /// What is kept under their name was saved by somebody who had it before.
    OtherAccount,
    /// Whose limits cannot be known now, nothing is saved for.
    GroupsUnknown,
    Unavailable(String),
    /// A mistake of ours.
    Broken(String),
}

/// What somebody may see and write, as of one revision.
pub(super) struct View {
    content: Arc<Content>,
    standing: Standing,
    membership: Membership,
    /// The presets that the events they take part in have for them.
    of_events: Vec<Key>,
}

impl Desk {
    /// The presets that are theirs to see and that `filter` lets through, in the order they were
    /// made, behind `after`.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn presets(
        &self,
        acting: &Acting,
        filter: Filter,
        after: Option<Place>,
        limit: u8,
    ) -> Result<Page<Shown>, NotDone> {
        let view = self.view(acting).await?;
        let whose = view.whose();
        let most = i64::from(limit) + 1;
        let rows =
            self.store.read(move |conn| kept::page(conn, &whose, &filter, after.as_ref(), most)).await?;
        Ok(page(rows, limit, Shown::of))
    }

    /// One preset that is theirs to see.
    ///
    /// # Errors
    /// [`NotDone::NotFound`], [`NotDone::Unavailable`].
    pub async fn preset(&self, acting: &Acting, id: &Key) -> Result<Shown, NotDone> {
        let (_, row, _) = self.seen(acting, id).await?;
        Shown::of(row).ok_or_else(|| NotDone::Broken(format!("preset {id} cannot be read")))
    }

    /// What a preset said before, latest first, from below version `before`.
    ///
    /// # Errors
    /// As [`Self::preset`].
    pub async fn preset_versions(
        &self,
        acting: &Acting,
        id: &Key,
        before: Option<i64>,
        limit: u8,
    ) -> Result<Page<Version>, NotDone> {
        let (view, row, access) = self.seen(acting, id).await?;
        let most = i64::from(limit) + 1;
        let rows = self.store.read(move |conn| kept::versions(conn, &row, before, most)).await?;
        Ok(page(rows, limit, |row| Version::of(row, view.names_authors(access))))
    }

    /// What a preset said at one version.
    ///
    /// # Errors
    /// As [`Self::preset`].
    pub async fn preset_version(&self, acting: &Acting, id: &Key, version: i64) -> Result<Version, NotDone> {
        let (view, row, access) = self.seen(acting, id).await?;
        let found = self.store.read(move |conn| kept::version(conn, &row, version)).await?;
        let found = found.ok_or(NotDone::NotFound)?;
        Version::of(found, view.names_authors(access))
            .ok_or_else(|| NotDone::Broken(format!("preset {id} cannot be read at version {version}")))
    }

    /// A preset and what they may do with it. For one that is not theirs, the same work is done as
    /// for one that is not there.
    async fn seen(&self, acting: &Acting, id: &Key) -> Result<(View, PresetRow, Access), NotDone> {
        let view = self.view(acting).await?;
        let (id, whose) = (id.to_string(), view.whose());
        let row = self.store.read(move |conn| kept::find_visible(conn, &id, &whose)).await?;
        let row = row.ok_or(NotDone::NotFound)?;
        let access = site::owner(&row.owner).map_or(Access::Nothing, |owner| view.standing.access(&owner));
        if access == Access::Nothing { Err(NotDone::NotFound) } else { Ok((view, row, access)) }
    }

    pub(super) async fn view(&self, acting: &Acting) -> Result<View, NotDone> {
        let content = self.content()?;
        let mut standing =
            Standing { reads_all: acting.reads_all, administers: acting.administers, ..Standing::default() };
        if acting.is_service {
            return Ok(View { content, standing, membership: Membership::default(), of_events: vec![] });
        }
        let membership = self.membership_of(acting).await;
        standing.member_of =
            content.groups_of(&membership).into_iter().map(|group| group.key.clone()).collect();
        let groups: Vec<&Key> = standing.member_of.iter().collect();
        let parts = content.parts_of(&acting.name, &groups, self.clock.now());
        let of_events = parts.iter().flat_map(|part| content.presets_in(part));
        let of_events = of_events.map(|preset| preset.id.clone()).collect();
        standing.takes_part_in = parts.iter().map(|part| part.event.key.clone()).collect();
        standing.organises = content.organised_by(&acting.name).cloned().collect();
        standing.manages = content.managed_by(&acting.name).map(|group| group.key.clone()).collect();
        standing.person = Some(acting.name.clone());
        Ok(View { content, standing, membership, of_events })
    }

    /// Whether nothing may be saved for somebody whose groups are as little known as that.
    fn limits_unknown(&self, content: &Content, membership: &Membership) -> bool {
        membership.standing() == Answered::Unknown
            && unknown_people(self.unknown_people, content) == Unknown::Refuse
    }
}

impl Acting {
    /// As the audit has it.
    pub fn by(&self, at: DateTime<Utc>) -> By {
        let Self { actor, token, request_id, .. } = self.clone();
        By { at, actor, token, request_id }
    }

    /// Whose a preset is, where nothing else is said: the caller's.
    ///
    /// # Errors
    /// The fault, for a service: it owns nothing.
    pub fn own(&self) -> Result<Owner, NotDone> {
        if self.is_service {
            let why = "a service owns no presets: say whose it is";
            return Err(NotDone::Faults(vec![Fault::new("/owner", "missing", why)]));
        }
        Ok(Owner::User(self.name.clone()))
    }
}

impl View {
    /// Whether a group is theirs to know of.
    pub(super) fn knows_group(&self, key: &Key) -> bool {
        self.standing.member_of.contains(key) || self.standing.manages.contains(key)
    }

    /// Whether an event is theirs to know of.
    pub(super) fn knows_event(&self, key: &Key) -> bool {
        self.standing.takes_part_in.contains(key) || self.standing.organises.contains(key)
    }

    fn whose(&self) -> Whose {
        let standing = &self.standing;
        if standing.reads_all || standing.administers {
            return Whose::Everybodys;
        }
        let groups: BTreeSet<&Key> = standing.member_of.union(&standing.manages).collect();
        Whose::Visible {
            groups: groups.into_iter().map(Key::to_string).collect(),
            events: standing.organises.iter().map(Key::to_string).collect(),
            of_events: self.of_events.iter().map(Key::to_string).collect(),
            person: standing.person.as_ref().map(|person| person.as_str().to_owned()),
        }
    }

    /// Who manages a group is not for each of its members to know.
    fn names_authors(&self, access: Access) -> bool {
        access == Access::Write || self.standing.reads_all
    }
}

impl Shown {
    /// None, and a line in the log, where what is kept cannot be read any more.
    fn of(row: PresetRow) -> Option<Self> {
        let written = read(&row.id, &row.document)?;
        let PresetRow { id, managed, version, created_at, updated_at, .. } = row;
        Some(Self { id, written, version, managed, created_at, updated_at, remarks: Remarks::default() })
    }
}

impl Version {
    fn of(row: VersionRow, with_author: bool) -> Option<Self> {
        let VersionRow { version, document, changed_at, changed_by } = row;
        let written = read("(a version)", &document)?;
        Some(Self { written, version, changed_at, changed_by: with_author.then_some(changed_by) })
    }
}

fn read(id: &str, document: &serde_json::Value) -> Option<written::Preset> {
    written::Preset::deserialize(document)
        .inspect_err(|error| tracing::error!(preset = id, "kept, and cannot be read: {error}"))
        .ok()
}

fn page<R, T>(mut rows: Vec<R>, limit: u8, shown: impl FnMut(R) -> Option<T>) -> Page<T> {
    let more = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    Page { items: rows.into_iter().filter_map(shown).collect(), more }
}

impl From<NoAnswer> for NotDone {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Unavailable(trouble) => Self::Unavailable(trouble),
            NoAnswer::Refused(_) => Self::Broken("a start was refused where none was asked for".to_owned()),
        }
    }
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Stale { current } => Self::Stale { current },
            StoreError::Managed => Self::Managed,
            StoreError::Full { most } => Self::Full { most },
            StoreError::Refused(why) => Self::Faults(vec![Fault::new("", "not-kept", why)]),
            StoreError::Unavailable(_) | StoreError::NewerSchema(_) | StoreError::Damaged(_) => {
                Self::Unavailable(error.to_string())
            }
            StoreError::Duplicate(_) | StoreError::Migration(_) | StoreError::Database(_) => {
                Self::Broken(error.to_string())
            }
        }
    }
}
