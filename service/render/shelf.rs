//! Cards as they look to whoever has not chosen them, rendered once and kept for the next person.
//!
//! A form is a dozen cards, and all but one look the same to each member of a group: a form then
//! costs that one, and the frame around them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Page, Piece, compose, is_plain};
use crate::effective::{Form, Offer};

/// The most bytes of each of two generations: the older is dropped when the younger is full.
const LARGEST: usize = 6 << 20;
/// Stands in the frame for a card that is ready. No text of a site may hold it.
const MARK: char = '\0';

/// Rendered cards of one revision of the content, by [`Offer::name`]; bounded.
#[derive(Default)]
pub struct Shelf(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    revision: i64,
    young: HashMap<String, Arc<str>>,
    old: HashMap<String, Arc<str>>,
    /// Of the young.
    bytes: usize,
}

impl Shelf {
    /// The same as [`super::fragment`], written as a JSON string.
    pub fn fragment(&self, form: &Form<'_>, page: &Page) -> String {
        let ready = if page.attempt.is_none() { self.ready(form, page.revision) } else { vec![] };
        let mut kept = ready.iter();
        let frame = compose(form, page, |offer, view| {
            let ready = page.attempt.is_none() && is_plain(offer, form);
            if ready { Piece::Ready(MARK) } else { Piece::Fresh(Box::new(view())) }
        });
        let frame = quoted(&frame);
        let mut parts = frame.split("\\u0000");
        let mut text =
            String::with_capacity(frame.len() + ready.iter().map(|card| card.len()).sum::<usize>());
        text.extend(parts.next());
        for part in parts {
            text.extend(kept.next().map(|card| &**card));
            text.push_str(part);
        }
        text
    }

    /// The plain cards of `form` in their order, within a JSON string.
    fn ready(&self, form: &Form<'_>, revision: i64) -> Vec<Arc<str>> {
        let plain: Vec<&Offer<'_>> = form.cards.iter().filter(|offer| is_plain(offer, form)).collect();
        let names: Vec<String> = plain.iter().map(|offer| offer.name()).collect();
        let found: Vec<Option<Arc<str>>> = {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            names.iter().map(|name| kept.find(name, revision)).collect()
        };
        let card = |((offer, name), found): ((&Offer<'_>, String), Option<Arc<str>>)| {
            found.unwrap_or_else(|| {
                let html = quoted(&Piece::Fresh(Box::new(super::view(offer, form))).to_string());
                let card: Arc<str> = html[1..html.len() - 1].into();
                self.0.write().unwrap_or_else(PoisonError::into_inner).keep(name, revision, card.clone());
                card
            })
        };
        plain.into_iter().zip(names).zip(found).map(card).collect()
    }
}

impl Kept {
    fn find(&self, name: &str, revision: i64) -> Option<Arc<str>> {
        let kept = (self.revision == revision).then(|| self.young.get(name).or_else(|| self.old.get(name)));
        kept.flatten().cloned()
    }

    fn keep(&mut self, name: String, revision: i64, card: Arc<str>) {
        if self.revision > revision {
            return; // somebody still holds the content before
        }
        if self.revision < revision {
            *self = Self { revision, ..Self::default() };
        }
        if self.bytes > LARGEST {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += name.len() + card.len();
        self.young.insert(name, card);
    }
}

fn quoted(html: &str) -> String {
    serde_json::to_string(html).expect("a text is always JSON")
}
