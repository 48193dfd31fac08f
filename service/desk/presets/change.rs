//! Presets made, changed, copied and removed: by whom they belong to, within that one's limits.

use serde::Serialize;
use serde_json::Value as Json;

use super::once::{Once, Reply, attempt, replay, suffix};
use super::{Acting, NotDone, Shown, View};
use crate::catalogue::{Fault, Key};
use crate::desk::Desk;
use crate::directory::Purpose;
use crate::effective::Content;
use crate::presets::draft::{Draft, by_field};
use crate::presets::remarks::{Alike, Remarks};
use crate::presets::rights::Access;
use crate::presets::{Owner, written};
use crate::site;
use crate::store::StoreError;
use crate::store::idempotency::{self, Attempt, Known};
use crate::store::presets::{self as kept, Author, Seen};
use crate::store::site::NewPreset;

/// How often another id is tried where one is taken: with 40 bits of chance, never twice.
const TRIES: u32 = 3;

/// What becomes of a copy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copy {
    /// Whose it becomes; the caller's own where nothing is said.
    pub owner: Option<Owner>,
    /// As the original's where nothing is said.
    pub title: Option<String>,
}

/// A preset that was made, now or by an earlier request of the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    pub preset: Shown,
    pub replayed: bool,
}

impl Desk {
    /// Makes a preset for `draft.owner`.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn create_preset(
        &self,
        acting: &Acting,
        draft: &Draft,
        once: Option<&Once>,
    ) -> Result<Made, NotDone> {
        let attempt = once.map(|once| attempt(acting, once, "POST presets".to_owned(), draft));
        let making = async { self.make(acting, &self.view(acting).await?, draft, attempt).await };
        self.change(making).await
    }

    /// Makes a copy of a preset they see. What its new owner's limits do not allow is refused, not
    /// adjusted: nobody gets something else than they asked for.
    ///
    /// # Errors
    /// [`NotDone`]; pointers are into the preset.
    pub async fn copy_preset(
        &self,
        acting: &Acting,
        id: &Key,
        copy: &Copy,
        once: Option<&Once>,
    ) -> Result<Made, NotDone> {
        let attempt = once.map(|once| attempt(acting, once, format!("POST presets/{id}/copy"), copy));
        self.change(async {
            let (view, row, _) = self.seen(acting, id).await?;
            let original = Shown::of(row).ok_or_else(|| unreadable(id))?;
            let owner = copy.owner.clone().map_or_else(|| acting.own(), Ok)?;
            let draft = drafted(original.written, owner, copy.title.clone());
            self.make(acting, &view, &draft, attempt).await
        })
        .await
    }

    /// Puts `draft` in place of a preset, as it was at version `expected`. A preset stays whose it is:
    /// where the draft names an owner, it is that one.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn replace_preset(
        &self,
        acting: &Acting,
        id: &Key,
        expected: &[i64],
        draft: impl FnOnce(Owner) -> Draft + Send,
    ) -> Result<Shown, NotDone> {
        self.change(self.replace(acting, id, expected, draft)).await
    }

    pub(super) async fn replace(
        &self,
        acting: &Acting,
        id: &Key,
        expected: &[i64],
        draft: impl FnOnce(Owner) -> Draft + Send,
    ) -> Result<Shown, NotDone> {
        let (view, seen, owner) = self.writable(acting, id, expected).await?;
        let draft = draft(owner.clone());
        if draft.owner != owner {
            let why = "a preset stays whose it is: copy it, and remove this one";
            return Err(NotDone::Faults(vec![Fault::new("/owner", "not-yours", why)]));
        }
        let (written, remarks) = self.checked(acting, &view, id, &draft).await?;
        let (document, author) = (document(&written)?, self.author(acting));
        let row = self.store.write(move |conn| kept::replace(conn, &seen, &document, &author)).await?;
        let shown = Shown::of(row).ok_or_else(|| unreadable(id))?;
        Ok(Shown { remarks, ..shown })
    }

    /// Removes a preset, as it was at version `expected`; what it said stays in the history.
    ///
    /// # Errors
    /// [`NotDone`].
    pub async fn remove_preset(&self, acting: &Acting, id: &Key, expected: &[i64]) -> Result<(), NotDone> {
        self.change(async {
            let (_, seen, _) = self.writable(acting, id, expected).await?;
            let author = self.author(acting);
            Ok(self.store.write(move |conn| kept::remove(conn, &seen, &author)).await?)
        })
        .await
    }

    /// A preset they may change, in one of the versions they expect.
    async fn writable(
        &self,
        acting: &Acting,
        id: &Key,
        expected: &[i64],
    ) -> Result<(View, Seen, Owner), NotDone> {
        let (view, row, access) = self.seen(acting, id).await?;
        let owner = site::owner(&row.owner).ok_or(NotDone::NotFound)?;
        match row.version {
            _ if access < Access::Write => Err(NotDone::Forbidden(match owner {
                Owner::Site => "only administrators change the site's presets; copy it to change it",
                Owner::Group(_) => "only the group's managers change this preset; copy it to change it",
                Owner::Event(_) => "only the event's organisers change this preset; copy it to change it",
                Owner::User(_) => "only its owner changes this preset; copy it to change it",
            })),
            _ if row.managed => Err(NotDone::Managed),
            current if !expected.contains(&current) => Err(NotDone::Stale { current }),
            version => Ok((view, Seen { id: row.id, owner: row.owner, version }, owner)),
        }
    }

    pub(super) async fn make(
        &self,
        acting: &Acting,
        view: &View,
        draft: &Draft,
        attempt: Option<Attempt>,
    ) -> Result<Made, NotDone> {
        if view.standing.access(&draft.owner) < Access::Write {
            return Err(NotDone::Forbidden(
                "you save presets for yourself, and for the groups you manage; whether there is such a group \
                 or person is not said",
            ));
        }
        if let Some(made) = replay(self.known_before(attempt.as_ref()).await?)? {
            return Ok(made);
        }
        let new = Key::try_from("new").expect("three letters are a key");
        let checked = self.checked(acting, view, &new, draft).await?;
        let mut tries = 0;
        let made = loop {
            match self.keep(acting, draft, &checked, attempt.clone()).await {
                Err(StoreError::Duplicate(_)) if tries < TRIES => tries += 1,
                outcome => break outcome?,
            }
        };
        match made {
            idempotency::Once::Known(known) => replay(known)?
                .ok_or_else(|| NotDone::Broken("an answer was kept and is not there".to_owned())),
            idempotency::Once::Done(preset) => Ok(Made { preset, replayed: false }),
        }
    }

    /// One transaction: the preset, its records, and the answer to requests that are sent again.
    async fn keep(
        &self,
        acting: &Acting,
        draft: &Draft,
        (written, remarks): &(written::Preset, Remarks),
        attempt: Option<Attempt>,
    ) -> Result<idempotency::Once<Shown>, StoreError> {
        let suffix = suffix().map_err(|error| StoreError::Database(Box::new(error)))?;
        let document = document(written).map_err(|_| StoreError::NotFound)?;
        let owner = site::kept_owner(&draft.owner);
        let new = NewPreset { id: draft.new_id(&suffix).to_string(), owner, document };
        let (author, written, remarks) = (self.author(acting), written.clone(), remarks.clone());
        self.store
            .write(move |conn| {
                let create = |conn: &mut _| {
                    let row = kept::create(conn, &new, &author)?;
                    Ok(Shown {
                        id: row.id,
                        written: written.clone(),
                        version: row.version,
                        managed: row.managed,
                        created_at: row.created_at,
                        updated_at: row.updated_at,
                        remarks: remarks.clone(),
                    })
                };
                let reply = |preset: &Shown| serde_json::to_value(Reply::of(preset));
                idempotency::once(conn, attempt.as_ref(), author.at, create, reply)
            })
            .await
    }

    /// The draft as it is kept, if the catalogue understands it and it fits its owner's limits; and what is told of it.
    async fn checked(
        &self,
        acting: &Acting,
        view: &View,
        id: &Key,
        draft: &Draft,
    ) -> Result<(written::Preset, Remarks), NotDone> {
        let content: &Content = &view.content;
        let missing = match &draft.owner {
            Owner::Group(key) if !content.groups.contains_key(key) => Some(("group", key)),
            Owner::Event(key) if !content.events.contains_key(key) => Some(("event", key)),
            _ => None,
        };
        if let Some((what, key)) = missing {
            let why = format!("there is no {what} “{key}”");
            let fault = Fault::new("/owner/name", "unknown", why).with_value(key.as_str());
            return Err(NotDone::Faults(vec![fault]));
        }
        let (draft, not_saved) = draft.lasting(&content.catalogue);
        let understood = draft.read(id, &content.catalogue).map_err(NotDone::Faults)?;
        let membership = match &draft.owner {
            Owner::User(name) if acting.is_service || *name != acting.name => {
                let now = self.clock.now();
                Some(self.memberships.of(name, &[], Purpose::Start, now).await)
            }
            Owner::User(_) => Some(view.membership.clone()),
            Owner::Site | Owner::Group(_) | Owner::Event(_) => None,
        };
        if membership.as_ref().is_some_and(|membership| self.limits_unknown(content, membership)) {
            return Err(NotDone::GroupsUnknown);
        }
        let groups = membership.map(|membership| content.groups_of(&membership)).unwrap_or_default();
        let faults = by_field(id, content.overreach(&understood.preset, &groups));
        if !faults.is_empty() {
            return Err(NotDone::Faults(faults));
        }
        let alike = content.alike(&draft.owner, id, &understood.written.title);
        let looks_like = alike.map(|other| Alike { id: other.id.to_string(), title: other.title.clone() });
        Ok((understood.written, Remarks { not_saved, looks_like }))
    }

    /// What is known of an attempt. Asked before the rest is checked: what was fine when it was done is answered,
    /// whatever changed since.
    pub(in crate::desk) async fn known_before(&self, attempt: Option<&Attempt>) -> Result<Known, NotDone> {
        let Some(attempt) = attempt.cloned() else { return Ok(Known::No) };
        let now = self.clock.now();
        Ok(self.store.read(move |conn| idempotency::known(conn, &attempt, now)).await?)
    }

    fn author(&self, acting: &Acting) -> Author {
        acting.by(self.clock.now())
    }
}

pub(super) fn drafted(original: written::Preset, owner: Owner, title: Option<String>) -> Draft {
    // Only an event has audiences.
    let of_event = matches!(owner, Owner::Event(_));
    Draft {
        title: title.unwrap_or(original.title),
        description: original.description,
        owner,
        profile: original.profile.to_string(),
        values: original.values.iter().map(|(key, json)| (key.to_string(), json.clone())).collect(),
        ask: original.ask.iter().map(|(key, ask)| (key.to_string(), ask.clone())).collect(),
        audiences: if of_event { original.audiences } else { vec![] },
        confirm: original.confirm,
    }
}

fn unreadable(id: &Key) -> NotDone {
    NotDone::Broken(format!("preset {id} cannot be read"))
}

fn document(written: &written::Preset) -> Result<Json, NotDone> {
    serde_json::to_value(written).map_err(|error| NotDone::Broken(error.to_string()))
}
