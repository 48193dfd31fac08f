//! HTML, escaped throughout: the form inside the hub's spawn page, for every state; pages of our own.

pub mod assets;
mod card;
mod control;
mod notice;
pub mod page;
mod problem;
mod shelf;
mod switcher;

use std::collections::BTreeMap;
use std::fmt;

use askama::Template;

use crate::catalogue::Fault;
use crate::effective::{CardId, Form, Notice, Offer, Told};

use assets::Link;
use card::CardView;
use control::Entry;
use notice::Note;
use problem::Problem;
pub use shelf::Shelf;
use switcher::Switcher;

/// What the fragment needs to know besides the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Where the service's files are found, with a slash at its end: `/services/presets/`, or with an origin before.
    pub files: String,
    /// Of the content the form was made from; the form posts it back.
    pub revision: i64,
    /// What stays in the page's address when another context is chosen, as a query holds it.
    pub keep: Option<String>,
    /// Whether that address names a context that is not theirs.
    pub elsewhere: bool,
    /// The start that was refused just before, to be corrected.
    pub attempt: Option<Attempt>,
}

/// A start that was refused.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attempt {
    /// The card that was to start.
    pub card: Option<String>,
    /// What the form posts for it where that is not its id: a preset at one version, `pytorch@3`.
    pub posted: Option<String>,
    /// What was posted, option by option, as it was typed.
    pub typed: BTreeMap<String, String>,
    /// With pointers into the options: `/values/KEY` or `/preset`.
    pub faults: Vec<Fault>,
    /// The refusal in one sentence, which the hub shows too.
    pub sentence: String,
}

impl Attempt {
    /// The title of the card that a link led to, where all that is left to do is to press Start.
    fn followed<'a>(&self, form: &'a Form<'_>) -> Option<&'a str> {
        let waits = self.faults.iter().all(|fault| fault.code == "confirm") && !self.faults.is_empty();
        let id = self.card.as_deref().filter(|_| waits).and_then(CardId::read)?;
        form.card(&id).map(|card| card.title.as_str())
    }

    /// What the form posts for `card`; `attempt`: the refused start, if it was of this card.
    fn posted(attempt: Option<&Self>, card: &CardId) -> String {
        attempt.and_then(|attempt| attempt.posted.clone()).unwrap_or_else(|| card.to_string())
    }
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
    shown: Vec<Piece<'a>>,
    folded: Vec<Piece<'a>>,
    by_hand: Vec<Piece<'a>>,
    any_start: bool,
    fold_open: bool,
    /// Whether there is anything to start but options chosen by hand.
    no_presets: bool,
    /// Whether the person is told that there are none.
    say_none: bool,
    /// The titles of the person's groups.
    groups: Vec<&'a str>,
    /// What the form is for, as it posts it; none where it can be for nothing in particular only.
    acting: Option<String>,
    switcher: Option<Switcher<'a>>,
    /// What rules say in the profiles of those cards, for the script: HTML.
    rules: String,
}

/// A card in its place.
enum Piece<'a> {
    Fresh(Box<CardView<'a>>),
    /// Rendered before; this stands for it.
    Ready(&'static str),
}

#[derive(Template)]
#[template(path = "card.html", config = "frontend/askama.toml")]
struct CardHtml<'a> {
    card: &'a CardView<'a>,
}

impl fmt::Display for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh(card) => CardHtml { card }.render_into(f).map_err(|_| fmt::Error),
            Self::Ready(mark) => f.write_str(mark),
        }
    }
}

/// The fragment that goes into the hub's form.
///
/// The hub writes it into its page as it is, so every text of ours is escaped here, and a test holds
/// that against hostile titles.
pub fn fragment(form: &Form<'_>, page: &Page) -> String {
    compose(form, page, |_, view| Piece::Fresh(Box::new(view())))
}

/// A card that nobody chose or tried.
fn view<'a>(offer: &'a Offer<'_>, form: &Form<'_>) -> CardView<'a> {
    CardView::of(offer, form, None)
}

