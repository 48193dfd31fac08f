//! The form as the hub's page shows it: for which context, and with what was refused just before.

use serde_json::Value as Json;

use super::{Caller, Desk, NoAnswer};
use crate::directory::Purpose;
use crate::effective::{Wish, effective};
use crate::render::{Attempt, Page};
use crate::resolve::{Asked, Refusal, resolve};

/// What the hub's page shows the form for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The group or event that the address of the page names, as it is written; empty for none of them.
    pub context: Option<&'a str>,
    /// What else stands in that address and stays there when they choose another one: `next=%2Fhub%2Fhome`.
    pub keep: Option<&'a str>,
    /// What they tried just before, if that was refused.
    pub attempt: Option<&'a Json>,
}

/// A form as the hub shows it.
pub struct Fragment {
    pub revision: i64,
    /// Written as a JSON string.
    pub html: String,
}

impl Desk {
    /// The form for somebody. A context that is not theirs is not taken: they are in the usual one, and told so.
    ///
    /// # Errors
    /// [`NoAnswer::Unavailable`] while nothing was ever read from the database.
    pub async fn form(&self, caller: &Caller, shown: &Shown<'_>) -> Result<Fragment, NoAnswer> {
        let content = self.content()?;
        let known = self.what_is_known(caller, Purpose::Form).await;
        let attempt = shown.attempt.map(Asked::read);
        let tried_in = attempt.as_ref().and_then(|asked| asked.as_ref().ok()?.wish());
        let wished = tried_in.or_else(|| Wish::read(shown.context?));
        let mut form = effective(&content, self.person(&content, caller, &known, wished.as_ref()));
        let attempt = attempt.and_then(|asked| {
            let refusal = match &asked {
                Ok(asked) => resolve(&content, &form, asked).err()?,
                Err(refusal) => refusal.clone(),
            };
            let asked = asked.unwrap_or_default();
            let tried = form.cards.iter_mut().find(|card| asked.card == Some(card.id.to_string()));
            if let Some(offer) = tried {
                offer.show_tried(&asked.values);
            }
            Some(rejected(asked, refusal))
        });
        let elsewhere =
            shown.context.is_some_and(|named| Wish::read(named).is_none_or(|wish| !form.has(&wish)));
        let keep = shown.keep.map(ToOwned::to_owned);
        let page = Page { files: self.files.clone(), revision: content.revision, keep, elsewhere, attempt };
        Ok(Fragment { revision: content.revision, html: self.shelf.fragment(&form, &page) })
    }
}

fn rejected(asked: Asked, refusal: Refusal) -> Attempt {
    let typed = asked.values.iter().map(|(key, json)| {
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        (key.clone(), text)
    });
    let typed = typed.collect();
    let (sentence, faults) = match refusal {
        Refusal::NotOffered { sentence } | Refusal::GroupsUnknown { sentence } => (sentence, vec![]),
        Refusal::Options { sentence, faults } => (sentence, faults),
    };
    Attempt { card: asked.card, typed, faults, sentence }
}
