//! Cards as they look to anybody, rendered once and kept for the next person.
//!
//! A form is a dozen cards, and a card looks the same to each member of a group, but for whether it is chosen: a form
//! then costs the frame around them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::card::{choice, own_badges};
use super::{Page, Piece, compose};
use crate::effective::{CardId, Form, Offer};

/// The most bytes of each of two generations: the older is dropped when the younger is full.
const LARGEST: usize = 10 << 20;
/// What a mark costs, in bytes.
const OF_MARK: usize = 32;
/// Stands in the frame for a card, and in a card for what differs from person to person. No text of a site may hold it.
const MARK: &str = "\0";
/// The same within a JSON string.
const QUOTED_MARK: &str = "\\u0000";

/// Rendered cards of one revision of the content, by [`Offer::mark`]; bounded.
#[derive(Default)]
pub struct Shelf(RwLock<Kept>);

#[derive(Default)]
struct Kept {
    revision: i64,
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    by_mark: HashMap<u64, Arc<Ready>>,
    /// Each once: a card is the same in many circumstances.
    cards: HashSet<Arc<Ready>>,
    /// Likewise.
    rules: HashSet<Arc<str>>,
    bytes: usize,
}

/// A card within a JSON string, cut where it says whether it is chosen, and where the person's badges are.
#[derive(PartialEq, Eq, Hash)]
struct Ready {
    text: Box<str>,
    cuts: [usize; 2],
    /// What rules say in its profile, which stands in a form once; within a JSON string too.
    rules: Option<Arc<str>>,
}

impl Shelf {
    /// The same as [`super::fragment`], written as a JSON string.
    pub fn fragment(&self, form: &Form<'_>, page: &Page) -> String {
        if page.attempt.is_some() {
            return quoted(&super::fragment(form, page));
        }
        let frame = quoted(&compose(form, page, |_, _| Piece::Ready(MARK)));
        let is_preset = |offer: &&Offer<'_>| matches!(offer.id, CardId::Preset(_));
        let presets = form.cards.iter().filter(is_preset);
        let offers: Vec<&Offer<'_>> =
            presets.chain(form.cards.iter().filter(|offer| !is_preset(offer))).collect();
        let cards = self.ready(&offers, form, page.revision);
        let room = cards.iter().map(|card| card.text.len() + 128).sum::<usize>();
        let mut text = String::with_capacity(frame.len() + room);
        let mut parts = frame.split(QUOTED_MARK);
        text.extend(parts.next());
        let mut rules: Vec<&Arc<str>> = Vec::new();
        for ((card, offer), part) in cards.iter().zip(offers).zip(&mut parts) {
            let is_chosen = form.chosen.as_ref() == Some(&offer.id);
            let [head, title, rest] = card.pieces();
            text.push_str(head);
            push_quoted(&mut text, choice(is_chosen, is_chosen));
            text.push_str(title);
            push_quoted(&mut text, own_badges(offer, form));
            text.push_str(rest);
            text.push_str(part);
            rules.extend(card.rules.as_ref().filter(|new| !rules.contains(new)));
        }
        text.extend(rules.into_iter().map(|rules| &**rules));
        text.extend(parts);
        text
    }

    fn ready(&self, offers: &[&Offer<'_>], form: &Form<'_>, revision: i64) -> Vec<Arc<Ready>> {
        let marks: Vec<u64> = offers.iter().map(|offer| offer.mark()).collect();
        let found: Vec<Option<Arc<Ready>>> = {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            marks.iter().map(|mark| kept.find(*mark, revision)).collect()
        };
        let card = |((offer, mark), found): ((&&Offer<'_>, u64), Option<Arc<Ready>>)| {
            found.unwrap_or_else(|| {
                let view = super::view(offer, form).for_anybody(MARK);
                let rules = view.ruled.as_ref().map(|ruled| super::rules_html(&ruled.rules));
                let card = Ready::of(&Piece::Fresh(Box::new(view)).to_string(), rules.as_deref());
                self.0.write().unwrap_or_else(PoisonError::into_inner).keep(mark, revision, card)
            })
        };
        offers.iter().zip(marks).zip(found).map(card).collect()
    }
}

impl Ready {
    fn of(html: &str, rules: Option<&str>) -> Self {
        let html = within_quotes(html);
        let parts: Vec<&str> = html.split(QUOTED_MARK).collect();
        let first = parts.first().map_or(0, |head| head.len());
        let second = first + parts.get(1).map_or(0, |title| title.len());
        Self {
            text: parts.concat().into(),
            cuts: [first, second],
            rules: rules.map(|html| within_quotes(html).into()),
        }
    }

    fn pieces(&self) -> [&str; 3] {
        let [first, second] = self.cuts;
        [&self.text[..first], &self.text[first..second], &self.text[second..]]
    }
}

impl Kept {
    fn find(&self, mark: u64, revision: i64) -> Option<Arc<Ready>> {
        let found = || self.young.by_mark.get(&mark).or_else(|| self.old.by_mark.get(&mark));
        (self.revision == revision).then(found).flatten().cloned()
    }

    fn keep(&mut self, mark: u64, revision: i64, card: Ready) -> Arc<Ready> {
        if self.revision > revision {
            return card.into(); // somebody still holds the content before
        }
        if self.revision < revision {
            *self = Self { revision, ..Self::default() };
        }
        if self.young.bytes > LARGEST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.keep(mark, card)
    }
}

impl Generation {
    fn keep(&mut self, mark: u64, mut card: Ready) -> Arc<Ready> {
        card.rules = card.rules.map(|rules| self.rules_once(rules));
        let card = match self.cards.get(&card) {
            Some(same) => same.clone(),
            None => {
                let card = Arc::new(card);
                self.bytes += card.text.len();
                self.cards.insert(card.clone());
                card
            }
        };
        self.bytes += OF_MARK;
        self.by_mark.insert(mark, card.clone());
        card
    }

    fn rules_once(&mut self, rules: Arc<str>) -> Arc<str> {
        if let Some(same) = self.rules.get(&rules) {
            return same.clone();
        }
        self.bytes += rules.len();
        self.rules.insert(rules.clone());
        rules
    }
}

fn quoted(html: &str) -> String {
    serde_json::to_string(html).expect("a text is always JSON")
}

/// The same without the quotation marks around it.
fn within_quotes(html: &str) -> String {
    let mut text = quoted(html);
    text.pop();
    text.remove(0);
    text
}

/// Writes a text of ours, most often an empty one, within a JSON string.
fn push_quoted(text: &mut String, html: &str) {
    if !html.is_empty() {
        text.extend(html.split('"').flat_map(|part| ["\\\"", part]).skip(1));
    }
}