/// The fragment, of cards as `piece` makes them from their offers and views.
fn compose<'a>(
    form: &'a Form<'_>,
    page: &Page,
    piece: impl Fn(&Offer<'_>, &dyn Fn() -> CardView<'a>) -> Piece<'a>,
) -> String {
    let attempt = page.attempt.as_ref();
    let chosen = chosen(form, attempt);
    let followed = attempt.and_then(|attempt| attempt.followed(form));
    // A link that waits for Start is nobody's mistake.
    let problem = attempt.filter(|_| followed.is_none()).and_then(|attempt| Problem::of(form, attempt));
    let pieces = |wanted: fn(&CardId) -> bool| -> Vec<Piece<'a>> {
        let offers = form.cards.iter().filter(|offer| wanted(&offer.id));
        offers
            .map(|offer| {
                piece(offer, &|| {
                    let is_chosen = Some(&offer.id) == chosen.as_ref();
                    let attempt = attempt.filter(|attempt| attempt.card == Some(offer.id.to_string()));
                    CardView::of(offer, form, attempt).chosen(is_chosen, is_chosen && problem.is_none())
                })
            })
            .collect()
    };
    let mut shown = pieces(|id| matches!(id, CardId::Preset(_)));
    let folded = shown.split_off(shown.len().min(SHOWN));
    let presets = form.cards.iter().filter(|offer| matches!(offer.id, CardId::Preset(_)));
    let fold_open = presets.skip(SHOWN).any(|offer| Some(&offer.id) == chosen.as_ref());
    let by_hand = pieces(|id| matches!(id, CardId::Open(_)));
    let rules = rules_of(&[&shown, &folded, &by_hand]);
    let mut more_notes = notice::of(form);
    let groups_known = !form.notices.iter().any(|notice| matches!(notice, Notice::GroupsUnknown { .. }));
    if page.elsewhere && groups_known {
        more_notes.insert(0, Note::Elsewhere);
    }
    if let Some(title) = followed {
        more_notes.insert(0, Note::Followed { title });
    }
    let note = (problem.is_none() && !more_notes.is_empty()).then(|| more_notes.remove(0));
    let fragment = Fragment {
        css: assets::link_to("fragment", "css", &page.files),
        js: assets::link_to("fragment", "js", &page.files),
        revision: page.revision,
        problem,
        note,
        more_notes,
        no_presets: shown.is_empty(),
        // While the groups are unknown, nobody can say that.
        say_none: shown.is_empty() && groups_known,
        groups: form.groups.iter().map(|group| group.title.as_str()).collect(),
        shown,
        folded,
        by_hand,
        // The form chooses whatever can start, if anything can; or, undecided, nothing: then Enter starts nothing.
        any_start: chosen.is_some() || form.is_undecided(),
        fold_open,
        acting: switcher::posted(form),
        switcher: Switcher::of(form, page.keep.as_deref()),
        rules,
    };
    // Rendering into a String fails only where a `Display` of ours would.
    fragment.render().unwrap_or_default()
}

/// What rules say in the profiles of those cards, once for each profile; of cards that were rendered before, their mark.
fn rules_of(cards: &[&[Piece<'_>]]) -> String {
    let mut told: Vec<&Told> = Vec::new();
    for piece in cards.iter().copied().flatten() {
        match piece {
            Piece::Ready(mark) => return (*mark).to_owned(),
            Piece::Fresh(card) => {
                told.extend(
                    card.ruled
                        .as_ref()
                        .map(|ruled| &*ruled.rules)
                        .filter(|rules| told.iter().all(|told| told.profile != rules.profile)),
                );
            }
        }
    }
    told.into_iter().map(rules_html).collect()
}

fn rules_html(told: &Told) -> String {
    let rules = in_single_quotes(&told.json);
    format!("<div class=\"pz-rules\" hidden data-profile=\"{}\" data-rules='{rules}'></div>\n", told.profile)
}

/// `text` as an attribute in single quotes holds it: JSON is full of double ones.
fn in_single_quotes(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\'', '<', '>']) {
        escaped.push_str(&rest[..at]);
        escaped.push_str(match rest.as_bytes()[at] {
            b'&' => "&#38;",
            b'\'' => "&#39;",
            b'<' => "&#60;",
            _ => "&#62;",
        });
        rest = &rest[at + 1..];
    }
    escaped.push_str(rest);
    escaped
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

    /// Whose presets these would be: who was added to a group, and sees none of it, knows what to ask about.
    fn looked_for(&self) -> String {
        match self.groups.as_slice() {
            [] => "You are in none of the groups of this site.".to_owned(),
            [only] => format!("Of the groups of this site you are in {only}."),
            [first @ .., last] => {
                format!("Of the groups of this site you are in {} and {last}.", first.join(", "))
            }
        }
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
