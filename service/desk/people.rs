//! What is one's own: who one is here, what one prefers, what one started last.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::presets::{Acting, NotDone};
use super::{Desk, unknown_people};
use crate::directory::Purpose;
use crate::effective::{Content, Notice, Person, effective};
use crate::groups::Membership;
use crate::presets::Preferences;
use crate::store::selections::Selection;
use crate::store::{preferences as kept, selections};

/// Who somebody is here.
pub struct Me {
    pub content: Arc<Content>,
    pub membership: Membership,
    pub preferences: Preferences,
    /// One for each server and context, the newest first.
    pub last: Vec<Selection>,
}

/// What somebody set for themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    pub preferences: Preferences,
    /// 0 while nothing was ever set.
    pub version: i64,
    /// Of what is named there: what they have not, or not any more.
    pub unavailable: Vec<String>,
}

/// What a service is told that asks for what only people have.
const NOT_A_PERSON: NotDone = NotDone::Forbidden("a service owns nothing: ask with a person's token");

impl Desk {
    /// Who somebody is here; of a service, only what everybody is.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn me(&self, acting: &Acting) -> Result<Me, NotDone> {
        let content = self.content()?;
        if acting.is_service {
            let (membership, preferences) = (Membership::default(), Preferences::default());
            return Ok(Me { content, membership, preferences, last: vec![] });
        }
        let person = self.store.person(&acting.name).await?;
        Ok(Me {
            content,
            membership: self.membership_of(acting).await,
            preferences: person
                .preferences
                .map_or_else(Preferences::default, |set| Preferences::kept(&set.document)),
            last: person.selections,
        })
    }

    /// What somebody set for themselves.
    ///
    /// # Errors
    /// [`NotDone::Forbidden`] for a service, [`NotDone::Unavailable`].
    pub async fn preferences(&self, acting: &Acting) -> Result<Set, NotDone> {
        if acting.is_service {
            return Err(NOT_A_PERSON);
        }
        let set = self.store.person(&acting.name).await?.preferences;
        let version = set.as_ref().map_or(0, |set| set.version);
        let preferences = set.map_or_else(Preferences::default, |set| Preferences::kept(&set.document));
        let offered = self.offered(acting).await?.unwrap_or_default();
        Ok(Set::of(preferences, version, &offered))
    }

    /// Puts `new` in place of what somebody set, as it was at one of the versions they expect.
    ///
    /// # Errors
    /// [`NotDone::Faults`] for what they newly name and cannot see; [`NotDone::Stale`];
    /// [`NotDone::GroupsUnknown`] where it cannot be told what they can see.
    pub async fn prefer(&self, acting: &Acting, expected: &[i64], new: Preferences) -> Result<Set, NotDone> {
        if acting.is_service {
            return Err(NOT_A_PERSON);
        }
        self.change_own(async {
            let name = acting.name.clone();
            let before = self.store.read(move |conn| kept::of(conn, &name)).await?;
            let current = before.as_ref().map_or(0, |set| set.version);
            if !expected.contains(&current) {
                return Err(NotDone::Stale { current });
            }
            let before = before.map_or_else(Preferences::default, |set| Preferences::kept(&set.document));
            let offered = self.offered(acting).await?;
            let names_more = new.named().iter().any(|id| !before.named().contains(id));
            if offered.is_none() && names_more {
                return Err(NotDone::GroupsUnknown);
            }
            let offered = offered.unwrap_or_default();
            let faults = new.faults(&before, |id| offered.contains(id));
            if !faults.is_empty() {
                return Err(NotDone::Faults(faults));
            }
            let document = serde_json::to_value(&new).map_err(|error| NotDone::Broken(error.to_string()))?;
            let (name, by) = (acting.name.clone(), acting.by(self.clock.now()));
            let saved = self
                .store
                .change_person(&acting.name, move |conn| kept::save(conn, &name, &document, current, &by))
                .await?;
            Ok(Set::of(new, saved, &offered))
        })
        .await
    }

    /// What somebody last started, for each server and context, the newest first.
    ///
    /// # Errors
    /// As [`Self::preferences`].
    pub async fn selections(&self, acting: &Acting) -> Result<Vec<Selection>, NotDone> {
        if acting.is_service {
            return Err(NOT_A_PERSON);
        }
        Ok(self.store.person(&acting.name).await?.selections)
    }

    /// Forgets what somebody last started.
    ///
    /// # Errors
    /// As [`Self::preferences`].
    pub async fn forget_selections(&self, acting: &Acting) -> Result<(), NotDone> {
        if acting.is_service {
            return Err(NOT_A_PERSON);
        }
        let (name, by) = (acting.name.clone(), acting.by(self.clock.now()));
        self.store.change_person(&acting.name, move |conn| selections::clear(conn, &name, &by)).await?;
        Ok(())
    }

    pub(super) async fn membership_of(&self, acting: &Acting) -> Membership {
        if acting.is_service {
            return Membership::default();
        }
        self.memberships.of(&acting.name, &acting.hub_groups, Purpose::Form, self.clock.now()).await
    }

    /// The ids of all that somebody may start now; none where that cannot be told.
    async fn offered(&self, acting: &Acting) -> Result<Option<BTreeSet<String>>, NotDone> {
        let content = self.content()?;
        let membership = self.membership_of(acting).await;
        let form = effective(
            &content,
            Person {
                name: &acting.name,
                membership: &membership,
                last: None,
                preferences: None,
                server: "",
                unknown: unknown_people(self.unknown_people, &content),
                wished: None,
                now: self.clock.now(),
            },
        );
        let refused = form.notices.contains(&Notice::GroupsUnknown { refused: true });
        Ok((!refused).then(|| form.cards.iter().map(|card| card.id.to_string()).collect()))
    }
}

impl Set {
    fn of(preferences: Preferences, version: i64, offered: &BTreeSet<String>) -> Self {
        let gone = preferences.named().into_iter().filter(|id| !offered.contains(*id));
        let unavailable = gone.map(str::to_owned).collect();
        Self { preferences, version, unavailable }
    }
}
