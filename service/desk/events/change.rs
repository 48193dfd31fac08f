//! Events made, changed and removed by their organisers, within what the site leaves to them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{EventShown, Viewer};
use crate::catalogue::{Fault, Key};
use crate::desk::Desk;
use crate::desk::presets::{Acting, NotDone, Once, attempt, suffix};
use crate::events::written;
use crate::groups::Username;
use crate::presets::draft::key_for;
use crate::store::StoreError;
use crate::store::events::{self as kept, EventRow, NewEvent};
use crate::store::idempotency::{self, Attempt, CREATE_EVENT, Known};

/// An event that was made, now or by an earlier request of the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct MadeEvent {
    pub event: EventShown,
    pub replayed: bool,
}

/// What is kept of an answer.
#[derive(Serialize, Deserialize)]
struct Reply {
    key: String,
    event: Json,
    version: i64,
    at: chrono::DateTime<chrono::Utc>,
}

impl Desk {
    /// Makes an event of the caller's; an administrator's may be anybody's.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn create_event(
        &self,
        acting: &Acting,
        draft: written::Event,
        once: Option<&Once>,
    ) -> Result<MadeEvent, NotDone> {
        let attempt = once.map(|once| attempt(acting, once, CREATE_EVENT.to_owned(), &draft));
        self.change(async {
            let viewer = self.viewer(acting).await?;
            let owner = viewer.owner_of(draft.owner.clone(), None)?;
            let draft = written::Event { owner, ..draft }.tidy();
            if let Some(made) = replay(&viewer, self.known_before(attempt.as_ref()).await?)? {
                return Ok(made);
            }
            let suffix = suffix().map_err(|error| NotDone::Broken(error.to_string()))?;
            let key = key_for(&draft.title, "event", &suffix);
            let document = viewer.checked(&key, &draft, None)?;
            let new = NewEvent { key: key.to_string(), document };
            match self.keep_event(acting, new, attempt).await? {
                idempotency::Once::Known(known) => replay(&viewer, known)?
                    .ok_or_else(|| NotDone::Broken("an answer was kept and is not there".to_owned())),
                idempotency::Once::Done(row) => Ok(MadeEvent { event: viewer.answer(row)?, replayed: false }),
            }
        })
        .await
    }

    /// One transaction: the event, its records, and the answer to requests that are sent again.
    async fn keep_event(
        &self,
        acting: &Acting,
        new: NewEvent,
        attempt: Option<Attempt>,
    ) -> Result<idempotency::Once<EventRow>, StoreError> {
        let author = acting.by(self.clock.now());
        self.store
            .write(move |conn| {
                let create = |conn: &mut _| kept::create(conn, &new, &author);
                let reply = |row: &EventRow| {
                    let EventRow { key, document: event, version, created_at: at, .. } = row.clone();
                    serde_json::to_value(Reply { key, event, version, at })
                };
                idempotency::once(conn, attempt.as_ref(), author.at, create, reply)
            })
            .await
    }

    /// Puts `draft` in place of an event, as it was at one of the versions they expect. It stays whose
    /// it is, unless an administrator says otherwise.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn replace_event(
        &self,
        acting: &Acting,
        key: &Key,
        expected: &[i64],
        draft: written::Event,
    ) -> Result<EventShown, NotDone> {
        self.change(async {
            let viewer = self.viewer(acting).await?;
            let before = self.writable_event(&viewer, key, expected).await?;
            let owner = viewer.owner_of(draft.owner.clone(), Some(&before.written))?;
            let draft = written::Event { owner, ..draft }.tidy();
            let document = viewer.checked(key, &draft, Some(&before.written))?;
            let (author, id) = (acting.by(self.clock.now()), key.to_string());
            let row = self
                .store
                .write(move |conn| kept::replace(conn, &id, before.version, &document, &author))
                .await?;
            viewer.answer(row)
        })
        .await
    }

    /// Removes an event, as it was at one of the versions they expect, with the presets made for it.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn remove_event(&self, acting: &Acting, key: &Key, expected: &[i64]) -> Result<(), NotDone> {
        self.change(async {
            let viewer = self.viewer(acting).await?;
            let before = self.writable_event(&viewer, key, expected).await?;
            let (author, id) = (acting.by(self.clock.now()), key.to_string());
            Ok(self.store.write(move |conn| kept::remove(conn, &id, before.version, &author)).await?)
        })
        .await
    }

    async fn writable_event(
        &self,
        viewer: &Viewer<'_>,
        key: &Key,
        expected: &[i64],
    ) -> Result<EventShown, NotDone> {
        let shown = self.seen_event(viewer, key).await?;
        let acting = viewer.acting;
        let theirs = acting.administers || (acting.organises && shown.role.organiser);
        match shown.version {
            _ if !theirs => {
                Err(NotDone::Forbidden("only its owner, its managers and administrators change an event"))
            }
            _ if shown.managed => Err(NotDone::Managed),
            current if !expected.contains(&current) => Err(NotDone::Stale { current }),
            _ => Ok(shown),
        }
    }
}

