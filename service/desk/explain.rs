//! Why somebody sees what they see: groups, cards, and the chain of limits behind each option.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::Desk;
use super::forms::View;
use super::presets::NotDone;
use crate::catalogue::Key;
use crate::directory::Purpose;
use crate::effective::{Content, Form, Notice, State};
use crate::groups::{Membership, Username};

impl Desk {
    /// What a person is offered, and why, as lines for a terminal. `at`: at another instant than now.
    ///
    /// # Errors
    /// As [`Desk::look`].
    pub async fn explain(
        &self,
        person: Username,
        hub_groups: &[String],
        at: Option<DateTime<Utc>>,
    ) -> Result<String, NotDone> {
        let view = View { hub_groups: hub_groups.to_vec(), ..View::of(person, at) };
        self.look_at(&view, Purpose::Start, |look| {
            let mut text = String::new();
            if at.is_some() {
                let _ = writeln!(text, "at {}, with today's memberships", look.at.to_rfc3339());
            }
            text + &explain(look.content, look.form, look.membership)
        })
        .await
    }
}

/// The explanation, as lines for a terminal.
fn explain(content: &Content, form: &Form<'_>, membership: &Membership) -> String {
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
