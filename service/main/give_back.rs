//! `give-back`: what an earlier account kept, for the same person's account of today.

use std::path::Path;

use jupyterhub_presets::clock::{Clock as _, SystemClock};
use jupyterhub_presets::groups::Username;
use jupyterhub_presets::store::audit::{Actor, By};
use jupyterhub_presets::store::{StoreError, accounts};

use crate::account::operator;
use crate::commands::{Failed, block_on, open, read, say};

/// So many are listed.
const MOST: u16 = 1_000;

/// Gives back what was set aside as `name`; without one, says what was set aside.
pub fn give_back(path: &Path, name: Option<String>) -> Result<(), Failed> {
    let store = open(&read(path)?)?;
    let earlier = name.map(Username::try_from).transpose()?;
    block_on(async {
        store.migrate().await?;
        let Some(earlier) = earlier else {
            let aside = store.read(|conn| accounts::all_set_aside(conn, MOST)).await?;
            if aside.is_empty() {
                say("Nothing is set aside: the hub has made no account anew.");
            }
            for (name, since) in aside {
                say(&format!(
                    "{} since {}",
                    name.as_str().escape_debug(),
                    since.format("%Y-%m-%dT%H:%M:%SZ")
                ));
            }
            return Ok(());
        };
        let by =
            By { at: SystemClock.now(), actor: Actor::Operator(operator()), token: None, request_id: None };
        let person = accounts::today(&earlier).ok_or_else(|| Failed::NotSetAside(earlier.clone()))?;
        let (name, who) = (earlier.clone(), person.clone());
        let given =
            store.change_person(&person, move |conn| accounts::give_back(conn, &name, &who, &by)).await;
        given.map_err(|error| match error {
            StoreError::NotFound => Failed::NotSetAside(earlier),
            other => Failed::Store(other),
        })?;
        say(&format!("{} has it again.", person.as_str().escape_debug()));
        Ok(())
    })
}
