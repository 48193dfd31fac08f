//! What the person should know before choosing, in the words of the page.

use chrono::SecondsFormat;

use crate::effective::{Form, Notice};

/// One note. The sentences stand in the template.
pub(super) enum Note<'a> {
    /// Nothing can be started, because the groups are unknown.
    Refused,
    /// Only what everybody gets is shown.
    GroupsUnknown,
    Stale {
        /// For machines: RFC 3339.
        instant: String,
        /// Where there is no script to tell the viewer's own time.
        clock: String,
    },
    Broken {
        /// Used last, rather than a default.
        used: bool,
        title: &'a str,
        reason: &'a str,
        instead: Option<&'a str>,
    },
    /// The address names a group or event that is not theirs.
    Elsewhere,
    /// Several events run: nothing is chosen.
    SeveralEvents { titles: String },
}

/// The form's notices that stand above the cards, worst first.
pub(super) fn of<'a>(form: &'a Form<'_>) -> Vec<Note<'a>> {
    let note = |notice: &'a Notice| match notice {
        Notice::GroupsUnknown { refused: true } => Some(Note::Refused),
        Notice::GroupsUnknown { refused: false } => Some(Note::GroupsUnknown),
        Notice::GroupsStale { checked_at } => Some(Note::Stale {
            instant: checked_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            clock: checked_at.format("%H:%M UTC").to_string(),
        }),
        Notice::Broken { title, reason, instead, used } => {
            Some(Note::Broken { used: *used, title, reason, instead: instead.as_deref() })
        }
        Notice::SeveralEvents { titles } => Some(Note::SeveralEvents { titles: titles.join(" and ") }),
        // Stands below the cards: it is no warning.
        Notice::NoPresets => None,
    };
    form.notices.iter().filter_map(note).collect()
}
