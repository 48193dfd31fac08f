//! While the database does not answer: forms are as they were last, and say so (requirement R96).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Desk;
use crate::effective::{Content, Form, Notice, Person, effective};

/// What is looked at twice a second is only so old where the database does not answer.
const UNSEEN: Duration = Duration::from_secs(5);

impl Desk {
    /// The form for `person` as it is shown: first of all it says how old it is, where nothing of it starts.
    pub(super) fn form_of<'a>(&self, content: &'a Content, person: Person<'a>) -> Form<'a> {
        let mut form = effective(content, person);
        let contact = content.contact.as_deref();
        if let Some(notice) = notice(self.site.age(), contact, || self.clock.now()) {
            form.notices.insert(0, notice);
        }
        form
    }
}

/// What a form says of content that was last looked at `age` ago.
fn notice(age: Duration, contact: Option<&str>, now: impl FnOnce() -> DateTime<Utc>) -> Option<Notice> {
    let age = TimeDelta::from_std(age).ok().filter(|_| age >= UNSEEN)?;
    Some(Notice::ContentStale { as_of: now() - age, contact: contact.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_how_old_it_is_once_the_database_has_been_away_for_five_seconds() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let told =
            |millis| notice(Duration::from_millis(millis), Some("the desk"), || at("2026-12-01T09:05:00Z"));
        for millis in [0, 500, 4_999] {
            assert_eq!(told(millis), None, "{millis}");
        }
        let since =
            |text: &str| Some(Notice::ContentStale { as_of: at(text), contact: Some("the desk".to_owned()) });
        assert_eq!(told(5_000), since("2026-12-01T09:04:55Z"));
        assert_eq!(told(20 * 3_600_000), since("2026-11-30T13:05:00Z"));
    }
}
