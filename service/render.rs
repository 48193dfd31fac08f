//! HTML, escaped throughout: the form inside the hub's spawn page, for every state; pages of our own.

pub mod assets;
mod card;
mod control;
mod notice;
pub mod page;
mod problem;

use std::collections::BTreeMap;

use askama::Template;

use crate::catalogue::Fault;
use crate::effective::{CardId, Form, Notice};

use assets::Link;
use card::CardView;
use control::Entry;
use notice::Note;
use problem::Problem;

/// What the fragment needs to know besides the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Where the service is reached, with slashes at both ends: `/services/presets/`.
    pub prefix: String,
    /// Of the content the form was made from; the form posts it back.
    pub revision: i64,
    /// The start that was refused just before, to be corrected.
    pub attempt: Option<Attempt>,
}

/// A start that was refused.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attempt {
    /// The card that was to start.
    pub card: Option<String>,
    /// What was posted, option by option, as it was typed.
    pub typed: BTreeMap<String, String>,
    /// With pointers into the options: `/values/KEY` or `/preset`.
    pub faults: Vec<Fault>,
    /// The refusal in one sentence, which the hub shows too.
    pub sentence: String,
}

/// Presets that stand in the list before the rest is folded away.
const SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "fragment.html", config = "frontend/askama.toml")]
struct Fragment<'a> {
    css: Option<Link>,
    js: Option<Link>,
    revision: i64,
    problem: Option<Problem>,
    /// The one note at the top, unless the summary of a refusal stands there.
    note: Option<Note<'a>>,
    more_notes: Vec<Note<'a>>,
    shown: Vec<CardView<'a>>,
    folded: Vec<CardView<'a>>,
    by_hand: Vec<CardView<'a>>,
    /// Whether there is anything to start but options chosen by hand.
    no_presets: bool,
    /// Whether the person is told that there are none.
    say_none: bool,
}

/// The fragment that goes into the hub's form.
///
/// The hub writes it into its page as it is, so every text of ours is escaped here, and a test holds
/// that against hostile titles.
pub fn fragment(form: &Form<'_>, page: &Page) -> String {
    let attempt = page.attempt.as_ref();
    let chosen = chosen(form, attempt);
    let problem = attempt.and_then(|attempt| Problem::of(form, attempt));
    let views = form.cards.iter().map(|card| {
        let is_chosen = Some(&card.id) == chosen.as_ref();
        let attempt = attempt.filter(|attempt| attempt.card == Some(card.id.to_string()));
        CardView::of(card, form, attempt).chosen(is_chosen, is_chosen && problem.is_none())
    });
    let (by_hand, mut shown): (Vec<_>, Vec<_>) = views.partition(|view| view.by_hand);
    let folded = shown.split_off(shown.len().min(SHOWN));
    let mut more_notes = notice::of(form);
    let note = (problem.is_none() && !more_notes.is_empty()).then(|| more_notes.remove(0));
    let groups_known = !form.notices.iter().any(|notice| matches!(notice, Notice::GroupsUnknown { .. }));
    let fragment = Fragment {
        css: assets::link_to("fragment", "css", &page.prefix),
        js: assets::link_to("fragment", "js", &page.prefix),
        revision: page.revision,
        problem,
        note,
        more_notes,
        no_presets: shown.is_empty(),
        // While the groups are unknown, nobody can say that.
        say_none: shown.is_empty() && groups_known,
        shown,
        folded,
        by_hand,
    };
    // Rendering into a String fails only where a `Display` of ours would.
    fragment.render().unwrap_or_default()
}

/// The card of the refused start, where it can still start; else what the form chose.
fn chosen(form: &Form<'_>, attempt: Option<&Attempt>) -> Option<CardId> {
    let attempted = attempt
        .and_then(|attempt| CardId::read(attempt.card.as_deref()?))
        .filter(|id| form.card(id).is_some_and(crate::effective::Card::is_usable));
    attempted.or_else(|| form.chosen.clone())
}

impl Fragment<'_> {
    fn nothing_to_start(&self) -> bool {
        self.shown.is_empty() && self.by_hand.is_empty()
    }

    fn any_start(&self) -> bool {
        let mut cards = self.shown.iter().chain(&self.folded).chain(&self.by_hand);
        cards.any(|card| card.unavailable.is_none())
    }

    fn fold_open(&self) -> bool {
        self.folded.iter().any(|card| card.chosen)
    }
}

/// The id of a card's radio; everything in the card has an id below it.
///
/// Keys have no dots, so that no two ids are ever the same.
fn dom_id(card: &CardId) -> String {
    match card {
        CardId::Preset(key) => format!("pz-p-{key}"),
        CardId::Open(key) => format!("pz-o-{key}"),
    }
}

/// `the partition …` → `The partition ….`: a clause from elsewhere as a sentence of its own.
fn sentence(clause: &str) -> String {
    let clause = clause.trim();
    let mut chars = clause.chars();
    let begun: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if begun.is_empty() || begun.ends_with(['.', '!', '?']) { begun } else { format!("{begun}.") }
}
