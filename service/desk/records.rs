//! What was changed and decided: the audit, the feed of changes, decisions, catalogues as they were applied.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Desk;
use super::presets::{Acting, NotDone, Page, View};
use crate::catalogue::Key;
use crate::config::digest::digest;
use crate::effective::Content;
use crate::store::audit::{self, Entry, Filter};
use crate::store::catalogues::{self, Applied};
use crate::store::decisions::{self, Decision};
use crate::store::revision;

/// How many changes are looked through for one part of the feed.
const LOOKED_THROUGH: u16 = 500;

/// Part of the feed of changes of what the site offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// The revision now.
    pub revision: i64,
    /// By number, in the order they were made.
    pub items: Vec<(i64, Entry)>,
    /// The revision and number to go on behind, where there may be more.
    pub next: Option<(i64, i64)>,
}

impl Desk {
    /// Part of the audit, newest first, from below number `before`. Nothing in it is a name in a
    /// directory: whoever may read the audit need not know those.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn audit(
        &self,
        filter: Filter,
        before: Option<i64>,
        limit: u8,
    ) -> Result<Page<(i64, Entry)>, NotDone> {
        let most = u16::from(limit) + 1;
        let rows = self.store.read(move |conn| audit::latest(conn, &filter, before, most)).await?;
        let more = rows.len() > usize::from(limit);
        let items = rows.into_iter().take(limit.into()).map(|(number, entry)| (number, shown(entry)));
        Ok(Page { items: items.collect(), more })
    }

    /// What this process has published.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`] while nothing was ever read.
    pub fn published(&self) -> Result<Arc<Content>, NotDone> {
        Ok(self.content()?)
    }

    /// Changes of the catalogue, of groups, events and presets behind `after` (a revision and a number),
    /// as far as they are somebody's to know of.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn changes(&self, acting: &Acting, after: (i64, i64), limit: u8) -> Result<Feed, NotDone> {
        let view = self.view(acting).await?;
        let (revision, rows) = self
            .store
            .read(move |conn| {
                conn.read_transaction(|conn| {
                    Ok((revision::current(conn)?, audit::changes(conn, after, LOOKED_THROUGH)?))
                })
            })
            .await?;
        let more = rows.len() == usize::from(LOOKED_THROUGH);
        let place = |row: &(i64, Entry)| (row.1.revision.unwrap_or_default(), row.0);
        let last = rows.last().map(place);
        let mut visible = rows.into_iter().filter(|(_, entry)| is_visible(entry, acting, &view));
        let items: Vec<_> = visible.by_ref().take(limit.into()).collect();
        let next = match visible.next() {
            Some(_) => items.last().map(place),
            None => last.filter(|_| more),
        };
        Ok(Feed { revision, items, next })
    }

    /// A decision about a start: one's own, or anybody's for whoever reads everybody's.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] also where it is there, and not theirs to know of.
    pub async fn decision_on(&self, acting: &Acting, id: Uuid) -> Result<Decision, NotDone> {
        let decision = self.store.read(move |conn| decisions::find(conn, id)).await?;
        let is_own = !acting.is_service && decision.person == acting.name;
        if is_own || acting.reads_all { Ok(decision) } else { Err(NotDone::NotFound) }
    }

    /// Catalogues as they were applied, newest first, from below version `before`.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn catalogues(&self, before: Option<i64>, limit: u8) -> Result<Page<Applied>, NotDone> {
        let most = u16::from(limit) + 1;
        let mut items = self.store.read(move |conn| catalogues::latest(conn, before, most)).await?;
        let more = items.len() > usize::from(limit);
        items.truncate(limit.into());
        Ok(Page { items, more })
    }

    /// One catalogue, and the document as it was applied.
    ///
    /// # Errors
    /// [`NotDone::NotFound`], [`NotDone::Unavailable`].
    pub async fn catalogue_at(&self, version: i64) -> Result<(Applied, Json), NotDone> {
        Ok(self.store.read(move |conn| catalogues::find(conn, version)).await?)
    }
}

/// An entry without the names that directories give to groups: told apart, but not told.
pub(super) fn shown(mut entry: Entry) -> Entry {
    if entry.object_kind == "group" {
        for document in [&mut entry.before, &mut entry.after].into_iter().flatten() {
            let from = document.get_mut("from").and_then(Json::as_object_mut);
            for (_, name) in from.into_iter().flatten().filter(|(source, _)| *source == "ldap") {
                let digest = digest(name.as_str().unwrap_or_default().as_bytes());
                *name = json!(format!("sha256:{}", &digest[..12]));
            }
        }
    }
    entry
}

/// Whether a change is of something somebody may see, before or after it.
fn is_visible(entry: &Entry, acting: &Acting, view: &View) -> bool {
    let knows = |key: &str| Key::try_from(key).is_ok_and(|key| view.knows_group(&key));
    let knows_event = |key: &str| Key::try_from(key).is_ok_and(|key| view.knows_event(&key));
    let sees = |document: &Json| match &document["owner"] {
        Json::String(site) => site == "site",
        owner => match (owner["group"].as_str(), owner["event"].as_str(), owner["user"].as_str()) {
            (Some(key), ..) => knows(key),
            (_, Some(key), _) => knows_event(key),
            (_, _, Some(name)) => !acting.is_service && name == acting.name.as_str(),
            _ => false,
        },
    };
    acting.reads_all
        || match entry.object_kind.as_str() {
            "catalogue" => true,
            "group" => knows(&entry.object_id),
            "event" => knows_event(&entry.object_id),
            "preset" => [&entry.before, &entry.after].into_iter().flatten().any(sees),
            _ => false,
        }
}
