//! The form as the hub's page shows it: for which context, and with what was refused just before.

use serde_json::Value as Json;

use super::{Caller, Desk, NoAnswer, RECALL};
use crate::directory::Purpose;
use crate::effective::{Form, Wish};
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
    /// [`NoAnswer::Unavailable`] while nothing was read from the database, ever or for a day.
    pub async fn form(&self, caller: &Caller, shown: &Shown<'_>) -> Result<Fragment, NoAnswer> {
        // First: what is an earlier account's is in no content that is read afterwards.
        let known = self.what_is_known(caller, Purpose::Form).await?;
        let today = self.content()?;
        let attempt = shown.attempt.map(Asked::read);
        let posted = attempt.as_ref().and_then(|asked| asked.as_ref().ok()?.card.clone());
        let (content, attempt) = match attempt {
            None => (today.clone(), None),
            Some(asked) => {
                // A version that cannot be read now is like one that never was: people get their form all the same.
                let found = tokio::time::timeout(RECALL, self.content_for(asked.clone())).await;
                let (content, asked) = found.ok().and_then(Result::ok).unwrap_or((today.clone(), asked));
                (content, Some(asked))
            }
        };
        let tried_in = attempt.as_ref().and_then(|asked| asked.as_ref().ok()?.wish());
        let wished = tried_in.or_else(|| Wish::read(shown.context?));
        let mut form = self.form_of(&content, self.person(&content, caller, &known, wished.as_ref()));
        let tried = attempt.map(|asked| match asked {
            Ok(asked) => {
                let refusal = resolve(&content, &form, &asked).err();
                (asked, refusal)
            }
            Err(refusal) => (Asked::default(), Some(refusal)),
        });
        // A card is shown as it was to whoever tried it so, and only where it starts.
        let pinned = tried.as_ref().is_some_and(|(asked, _)| asked.pinned);
        let as_it_was = pinned && tried.as_ref().is_some_and(|(asked, _)| starts(&form, asked));
        if pinned && !as_it_was {
            form = self.form_of(&today, self.person(&today, caller, &known, wished.as_ref()));
        }
        let attempt = tried.and_then(|(asked, refusal)| {
            // A form with an attempt is kept for nobody else: so is one with a card as it was, refused or not.
            if refusal.is_none() && !as_it_was {
                return None;
            }
            bring_out(&mut form, &asked);
            let tried = form.cards.iter_mut().find(|card| asked.card == Some(card.id.to_string()));
            if let Some(offer) = tried {
                offer.show_tried(&asked.values);
            }
            Some(Attempt { posted: posted.filter(|_| as_it_was), ..rejected(asked, refusal) })
        });
        let elsewhere =
            shown.context.is_some_and(|named| Wish::read(named).is_none_or(|wish| !form.has(&wish)));
        let keep = shown.keep.map(ToOwned::to_owned);
        let page = Page { files: self.files.clone(), revision: content.revision, keep, elsewhere, attempt };
        Ok(Fragment { revision: content.revision, html: self.shelf.fragment(&form, &page) })
    }
}

/// Whether the card that was asked for can be started.
fn starts(form: &Form<'_>, asked: &Asked) -> bool {
    let offer = asked.card.as_deref().and_then(|card| form.named(card));
    offer.is_some_and(|offer| offer.is_usable())
}

/// Shows the card that was asked for where the person hid it: nobody presses Start on what is not there.
fn bring_out(form: &mut Form<'_>, asked: &Asked) {
    let hidden = form.put_away.iter().position(|offer| asked.card == Some(offer.id.to_string()));
    if let Some(at) = hidden {
        let offer = form.put_away.remove(at);
        form.cards.insert(0, offer);
    }
}

/// What the form shows again; from where it was asked for, is over.
fn rejected(asked: Asked, refusal: Option<Refusal>) -> Attempt {
    let typed = asked.values.iter().map(|(key, json)| {
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        (key.clone(), text)
    });
    let typed = typed.collect();
    let (sentence, faults) = match refusal {
        None => Default::default(),
        Some(Refusal::NotOffered { sentence } | Refusal::GroupsUnknown { sentence }) => (sentence, vec![]),
        Some(Refusal::Options { sentence, faults }) => (sentence, faults),
    };
    Attempt { card: asked.card, typed, faults, sentence, ..Attempt::default() }
}
