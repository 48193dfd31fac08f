//! A small site, the people of it, and the fragment each of them gets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use jupyterhub_presets::catalogue::Key;
use jupyterhub_presets::effective::{Content, Form, Person, Unknown, effective};
use jupyterhub_presets::groups::{GroupId, Membership, SourceName, SourceState, Standing, Username};
use jupyterhub_presets::presets::{Selection, Wish};
use jupyterhub_presets::render::{Attempt, Page, fragment};
use jupyterhub_presets::resolve::{Asked, Refusal, resolve};
use serde_json::{Value as Json, json};

/// Two groups, six presets that everybody in both sees, one of them broken.
pub const SITE: &str = include_str!("site.yaml");

/// A site as written; faults are the caller's to expect.
pub fn content(yaml: &str) -> Content {
    let written = serde_saphyr::from_str(yaml).expect("a readable site");
    Content::check(&written, 41, &BTreeMap::new()).0
}

/// A site without a single fault.
pub fn sound_content(yaml: &str) -> Content {
    let written = serde_saphyr::from_str(yaml).expect("a readable site");
    let (content, faults) = Content::check(&written, 41, &BTreeMap::new());
    assert!(faults.is_empty(), "{faults:#?}");
    content
}

pub struct Visitor {
    name: Username,
    membership: Membership,
    last: Option<Selection>,
    unknown: Unknown,
    wished: Option<Wish>,
    now: DateTime<Utc>,
}

impl Visitor {
    /// Somebody in these groups of the file source.
    pub fn of(groups: &[&str]) -> Self {
        let source = SourceName::file;
        Self {
            name: "alice".try_into().expect("a name"),
            membership: Membership {
                groups: groups.iter().map(|id| GroupId { source: source(), id: (*id).into() }).collect(),
                sources: vec![],
            },
            last: None,
            unknown: Unknown::Baseline,
            wished: None,
            now: DateTime::UNIX_EPOCH,
        }
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.try_into().expect("a name"), ..self }
    }

    pub fn who_used(self, card: &str, values: Json) -> Self {
        let values: BTreeMap<Key, Json> = serde_json::from_value(values).expect("options");
        Self { last: Some(Selection { card: card.to_owned(), context: None, values }), ..self }
    }

    pub fn with_directory(mut self, standing: Standing, checked_at: Option<DateTime<Utc>>) -> Self {
        self.membership.sources = vec![SourceState { source: SourceName::file(), standing, checked_at }];
        self
    }

    pub fn acting_in(self, context: &str) -> Self {
        Self { wished: Wish::read(context), ..self }
    }

    pub fn at(self, now: DateTime<Utc>) -> Self {
        Self { now, ..self }
    }

    pub fn refused_when_unknown(self) -> Self {
        Self { unknown: Unknown::Refuse, ..self }
    }

    pub fn form<'a>(&'a self, content: &'a Content) -> Form<'a> {
        let Self { name, membership, last, unknown, wished, now } = self;
        effective(
            content,
            Person {
                name,
                membership,
                last: last.as_ref(),
                preferences: None,
                server: "",
                unknown: *unknown,
                wished: wished.as_ref(),
                now: *now,
            },
        )
    }

    pub fn fragment(&self, content: &Content) -> String {
        fragment(&self.form(content), &page(None))
    }

    /// The fragment after trying to start `card` with `values`, which must have been refused.
    pub fn fragment_after(&self, content: &Content, card: &str, values: &[(&str, &str)]) -> String {
        let form = self.form(content);
        let attempt = attempt(content, &form, card, values);
        fragment(&form, &page(Some(attempt)))
    }
}

/// What the desk makes of a refused start.
pub fn attempt(content: &Content, form: &Form<'_>, card: &str, values: &[(&str, &str)]) -> Attempt {
    let typed: BTreeMap<String, String> =
        values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let asked = Asked::read(&json!({ "preset": card, "values": typed })).expect("well-formed options");
    let (sentence, faults) = match resolve(content, form, &asked).expect_err("a refusal") {
        Refusal::Options { sentence, faults } => (sentence, faults),
        Refusal::NotOffered { sentence } | Refusal::GroupsUnknown { sentence } => (sentence, vec![]),
    };
    Attempt { card: Some(card.to_owned()), typed, faults, sentence, ..Attempt::default() }
}

pub fn page(attempt: Option<Attempt>) -> Page {
    let files = "/services/presets/".to_owned();
    Page { files, revision: 41, keep: None, elsewhere: false, attempt }
}
