//! Why somebody sees what they see: groups, cards, and the chain of limits behind each option.

use std::fmt::Write as _;

use super::Desk;
use super::forms::View;
use super::presets::NotDone;
use crate::catalogue::Key;
use crate::directory::Purpose;
use crate::effective::{Content, Form, Notice, State};
use crate::groups::Membership;

impl Desk {
    /// What a person is offered, and why, as lines for a terminal.
    ///
    /// # Errors
    /// As [`Desk::look`].
    pub async fn explain(&self, view: &View) -> Result<String, NotDone> {
        let explained = self.look_at(view, Purpose::Start, |look| {
            if !look.is_theirs {
                return None;
            }
            let mut text = String::new();
            if view.at.is_some() {
                let _ = writeln!(text, "at {}, with today's memberships", look.at.to_rfc3339());
            }
            Some(text + &explain(look.content, look.form, look.membership))
        });
        explained.await?.ok_or(NotDone::NotFound)
    }
}

/// The explanation, as lines for a terminal.
fn explain(content: &Content, form: &Form<'_>, membership: &Membership) -> String {
    let mut text = String::new();
    groups(&mut text, form, membership);
    let context = form.context.map_or_else(|| "none".to_owned(), |context| context.context().to_string());
    let others = form.contexts.iter().map(|acting| acting.context().to_string());
    let others: Vec<String> = others.filter(|other| *other != context).collect();
    let or = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(", ")) };
    let _ = writeln!(text, "context: {context}{or}");
    if form.notices.contains(&Notice::GroupsUnknown { refused: true }) {
        let _ =
            writeln!(text, "nothing is offered: the groups are unknown, and this site refuses without them");
    }
    let counts = form.counts(content);
    let _ = writeln!(
        text,
        "fields asked in the chosen card: {} of {} in the catalogue",
        counts.fields_shown, counts.fields_in_catalogue
    );
    let _ = writeln!(
        text,
        "choices in them: {} of {} in the catalogue",
        counts.choices_shown, counts.choices_in_catalogue
    );
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
                (false, false) => value.into_owned(),
            };
            let _ = write!(text, "  {}: {says}", field.opt.label);
            for because in field.chain() {
                let _ = write!(text, " ← {} ({})", because.left(), because.said());
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