impl Viewer<'_> {
    /// Whose the event is to be: an organiser's own, and it stays so.
    fn owner_of(
        &self,
        asked: Option<Username>,
        before: Option<&written::Event>,
    ) -> Result<Option<Username>, NotDone> {
        let own = (!self.acting.is_service).then(|| self.acting.name.clone());
        let usual = match before {
            Some(before) => before.owner.clone(),
            None => own,
        };
        let fault = |code, why| Err(NotDone::Faults(vec![Fault::new("/owner", code, why)]));
        match asked {
            _ if self.acting.administers => Ok(asked.or(usual)),
            _ if before.is_none() && usual.is_none() => {
                fault("missing", "a service owns no events: ask with a person's token")
            }
            Some(asked) if usual.as_ref() != Some(&asked) => {
                fault("not-yours", "an event belongs to whoever made it: leave owner out, or name managers")
            }
            _ => Ok(usual),
        }
    }

    /// The event as it is kept, if it holds together and the site leaves it to them.
    fn checked(
        &self,
        key: &Key,
        draft: &written::Event,
        before: Option<&written::Event>,
    ) -> Result<Json, NotDone> {
        let (event, found) = self.content.check_event(key, draft);
        let at = format!("/events/{key}");
        let mut faults: Vec<Fault> = found
            .into_iter()
            .map(|fault| Fault {
                pointer: fault.pointer.strip_prefix(&at).unwrap_or(&fault.pointer).to_owned(),
                ..fault
            })
            .collect();
        if !self.acting.reads_all {
            faults.iter_mut().filter(|fault| is_about_groups(fault)).for_each(|fault| {
                // Which groups there are is not for everybody to know.
                "there is no such group".clone_into(&mut fault.detail);
            });
        }
        if !self.acting.administers {
            faults.extend(self.content.beyond_organisers(event.as_ref(), draft, before));
        }
        // One for each field: the first says enough.
        let mut told = BTreeSet::new();
        faults.retain(|fault| told.insert(fault.pointer.clone()));
        if !faults.is_empty() {
            return Err(NotDone::Faults(faults));
        }
        serde_json::to_value(draft).map_err(|error| NotDone::Broken(error.to_string()))
    }

    fn answer(&self, row: EventRow) -> Result<EventShown, NotDone> {
        let key = row.key.clone();
        self.shown(row).ok_or_else(|| NotDone::Broken(format!("event {key} cannot be read")))
    }
}

fn is_about_groups(fault: &Fault) -> bool {
    fault.code == "unknown" && fault.pointer.starts_with("/audiences/") && fault.pointer.contains("/groups/")
}

fn replay(viewer: &Viewer<'_>, known: Known) -> Result<Option<MadeEvent>, NotDone> {
    match known {
        Known::No => Ok(None),
        Known::Reused => Err(NotDone::KeyReused),
        Known::Answered(reply) => {
            let Reply { key, event: document, version, at } =
                serde_json::from_value(reply).map_err(|error| NotDone::Broken(error.to_string()))?;
            let row = EventRow { key, document, managed: false, version, created_at: at, updated_at: at };
            Ok(Some(MadeEvent { event: viewer.answer(row)?, replayed: true }))
        }
    }
}
