//! Events as people see them: those that show themselves to somebody, and what each tells whom.

mod change;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize as _;

pub use change::MadeEvent;

use super::Desk;
use super::presets::{Acting, NotDone, Page};
use crate::catalogue::Key;
use crate::effective::Content;
use crate::events::{Event, May, Role, written};
use crate::store::events::{self as kept, EventRow};

/// How many rows are looked through at once.
const LOOKED_THROUGH: i64 = 100;

/// An event as somebody sees it at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct EventShown {
    pub key: Key,
    pub written: written::Event,
    /// None where its times or limits do not fit the catalogue of today: then it is nobody's but its
    /// organisers', who can mend it.
    pub event: Option<Event>,
    pub role: Role,
    /// Whether they are told all of it: its organisers, and whoever reads everybody's.
    pub whole: bool,
    pub may_change: bool,
    /// How many presets it has.
    pub presets: usize,
    pub managed: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// The instant at which all of this is so.
    pub now: DateTime<Utc>,
}

/// Somebody who looks at events, as of one revision and one instant.
struct Viewer<'a> {
    acting: &'a Acting,
    content: Arc<Content>,
    groups: Vec<Key>,
    now: DateTime<Utc>,
}

impl Desk {
    /// The events that show themselves to somebody, or `all` of them for whoever reads everybody's; by
    /// key, behind `after`.
    ///
    /// # Errors
    /// [`NotDone::Forbidden`] for `all` without that right; [`NotDone::Unavailable`].
    pub async fn events(
        &self,
        acting: &Acting,
        all: bool,
        after: Option<&Key>,
        limit: u8,
    ) -> Result<Page<EventShown>, NotDone> {
        if all && !acting.reads_all {
            return Err(NotDone::Forbidden(
                "all events are shown to those with the scope custom:presets:read",
            ));
        }
        let viewer = self.viewer(acting).await?;
        let (mut items, limit) = (Vec::new(), usize::from(limit));
        let mut place = after.map_or_else(String::new, Key::to_string);
        loop {
            let behind = place.clone();
            let rows = self.store.read(move |conn| kept::page(conn, &behind, LOOKED_THROUGH)).await?;
            let Some(last) = rows.last() else { return Ok(Page { items, more: false }) };
            place = last.key.clone();
            items.extend(
                rows.into_iter().filter_map(|row| viewer.shown(row)).filter(|shown| all || shown.is_theirs()),
            );
            if items.len() > limit {
                items.truncate(limit);
                return Ok(Page { items, more: true });
            }
        }
    }

    /// One event that somebody may know of.
    ///
    /// # Errors
    /// [`NotDone::NotFound`], [`NotDone::Unavailable`].
    pub async fn event(&self, acting: &Acting, key: &Key) -> Result<EventShown, NotDone> {
        let viewer = self.viewer(acting).await?;
        self.seen_event(&viewer, key).await
    }

    async fn seen_event(&self, viewer: &Viewer<'_>, key: &Key) -> Result<EventShown, NotDone> {
        let key = key.to_string();
        let row = self.store.read(move |conn| kept::find(conn, &key)).await?;
        let shown = row.and_then(|row| viewer.shown(row));
        shown.filter(|shown| shown.whole || shown.is_theirs()).ok_or(NotDone::NotFound)
    }

    async fn viewer<'a>(&self, acting: &'a Acting) -> Result<Viewer<'a>, NotDone> {
        let content = self.content()?;
        let membership = self.membership_of(acting).await;
        let groups = content.groups_of(&membership).into_iter().map(|group| group.key.clone()).collect();
        Ok(Viewer { acting, content, groups, now: self.clock.now() })
    }
}

impl Viewer<'_> {
    /// None, and a line in the log, where what is kept cannot be read any more.
    fn shown(&self, row: EventRow) -> Option<EventShown> {
        let EventRow { key, document, managed, version, created_at, updated_at } = row;
        let read = written::Event::deserialize(document).inspect_err(|error| {
            tracing::error!(event = key, "kept, and cannot be read: {error}");
        });
        let (key, written) = (Key::try_from(key.as_str()).ok()?, read.ok()?);
        let (event, _) = self.content.check_event(&key, &written);
        let role = self.role(event.as_ref(), &written);
        let acting = self.acting;
        let organises = acting.administers || (acting.organises && role.organiser);
        Some(EventShown {
            presets: self.content.presets_of_event(&key),
            key,
            whole: role.organiser || acting.reads_all || acting.administers,
            may_change: organises && !managed,
            written,
            event,
            role,
            managed,
            version,
            created_at,
            updated_at,
            now: self.now,
        })
    }

    /// A service takes part in nothing, whatever it is called.
    fn role(&self, event: Option<&Event>, written: &written::Event) -> Role {
        let name = &self.acting.name;
        match event {
            _ if self.acting.is_service => Role::default(),
            Some(event) => event.role(name, &self.groups.iter().collect::<Vec<_>>()),
            None => {
                let organiser = written.owner.as_ref() == Some(name) || written.managers.contains(name);
                Role { organiser, audience: None }
            }
        }
    }
}

impl EventShown {
    /// Whether it shows itself to them, whatever else they may read.
    fn is_theirs(&self) -> bool {
        self.role.organiser
            || self.event.as_ref().is_some_and(|event| event.is_visible_to(self.now, self.role))
    }

    /// Whether they may start its presets now.
    pub fn may_start(&self) -> bool {
        self.event.as_ref().is_some_and(|event| event.may_start(self.now, self.role) == May::Start)
    }
}
