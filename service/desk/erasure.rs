//! Everything kept of a person: handed out to them, or erased by an administrator.

use super::Desk;
use super::presets::{Acting, NotDone};
use super::records::shown;
use crate::groups::Username;
use crate::store::erasure::{self, Erased, Held};

impl Desk {
    /// Everything kept of `person`: one's own, or anybody's for whoever reads everybody's.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] for anybody else's, whether or not there is such a person.
    pub async fn export(&self, acting: &Acting, person: &Username) -> Result<Held, NotDone> {
        let is_own = !acting.is_service && *person == acting.name;
        if !is_own && !acting.reads_all {
            return Err(NotDone::NotFound);
        }
        let person = person.clone();
        let mut held = self.store.read(move |conn| erasure::held(conn, &person)).await?;
        held.changes = held.changes.into_iter().map(|(number, entry)| (number, shown(entry))).collect();
        Ok(held)
    }

    /// Erases `person`, whether or not there was anything of them.
    ///
    /// # Errors
    /// [`NotDone::StillNamed`] where the site file names them; [`NotDone::Unavailable`].
    pub async fn erase(&self, acting: &Acting, person: &Username) -> Result<(), NotDone> {
        let (name, by) = (person.clone(), acting.by(self.clock.now()));
        self.change(async {
            match self.store.change_person(person, move |conn| erasure::erase(conn, &name, &by)).await? {
                Erased::StillNamed(places) => Err(NotDone::StillNamed(places)),
                Erased::Gone | Erased::Nothing => {
                    self.memberships.forget(person);
                    Ok(())
                }
            }
        })
        .await
    }
}
