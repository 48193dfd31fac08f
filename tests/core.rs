//! What the core promises: values in, values out, by the hundred.

mod acting;
mod agreement;
mod amounts;
mod ceilings;
mod centre;
mod events;
mod forms;
mod kept;
mod layers;
mod limits;
mod links;
mod mistakes;
mod preferences;
mod properties;
mod renewal;
mod schema;
mod shapes;
mod slips;
mod starts;
mod unions;
mod vectors;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeZone as _, Utc};
use jupyterhub_presets::config::yaml;
use jupyterhub_presets::effective::{Content, Form, Person, Unknown, effective, written};
use jupyterhub_presets::groups::{GroupId, Membership, SourceName, SourceState, Standing, Username};
use jupyterhub_presets::presets::{Preferences, Selection, Wish};
use jupyterhub_presets::resolve::{Asked, Refusal, Resolution, resolve};
use serde_json::{Value as Json, json};

const SITE: &str = include_str!("core/site.yaml");

pub fn content(yaml: &str) -> Content {
    let site = yaml::parse::<written::Site>(yaml, "site.yaml").unwrap().value;
    let (content, faults) = Content::check(&site, 1, &BTreeMap::new());
    assert!(faults.is_empty(), "{faults:#?}");
    content
}

/// `content`, although some of it no longer fits: as it is loaded, not as it is saved.
fn content_as_kept(yaml: &str) -> Content {
    let site = yaml::parse::<written::Site>(yaml, "site.yaml").unwrap().value;
    Content::check(&site, 1, &BTreeMap::new()).0
}

fn six() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 21, 6, 12, 0).unwrap()
}

/// Somebody in groups of the hub, which is the shortest way to be in a group.
pub struct Somebody {
    name: Username,
    pub membership: Membership,
    last: Option<Selection>,
    preferences: Option<Preferences>,
    server: &'static str,
    unknown: Unknown,
    wished: Option<Wish>,
    now: DateTime<Utc>,
}

pub fn somebody(groups: &[&str]) -> Somebody {
    let id = |name: &&str| GroupId { source: SourceName::hub(), id: (*name).into() };
    let groups: BTreeSet<GroupId> = groups.iter().map(id).collect();
    let membership = Membership { groups, sources: vec![] };
    Somebody {
        name: "alice".try_into().unwrap(),
        membership,
        last: None,
        preferences: None,
        server: "",
        unknown: Unknown::Baseline,
        wished: None,
        now: six(),
    }
}

impl Somebody {
    fn named(self, name: &str) -> Self {
        Self { name: name.try_into().unwrap(), ..self }
    }

    pub fn while_ldap_is(mut self, standing: Standing) -> Self {
        let checked_at = (standing != Standing::Unknown).then(six);
        self.membership.sources.push(SourceState { source: SourceName::ldap(), standing, checked_at });
        self
    }

    fn who_used(self, card: &str, values: &Json) -> Self {
        let values = values.as_object().unwrap().iter();
        let values = values.map(|(key, value)| (key.as_str().try_into().unwrap(), value.clone())).collect();
        Self { last: Some(Selection { card: card.to_owned(), context: None, values }), ..self }
    }

    fn who_prefers(self, preferences: &Json) -> Self {
        Self { preferences: Some(Preferences::kept(preferences)), ..self }
    }

    fn acting_in(self, context: &str) -> Self {
        Self { wished: Wish::read(context), ..self }
    }

    fn at(self, now: DateTime<Utc>) -> Self {
        Self { now, ..self }
    }

    fn on(self, server: &'static str) -> Self {
        Self { server, ..self }
    }

    pub fn form<'a>(&'a self, content: &'a Content) -> Form<'a> {
        let Self { name, membership, last, preferences, server, unknown, wished, now } = self;
        effective(
            content,
            Person {
                name,
                membership,
                last: last.as_ref(),
                preferences: preferences.as_ref(),
                server,
                unknown: *unknown,
                wished: wished.as_ref(),
                now: *now,
            },
        )
    }

    pub fn starts(&self, content: &Content, options: &Json) -> Result<Resolution, Refusal> {
        resolve(content, &self.form(content), &Asked::read(options)?)
    }
}

fn titles(form: &Form<'_>) -> Vec<String> {
    form.cards.iter().map(|card| card.title.clone()).collect()
}

fn preset(id: &str) -> Json {
    json!({ "preset": id })
}

#[expect(clippy::needless_pass_by_value, reason = "callers write it in place")]
fn with(id: &str, values: Json) -> Json {
    json!({ "preset": id, "values": values })
}

pub fn sentence(refused: Result<Resolution, Refusal>) -> String {
    match refused.expect_err("it is refused") {
        Refusal::NotOffered { sentence }
        | Refusal::GroupsUnknown { sentence }
        | Refusal::Options { sentence, .. } => sentence,
    }
}
