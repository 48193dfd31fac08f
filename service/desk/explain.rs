//! Why somebody sees what they see: groups, cards, and the chain of limits behind each option.

use std::fmt::Write as _;

use crate::catalogue::Key;
use crate::effective::{Content, Form, Notice, State};
use crate::groups::Membership;

/// The explanation, as lines for a terminal.
pub fn explain(content: &Content, form: &Form<'_>, membership: &Membership) -> String {
    let mut text = String::new();
    groups(&mut text, form, membership);
    let _ = match form.context {
        Some(context) => writeln!(text, "context: {}", context.context()),
        None => writeln!(text, "context: none"),
    };
    if form.notices.contains(&Notice::GroupsUnknown { refused: true }) {
        let _ =
            writeln!(text, "nothing is offered: the groups are unknown, and this site refuses without them");
    }
    let (asked, offered) = counts(content, form);
    let _ = writeln!(text, "fields asked in the chosen card: {asked} of {offered} in the catalogue");
    for card in &form.cards {
        let chosen = if Some(&card.id) == form.chosen.as_ref() { " (chosen)" } else { "" };
        let from =
            card.from.map(|from| format!(", from {} {}", from.word(), from.title())).unwrap_or_default();
        let _ = writeln!(text, "\n{} — {}{from}{chosen}", card.id, card.title);
        match &card.state {
            State::Ok => {}
            State::Adjusted(changes) => drop(writeln!(text, "  adjusted: {}", changes.join("; "))),
            State::Unavailable(reason) => drop(writeln!(text, "  not available: {reason}")),
        }
        for note in &card.notes {
            let _ = writeln!(text, "  overruled: {note}");
        }
        for field in &card.fields {
            let kind = &field.opt.kind;
            let value = kind.label(&field.value);
            let says = match (field.editable, field.hidden) {
                _ if field.absent => "not offered".to_owned(),
                (true, _) => format!("choose {}; preset to {value}", field.allowed.describe(kind)),
                (false, true) => format!("hidden, {value}"),
                (false, false) => value,
            };
            let _ = write!(text, "  {}: {says}", field.opt.label);
            for because in &field.because {
                let _ = write!(text, " ← {} ({})", because.left, because.said());
            }
            text.push('\n');
        }
    }
    text
}

fn groups(text: &mut String, form: &Form<'_>, membership: &Membership) {
    for source in &membership.sources {
        let age = source
            .checked_at
            .map_or_else(|| "never answered".to_owned(), |at| format!("checked {}", at.to_rfc3339()));
        let standing = format!("{:?}", source.standing).to_lowercase();
        let _ = writeln!(text, "source {}: {standing}, {age}", source.source.as_str());
    }
    for id in &membership.groups {
        let known: Vec<&Key> =
            form.groups.iter().filter(|group| group.from == *id).map(|group| &group.key).collect();
        let known = match known.as_slice() {
            [] => "not used by this site".to_owned(),
            keys => keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", "),
        };
        let _ = writeln!(text, "group {} in {}: {known}", id.id.escape_debug(), id.source.as_str());
    }
    if membership.groups.is_empty() {
        let _ = writeln!(text, "no groups");
    }
}

/// How many fields the chosen card asks, of how many there are: the product in two numbers.
fn counts(content: &Content, form: &Form<'_>) -> (usize, usize) {
    let chosen = form.chosen.as_ref().and_then(|id| form.card(id));
    let asked = chosen.map_or(0, |card| card.fields.iter().filter(|field| field.editable).count());
    (asked, content.catalogue.options.len())
}
