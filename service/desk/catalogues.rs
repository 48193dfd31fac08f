//! Catalogues as they were applied: what differs between two, and an earlier one put in place again.

use serde_json::Value as Json;

use super::Desk;
use super::breakage::Breakage;
use super::difference::{Difference, differences};
use super::presets::{Acting, NotDone};
use crate::store::StoreError;
use crate::store::events::NewEvent;
use crate::store::presets::take_turns;
use crate::store::site::{self as kept, NewGroup, NewPreset, NewSite, SiteRows};
use crate::store::{catalogues, habits};

/// How an earlier catalogue is put in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only said what would come of it.
    DryRun,
    /// Done, unless it breaks something.
    Careful,
    /// Done, whatever it breaks.
    Accepting,
}

/// What came of it, or would.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// Of the catalogue that is there now.
    pub version: i64,
    pub revision: i64,
    pub changes: Vec<Difference>,
    pub breaks: Breakage,
    pub done: bool,
}

impl Desk {
    /// What differs between two catalogues.
    ///
    /// # Errors
    /// [`NotDone::NotFound`], [`NotDone::Unavailable`].
    pub async fn catalogue_difference(&self, before: i64, after: i64) -> Result<Vec<Difference>, NotDone> {
        let found = self
            .store
            .read(move |conn| Ok((catalogues::find(conn, before)?.1, catalogues::find(conn, after)?.1)));
        let (before, after) = found.await?;
        Ok(differences(&before, &after))
    }

    /// Puts the catalogue of `version` in place of the one that is there, if that is one of `expected`, as a
    /// new version. Groups and presets stay as they are.
    ///
    /// # Errors
    /// [`NotDone::Stale`]; [`NotDone::WouldBreak`] in [`Mode::Careful`].
    pub async fn restore_catalogue(
        &self,
        acting: &Acting,
        version: i64,
        expected: &[i64],
        mode: Mode,
    ) -> Result<Restored, NotDone> {
        let (expected, now) = (expected.to_vec(), self.clock.now());
        let by = format!("{} (catalogue of version {version})", acting.actor);
        // One after the other, and all of it or nothing: between looking and writing nobody changes anything.
        let outcome = self.store.write(move |conn| {
            take_turns(conn)?;
            let rows = kept::load(conn)?;
            let (_, document) = catalogues::find(conn, version)?;
            let (current, before) = rows.catalogue.clone().ok_or(StoreError::NotFound)?;
            if !expected.contains(&current) {
                return Err(StoreError::Stale { current });
            }
            let new = with_catalogue(&rows, document);
            let changes = differences(&before, &new.catalogue);
            let breaks = Breakage::of(rows, &habits::load(conn)?, &new);
            let done = !changes.is_empty()
                && match mode {
                    Mode::DryRun => false,
                    Mode::Careful => breaks.is_nothing(),
                    Mode::Accepting => true,
                };
            let revision = if done { kept::replace(conn, &new, &by, now)?.revision } else { 0 };
            Ok(Restored { version: current + i64::from(done), revision, changes, breaks, done })
        });
        let mut outcome = self.change(async { Ok(outcome.await?) }).await?;
        if !outcome.done {
            if mode == Mode::Careful && !outcome.breaks.is_nothing() {
                return Err(NotDone::WouldBreak(outcome.breaks));
            }
            outcome.revision = self.content()?.revision;
        }
        Ok(outcome)
    }
}

/// What is there, with another catalogue.
fn with_catalogue(rows: &SiteRows, catalogue: Json) -> NewSite {
    let groups = rows.groups.iter();
    let managed = rows.presets.iter().filter(|preset| preset.managed);
    let events = rows.events.iter().filter(|event| event.managed);
    NewSite {
        catalogue,
        events: events
            .map(|event| NewEvent { key: event.key.clone(), document: event.document.clone() })
            .collect(),
        groups: groups
            .map(|group| NewGroup { key: group.key.clone(), document: group.document.clone() })
            .collect(),
        presets: managed
            .map(|preset| NewPreset {
                id: preset.id.clone(),
                owner: preset.owner.clone(),
                document: preset.document.clone(),
            })
            .collect(),
    }
}
