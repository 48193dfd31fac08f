//! Who has a name now: what was kept for somebody who had it before is theirs alone (requirement R58).

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::presets::NotDone;
use super::{Caller, Desk, NoAnswer, RECALL, within};
use crate::directory::Purpose;
use crate::groups::Username;
use crate::presets::Owner;
use crate::store::StoreError;
use crate::store::accounts::{self, Account, Met};
use crate::store::audit::{Actor, By};
use crate::store::person::Person;

/// How long a form waits while what was kept for somebody else is set aside; it happens once.
const PATIENCE: Duration = Duration::from_millis(900);
/// The hub's plugin, as the audit names it.
const PLUGIN: &str = "hub";

impl Desk {
    /// What is kept of the caller, `kept` having been read: of their own account, and of no earlier one of that name.
    ///
    /// # Errors
    /// [`NoAnswer::Unavailable`] where it is another account's and cannot be set aside now.
    pub(super) async fn of_the_account(
        &self,
        caller: &Caller,
        kept: Person,
        purpose: Purpose,
    ) -> Result<Person, NoAnswer> {
        let Some(account) = caller.account else { return Ok(kept) };
        let is_known = match kept.account {
            Some(made_at) => account.is_of(made_at),
            None => purpose == Purpose::Form && self.has_nothing(&caller.person, &kept),
        };
        if is_known {
            return Ok(kept);
        }
        let by = By {
            at: self.clock.now(),
            actor: Actor::Service(PLUGIN.to_owned()),
            token: None,
            request_id: caller.request_id.clone(),
        };
        match within(PATIENCE, self.meet(&caller.person, account, by)).await {
            Ok(kept) => Ok(kept),
            Err(trouble) if kept.account.is_some() => Err(NoAnswer::Unavailable(trouble)),
            Err(trouble) => {
                tracing::warn!("whose account it is could not be written down: {trouble}");
                Ok(kept)
            }
        }
    }

    /// Whether there is nothing that anybody could inherit.
    fn has_nothing(&self, person: &Username, kept: &Person) -> bool {
        let owner = Owner::User(person.clone());
        let content = self.site.content();
        *kept == Person::default()
            && content.is_none_or(|content| content.presets_owned_by(&owner).is_empty())
    }

    /// Whether what is kept under the name of somebody whom the hub told of is theirs: `made_at` is when the hub made the
    /// account, as far as it told.
    ///
    /// # Errors
    /// [`NotDone::OtherAccount`].
    pub async fn must_be_of_the_account(
        &self,
        name: &Username,
        made_at: Option<DateTime<Utc>>,
    ) -> Result<(), NotDone> {
        let Some(made_at) = made_at else { return Ok(()) };
        // Without the database nothing of theirs is read, and nothing is written.
        let Ok(kept) = within(RECALL, self.store.person(name)).await else { return Ok(()) };
        match kept.account {
            // Only the plugin tells how old the hub's database is, without which nothing is set aside.
            Some(known) if !(Account { made_at, hub_since: made_at }).is_of(known) => {
                Err(NotDone::OtherAccount)
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn meet(&self, person: &Username, account: Account, by: By) -> Result<Person, StoreError> {
        let name = person.clone();
        let met =
            self.store.change_person(person, move |conn| accounts::meet(conn, &name, account, &by)).await?;
        if let Met::SetAside(aside) = met {
            tracing::warn!(
                "the hub has made an account anew: what the earlier one kept is set aside as {:?}; if it is the same \
                 person, `jupyterhub-presets give-back` gives it to them",
                aside.as_str()
            );
            self.memberships.forget(person);
        }
        // Another replica may have been first: its change is shown here too before anybody goes on.
        self.site.refresh().await?;
        self.store.person(person).await
    }
}
