//! Cards as they look to anybody, rendered once and kept for the next person.
//!
//! A form is a dozen cards, and a card looks the same to each member of a group, but for whether it is chosen: a form
//! then costs the frame around them. With other values or limits it is kept as what differs.

mod difference;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::card::{choice, own_badges};
use super::{Page, Piece, compose};
use crate::effective::{CardId, Form, Offer};
use difference::Difference;

/// The most bytes of each of two generations: the older is dropped when the younger is full.
const LARGEST: usize = 10 << 20;
/// What a mark costs, in bytes.
const OF_MARK: usize = 48;
/// So many renderings of a card are looked through for one that is like it.
const APART: usize = 8;
/// Stands in the frame for a card, and in a card for what differs from person to person. No text of a site may hold it.
const MARK: &str = "\0";
/// The same within a JSON string.
const QUOTED_MARK: &str = "\\u0000";
/// The end of a line within a JSON string.
const QUOTED_LINE: &str = "\\n";

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
    by_mark: HashMap<u64, Ready>,
    /// As they were rendered, each time that one was too different from those before: some cannot start.
    cards: HashMap<CardId, Vec<Arc<Rendered>>>,
    /// Each once: a card is the same in many circumstances.
    differences: HashSet<Arc<Difference>>,
    /// Likewise.
    rules: HashSet<Arc<str>>,
    bytes: usize,
}

/// A card, or what differs from it.
#[derive(Clone)]
struct Ready {
    card: Arc<Rendered>,
    difference: Option<Arc<Difference>>,
}

/// A card within a JSON string, cut where it says whether it is chosen, and where the person's badges are.
struct Rendered {
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
        let room = cards.iter().map(|ready| ready.card.text.len() + 256).sum::<usize>();
        let mut text = String::with_capacity(frame.len() + room);
        let mut parts = frame.split(QUOTED_MARK);
        text.extend(parts.next());
        let mut rules: Vec<&Arc<str>> = Vec::new();
        for ((ready, offer), part) in cards.iter().zip(offers).zip(&mut parts) {
            let is_chosen = form.chosen.as_ref() == Some(&offer.id);
            ready.write(choice(is_chosen, is_chosen), own_badges(offer, form), &mut text);
            text.push_str(part);
            rules.extend(ready.card.rules.as_ref().filter(|new| !rules.contains(new)));
        }
        text.extend(rules.into_iter().map(|rules| &**rules));
        text.extend(parts);
        text
    }

    fn ready(&self, offers: &[&Offer<'_>], form: &Form<'_>, revision: i64) -> Vec<Ready> {
        let marks: Vec<u64> = offers.iter().map(|offer| offer.mark()).collect();
        let found: Vec<Option<Ready>> = {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            marks.iter().map(|mark| kept.find(*mark, revision)).collect()
        };
        let card = |((offer, mark), found): ((&&Offer<'_>, u64), Option<Ready>)| {
            found.unwrap_or_else(|| self.anew(offer, mark, form, revision))
        };
        offers.iter().zip(marks).zip(found).map(card).collect()
    }

    fn anew(&self, offer: &Offer<'_>, mark: u64, form: &Form<'_>, revision: i64) -> Ready {
        let card = Rendered::of(offer, form);
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).like(&offer.id, revision);
        // Compared while nobody waits.
        let difference = card.difference_from_one(known);
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.keep(mark, revision, &offer.id, card, difference)
    }
}

impl Ready {
    /// Writes it with those attributes and badges, HTML, into a JSON string.
    fn write(&self, choice: &str, badges: &str, to: &mut String) {
        let Rendered { text, cuts: [first, second], .. } = &*self.card;
        to.push_str(&text[..*first]);
        push_quoted(to, choice);
        to.push_str(&text[*first..*second]);
        push_quoted(to, badges);
        match &self.difference {
            Some(difference) => difference.write(text, *second, to),
            None => to.push_str(&text[*second..]),
        }
    }
}

impl Rendered {
    fn of(offer: &Offer<'_>, form: &Form<'_>) -> Self {
        let view = super::view(offer, form).for_anybody(MARK);
        let rules = view.ruled.as_ref().map(|ruled| super::rules_html(&ruled.rules));
        Self::cut(&Piece::Fresh(Box::new(view)).to_string(), rules.as_deref())
    }

