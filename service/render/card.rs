//! A card as the page shows it: what it is in one line, what may be changed, and everything that is set.

use std::sync::Arc;

use super::control::Control;
use super::{Attempt, dom_id, in_single_quotes, sentence};
use crate::catalogue::amount::Measure;
use crate::catalogue::{Kind, Value};
use crate::effective::{Card, CardId, Field, Form, Offer, State, Told};

/// Facts in the line that sums a preset up; more would not be read.
const FACTS: usize = 5;

pub(super) struct CardView<'a> {
    /// As the form posts it.
    pub id: String,
    /// The id of its radio, and the beginning of every id in it.
    pub dom: String,
    pub by_hand: bool,
    pub title: &'a str,
    pub last_used: bool,
    /// What the person made of it: badges, as HTML.
    pub own_badges: &'static str,
    /// `group Physics`
    pub from: Option<String>,
    pub facts: Vec<String>,
    pub description: Option<&'a str>,
    /// Why it cannot start.
    pub unavailable: Option<String>,
    /// What a saved preset had to give up.
    pub adjusted: &'a [String],
    /// What holds although somebody says otherwise.
    pub notes: Vec<String>,
    pub controls: Vec<Control<'a>>,
    /// For the script, where rules decide about its options.
    pub ruled: Option<Ruled>,
    pub settings: Vec<Setting<'a>>,
    /// Whether it is chosen: attributes of its radio.
    pub choice: &'static str,
}

/// What the options could hold, and what rules say about them.
pub(super) struct Ruled {
    /// JSON, as an attribute in single quotes holds it.
    pub slots: String,
    pub rules: Arc<Told>,
}

/// A constant.
pub(super) struct Setting<'a> {
    pub label: &'a str,
    pub value: String,
    pub reason: Option<String>,
}

impl<'a> CardView<'a> {
    /// `attempt`: the refused start, if it was of this card.
    pub fn of(offer: &'a Offer<'_>, form: &Form<'_>, attempt: Option<&Attempt>) -> Self {
        let card: &'a Card<'_> = offer;
        let by_hand = matches!(card.id, CardId::Open(_));
        let slots = offer.slots();
        let open = slots.as_ref().map(|_| offer.without_rules());
        let (mut controls, mut settings, mut section) = (Vec::new(), Vec::new(), None);
        for field in &card.fields {
            let key = &field.opt.key;
            let ruled = slots.as_ref().is_some_and(|slots| slots.rules.decide_about(key));
            let open = open.as_ref().filter(|_| ruled).and_then(|open| open.field(key.as_str()));
            let open = open.filter(|open| open.editable);
            let control = match open {
                Some(open) => Control::ruled(card, open, field, attempt),
                None if field.editable => Control::of(card, field, attempt),
                None if field.hidden || field.absent => continue,
                None => {
                    settings.push(Setting::of(field));
                    continue;
                }
            };
            let here = field.opt.section.as_deref().filter(|_| by_hand);
            let first = here.filter(|here| section != Some(*here));
            section = here;
            controls.push(Control { section: first, ..control });
        }
        let ruled = slots.filter(|_| !controls.is_empty());
        Self {
            id: Attempt::posted(attempt, &card.id),
            dom: dom_id(&card.id),
            by_hand,
            title: &card.title,
            last_used: form.last_used.as_ref() == Some(&card.id),
            own_badges: own_badges(offer, form),
            from: card.from.map(|from| format!("{} {}", from.word(), from.title())),
            facts: if by_hand { vec![] } else { card.fields.iter().filter_map(fact).take(FACTS).collect() },
            description: card.description,
            unavailable: match &card.state {
                State::Unavailable(reason) => Some(sentence(reason)),
                State::Ok | State::Adjusted(_) => None,
            },
            adjusted: match &card.state {
                State::Adjusted(changes) => changes,
                State::Ok | State::Unavailable(_) => &[],
            },
            notes: card.notes.iter().map(|note| sentence(note)).collect(),
            ruled: ruled.map(|slots| Ruled { slots: in_single_quotes(&slots.json()), rules: slots.rules }),
            controls,
            settings,
            choice: "",
        }
    }

    /// The same card, open and perhaps where the page begins.
    pub fn chosen(self, chosen: bool, focused: bool) -> Self {
        Self { choice: choice(chosen, focused), ..self }
    }

    /// The same card for anybody: `mark` stands where it says that it is chosen, and where the person's badges are.
    pub fn for_anybody(self, mark: &'static str) -> Self {
        Self { choice: mark, own_badges: mark, ..self }
    }

    /// What describes the radio to somebody who does not see the card.
    pub fn described_by(&self) -> Option<String> {
        let has_line = self.unavailable.is_some() || !self.facts.is_empty();
        has_line.then(|| format!("{}.line", self.dom))
    }
}

/// Attributes of the radio of a card.
pub(super) fn choice(chosen: bool, focused: bool) -> &'static str {
    match (chosen, focused) {
        (true, true) => " checked autofocus",
        (true, false) => " checked",
        (false, _) => "",
    }
}

/// What the person made of a card, as HTML.
pub(super) fn own_badges(offer: &Offer<'_>, form: &Form<'_>) -> &'static str {
    let is = |special: &Option<CardId>| special.as_ref() == Some(&offer.id);
    match (is(&form.own_default), is(&form.last_used)) {
        (true, true) => concat!(
            r#" <span class="pz-badge">Your default</span>"#,
            r#" <span class="pz-badge">Last used</span>"#
        ),
        (true, false) => r#" <span class="pz-badge">Your default</span>"#,
        (false, true) => r#" <span class="pz-badge">Last used</span>"#,
        (false, false) => "",
    }
}

impl<'a> Setting<'a> {
    fn of(field: &'a Field<'_>) -> Self {
        let kind = &field.opt.kind;
        let value = kind.label(&field.value);
        let reason = field.because.last().map(|last| {
            let reason = last.said();
            let left = last.left();
            if left == value { reason } else { format!("Limit: {left} ({reason})") }
        });
        let value = if value.is_empty() { "none".to_owned() } else { value.into_owned() };
        Self { label: &field.opt.label, value, reason }
    }
}

/// A value that speaks without its label, or with it where it would not.
fn fact(field: &Field<'_>) -> Option<String> {
    let opt = field.opt;
    if !opt.in_summary || field.hidden || field.absent {
        return None;
    }
    let value = opt.kind.label(&field.value);
    match (&opt.kind, &field.value) {
        (Kind::Flag, Value::Flag(on)) => on.then(|| opt.label.clone()),
        (_, Value::List(items)) if items.is_empty() => None,
        // `0 GPUs` would take the place of something that is there.
        (_, Value::Amount(0)) => None,
        (Kind::Amount { measure: Measure::Integer | Measure::Decimal, unit: None, .. }, _) => {
            Some(format!("{}: {value}", opt.label))
        }
        _ => Some(value.into_owned()).filter(|value| !value.is_empty()),
    }
}
