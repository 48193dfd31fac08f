//! What the effective form says beside its numbers: notices as sentences, choices with their labels.

use chrono::SecondsFormat;

use super::shape::FormChoice;
use crate::catalogue::SOMEBODY;
use crate::effective::{Field, Notice};

/// What to know of somebody else's form.
pub fn of_a_view(at_another_instant: bool) -> Vec<String> {
    let moved = "Memberships are as they are known today, not as they will be or were at that instant.";
    let hub = "Groups that the hub itself keeps are not known here: only those of directories count.";
    let moved = at_another_instant.then(|| moved.to_owned());
    moved.into_iter().chain([hub.to_owned()]).collect()
}

/// A notice as a sentence.
pub fn of_notice(notice: &Notice) -> String {
    match notice {
        Notice::ContentStale { as_of, contact } => {
            let as_of = as_of.to_rfc3339_opts(SecondsFormat::Secs, true);
            let ask = contact.as_deref().unwrap_or(SOMEBODY);
            format!(
                "The database does not answer now: this is as of {as_of}, and none of it starts. \
                 If that lasts, ask {ask}."
            )
        }
        Notice::GroupsUnknown { refused: true } => {
            "The directory has never answered for this person, and this site starts nothing without it."
                .to_owned()
        }
        Notice::GroupsUnknown { refused: false } => {
            "The directory has never answered for this person: this is what everybody gets.".to_owned()
        }
        Notice::GroupsStale { checked_at } => {
            format!("The directory does not answer now; groups are as of {}.", checked_at.to_rfc3339())
        }
        Notice::Broken { title, reason, instead, used } => {
            let what = if *used { "What was used last" } else { "The default" };
            let instead = instead.as_ref().map(|title| format!(" “{title}” is chosen in its place."));
            format!("{what}, “{title}”, can't start: {reason}.{}", instead.unwrap_or_default())
        }
        Notice::SeveralEvents { titles } => {
            format!("Several events run now: {}. Choose what to start.", titles.join(", "))
        }
        Notice::NoPresets => "There are no presets: every option is chosen by hand.".to_owned(),
    }
}

/// The listed values that are left to choose from.
pub fn choices(field: &Field<'_>) -> Vec<FormChoice> {
    if field.absent {
        return vec![];
    }
    let (kind, allowed) = (&field.opt.kind, &field.allowed);
    (kind.choices().iter())
        .filter(|choice| allowed.has_item(&choice.value))
        .map(|choice| FormChoice {
            value: choice.value.to_string(),
            label: choice.label.clone(),
            help: choice.help.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Notice, of_notice};

    #[test]
    fn a_form_without_the_database_says_since_when_and_whom_to_ask() {
        let told = |contact: Option<&str>| {
            let as_of = "2026-12-01T09:05:07.25Z".parse().expect("an instant");
            of_notice(&Notice::ContentStale { as_of, contact: contact.map(str::to_owned) })
        };
        assert_eq!(
            told(Some("hpc-support@example.org")),
            "The database does not answer now: this is as of 2026-12-01T09:05:07Z, and none of it starts. \
             If that lasts, ask hpc-support@example.org."
        );
        assert!(told(None).ends_with("ask whoever looks after this hub."), "{}", told(None));
    }
}
