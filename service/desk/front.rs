//! A person's own page: what they may start, which groups they are in, what else they may do.

use super::{Caller, Desk, NoAnswer};
use crate::catalogue::SOMEBODY;
use crate::directory::Purpose;
use crate::hub::Rights;
use crate::render::page::{self, Shell};

impl Desk {
    /// The front page of `caller`, as HTML.
    ///
    /// # Errors
    /// [`NoAnswer::Unavailable`] while nothing was read from the database, ever or for a day.
    pub async fn front(&self, caller: &Caller, rights: Rights, shell: &Shell) -> Result<String, NoAnswer> {
        let content = self.content()?;
        let known = self.what_is_known(caller, Purpose::Form).await?;
        let form = self.form_of(&content, self.person(&content, caller, &known, None));
        Ok(page::front(&form, &sentences(rights), shell))
    }

    /// Whom to ask, in a sentence.
    pub fn contact(&self) -> String {
        let contact = self.site.content().and_then(|content| content.contact.clone());
        contact.unwrap_or_else(|| SOMEBODY.to_owned())
    }
}

/// What somebody may do beyond what is their own.
fn sentences(rights: Rights) -> Vec<&'static str> {
    if rights.admin {
        return vec!["You administer presets: everything of the site’s, of groups and of people."];
    }
    let held = [
        (rights.read, "You may see everybody’s presets, groups and decisions."),
        (rights.events, "You may organise courses, workshops and hackathons."),
        (rights.resolve, "You may ask what anybody would be given."),
    ];
    held.into_iter().filter(|(held, _)| *held).map(|(_, sentence)| sentence).collect()
}
