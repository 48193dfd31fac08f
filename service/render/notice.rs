//! What the person should know before choosing, in the words of the page.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::catalogue::SOMEBODY;
use crate::effective::{Form, Notice};

/// One note. The sentences stand in the template.
pub(super) enum Note<'a> {
    /// The database does not answer: nothing of the page starts.
    Away {
        /// For machines: RFC 3339.
        instant: String,
        /// Where there is no script to tell the viewer's own time.
        clock: String,
        contact: &'a str,
    },
    /// A link led to this card, and it waits for Start.
    Followed { title: &'a str },
    /// Nothing can be started, because the groups are unknown.
    Refused,
    /// Only what everybody gets is shown.
    GroupsUnknown,
    /// The groups are as of then.
    Stale { instant: String, clock: String },
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
        Notice::ContentStale { as_of, contact } => Some(Note::Away {
            instant: instant(as_of),
            clock: clock(as_of),
            contact: contact.as_deref().unwrap_or(SOMEBODY),
        }),
        Notice::GroupsUnknown { refused: true } => Some(Note::Refused),
        Notice::GroupsUnknown { refused: false } => Some(Note::GroupsUnknown),
        Notice::GroupsStale { checked_at } => {
            Some(Note::Stale { instant: instant(checked_at), clock: clock(checked_at) })
        }
        Notice::Broken { title, reason, instead, used } => {
            Some(Note::Broken { used: *used, title, reason, instead: instead.as_deref() })
        }
        Notice::SeveralEvents { titles } => Some(Note::SeveralEvents { titles: titles.join(" and ") }),
        // Stands below the cards: it is no warning.
        Notice::NoPresets => None,
    };
    form.notices.iter().filter_map(note).collect()
}

fn instant(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn clock(at: &DateTime<Utc>) -> String {
    at.format("%H:%M UTC").to_string()
}