    fn cut(html: &str, rules: Option<&str>) -> Self {
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

    /// The first of `known` that it is like, and what differs from that.
    fn difference_from_one(&self, known: Vec<Arc<Self>>) -> Option<(Arc<Self>, Difference)> {
        known.into_iter().find_map(|known| self.difference_from(&known).map(|difference| (known, difference)))
    }

    /// What differs from `other`; none where that is so much that it is kept for itself.
    fn difference_from(&self, other: &Self) -> Option<Difference> {
        if (self.cuts, &self.rules) != (other.cuts, &other.rules) {
            return None;
        }
        let difference = Difference::between(&other.text, &self.text, QUOTED_LINE);
        let is_behind = difference.begin().is_none_or(|begin| begin >= other.cuts[1]);
        (is_behind && difference.weight() < self.text.len() / 2).then_some(difference)
    }
}

impl Kept {
    fn find(&self, mark: u64, revision: i64) -> Option<Ready> {
        let found = || self.young.by_mark.get(&mark).or_else(|| self.old.by_mark.get(&mark));
        (self.revision == revision).then(found).flatten().cloned()
    }

    /// How a card was rendered before.
    fn like(&self, id: &CardId, revision: i64) -> Vec<Arc<Rendered>> {
        let known = (self.revision == revision).then(|| self.young.cards.get(id).cloned());
        known.flatten().unwrap_or_default()
    }

    /// `difference`: from one of [`Kept::like`]; none where it is kept for itself.
    fn keep(
        &mut self,
        mark: u64,
        revision: i64,
        id: &CardId,
        card: Rendered,
        difference: Option<(Arc<Rendered>, Difference)>,
    ) -> Ready {
        let Some(young) = self.generation(revision) else {
            return Ready { card: card.into(), difference: None };
        };
        let ready = match difference {
            Some((card, difference)) => {
                let differs = difference.begin().is_some();
                Ready { card, difference: differs.then(|| young.once(difference)) }
            }
            None => Ready { card: young.whole(id, card), difference: None },
        };
        young.bytes += OF_MARK;
        young.by_mark.insert(mark, ready.clone());
        ready
    }

    /// Where to keep cards of that revision; none for somebody who still holds the content before.
    fn generation(&mut self, revision: i64) -> Option<&mut Generation> {
        if self.revision > revision {
            return None;
        }
        if self.revision < revision {
            *self = Self { revision, ..Self::default() };
        }
        if self.young.bytes > LARGEST {
            self.old = std::mem::take(&mut self.young);
        }
        Some(&mut self.young)
    }
}

impl Generation {
    fn whole(&mut self, id: &CardId, mut card: Rendered) -> Arc<Rendered> {
        card.rules = card.rules.map(|rules| self.rules_once(rules));
        self.bytes += card.text.len();
        let card = Arc::new(card);
        let known = self.cards.entry(id.clone()).or_default();
        if known.len() < APART {
            known.push(card.clone());
        }
        card
    }

    fn once(&mut self, difference: Difference) -> Arc<Difference> {
        if let Some(same) = self.differences.get(&difference) {
            return same.clone();
        }
        self.bytes += difference.weight();
        let difference = Arc::new(difference);
        self.differences.insert(difference.clone());
        difference
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A card with those cores, or one that cannot start.
    fn card(cores: Option<u32>) -> Rendered {
        let body = cores.map_or_else(
            || "not available".to_owned(),
            |cores| format!("{}\n<input value={cores}>\n{}", "before ".repeat(100), "after ".repeat(100)),
        );
        Rendered::cut(&format!("<input{MARK}>Rome{MARK}\n{body}"), None)
    }

    fn written(ready: &Ready) -> String {
        let mut to = String::new();
        ready.write(" checked", "!", &mut to);
        to
    }

    #[test]
    fn other_values_take_little_whoever_came_first() {
        let id = CardId::read("rome").expect("a card");
        let mut shelf = Kept::default();
        for cores in 0..=200 {
            let asked = (cores > 0).then_some(cores);
            let whole = written(&Ready { card: card(asked).into(), difference: None });
            let difference = card(asked).difference_from_one(shelf.like(&id, 1));
            assert_eq!(written(&shelf.keep(cores.into(), 1, &id, card(asked), difference)), whole);
            assert_eq!(written(&shelf.find(cores.into(), 1).expect("kept")), whole);
        }
        let whole = card(Some(1)).text.len();
        assert!(shelf.young.bytes < 2 * whole + 200 * 128, "{} of {whole} each", shelf.young.bytes);
    }
}
