//! The use cases: the form for alice at 9:05, what her start means, a site file applied, a why.

pub mod accounts;
pub mod apply;
mod away;
pub mod breakage;
pub mod catalogues;
mod changing;
pub mod difference;
pub mod erasure;
pub mod events;
pub mod explain;
pub mod forms;
pub mod front;
pub mod groups;
mod keeping;
pub mod people;
mod pinned;
pub mod presets;
pub mod records;
pub mod refusals;
pub mod session;
pub mod shown;
pub mod sign_in;
pub mod starts;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::catalogue::{Fault, Key};
use crate::clock::SharedClock;
use crate::config::UnknownPeople;
use crate::directory::{Memberships, Purpose};
use crate::effective::{Content, Context, Person, Unknown, Wish, effective};
use crate::groups::{Membership, Username};
use crate::presets::{Preferences, Selection as LastUsed};
use crate::render;
use crate::resolve::{Asked, Refusal, Resolution, resolve};
use crate::site::Site;
use crate::store::accounts::Account;
use crate::store::decisions::{Decision, Outcome};
use crate::store::person;
use crate::store::selections::Selection;
use crate::store::{Store, StoreError};

/// So many levels of what was sent are recorded; the store takes a few more.
const DEEPEST: u8 = 90;
/// How long a form waits for what the person used last: without it, it is only less handy.
const RECALL: Duration = Duration::from_millis(300);
/// How long a start waits for its record; with a second for the directory, the plugin's two hold.
const RECORD: Duration = Duration::from_millis(850);

/// Where the use cases are at home.
pub struct Desk {
    pub site: Arc<Site>,
    pub store: Store,
    pub memberships: Memberships,
    pub clock: SharedClock,
    pub prefix: String,
    /// Where the form finds our files from the hub's page: `prefix`, after our origin where it is not the hub's.
    pub files: String,
    pub unknown_people: Option<UnknownPeople>,
    /// Cards rendered before.
    pub shelf: render::Shelf,
    pub refusals: refusals::Tally,
}

/// Somebody at the hub who wants a server.
#[derive(Debug, Clone)]
pub struct Caller {
    pub person: Username,
    /// Their account, as the hub's plugin tells of it; none where nobody told.
    pub account: Option<Account>,
    pub server_name: String,
    pub hub_groups: Vec<String>,
    pub request_id: Option<String>,
}

/// What is known of somebody as they ask.
struct Known {
    membership: Membership,
    last: Option<LastUsed>,
    preferences: Option<Preferences>,
}

/// A start that was decided and recorded.
pub struct Start {
    pub decision: Uuid,
    pub resolution: Resolution,
}

/// Why there is no form or no start.
#[derive(Debug)]
pub enum NoAnswer {
    Refused(Refusal),
    /// The database has not answered since this process began, or for a day, or cannot record the start.
    Unavailable(String),
}

impl Desk {
    /// Decides a start, whichever way it was asked for, and keeps the decision before it is told.
    ///
    /// # Errors
    /// The refusal, which is kept too; or [`NoAnswer::Unavailable`] where it cannot be kept.
    pub async fn start(&self, caller: &Caller, options: &Json) -> Result<Start, NoAnswer> {
        // First: what is an earlier account's is in no content that is read afterwards.
        let mut known = self.what_is_known(caller, Purpose::Start).await?;
        let (content, asked) = self.content_for(Asked::read(options)).await?;
        // What was chosen last time fills in the form; a start is what it asks for, and nothing beside it.
        if let Some(last) = &mut known.last {
            last.values.clear();
        }
        let wished = asked.as_ref().ok().and_then(Asked::wish);
        let form = effective(&content, self.person(&content, caller, &known, wished.as_ref()));
        let outcome = asked.and_then(|asked| resolve(&content, &form, &asked));
        let decision = self.decision(caller, options, &known, &content, &outcome);
        let id = decision.id;
        let selection = outcome.as_ref().ok().map(|resolution| self.selection(caller, resolution));
        let recorded = within(RECORD, self.store.record_start(decision, selection)).await;
        match (outcome, recorded) {
            (Ok(resolution), Ok(())) => Ok(Start { decision: id, resolution }),
            (Ok(_), Err(trouble)) => Err(NoAnswer::Unavailable(trouble)),
            (Err(refusal), recorded) => {
                if let Err(trouble) = recorded {
                    tracing::error!("a refusal could not be recorded: {trouble}");
                }
                Err(NoAnswer::Refused(refusal))
            }
        }
    }

    fn content(&self) -> Result<Arc<Content>, NoAnswer> {
        let away = || NoAnswer::Unavailable("the database has not answered yet, or not for a day".to_owned());
        self.site.content().ok_or_else(away)
    }

    async fn what_is_known(&self, caller: &Caller, purpose: Purpose) -> Result<Known, NoAnswer> {
        let now = self.clock.now();
        let recall = self.store.person(&caller.person);
        let membership = self.memberships.of(&caller.person, &caller.hub_groups, purpose, now);
        let (membership, kept) = tokio::join!(membership, within(RECALL, recall));
        let kept = match kept {
            Ok(kept) => self.of_the_account(caller, kept, purpose).await?,
            Err(trouble) => {
                tracing::warn!("what was used last, and what is preferred, is not known: {trouble}");
                person::Person::default()
            }
        };
        Ok(Known {
            membership,
            last: kept.last_on(&caller.server_name).map(remembered),
            preferences: kept.preferences.map(|kept| Preferences::kept(&kept.document)),
        })
    }

    fn person<'a>(
        &self,
        content: &Content,
        caller: &'a Caller,
        known: &'a Known,
        wished: Option<&'a Wish>,
    ) -> Person<'a> {
        Person {
            name: &caller.person,
            membership: &known.membership,
            last: known.last.as_ref(),
            preferences: known.preferences.as_ref(),
            server: &caller.server_name,
            unknown: unknown_people(self.unknown_people, content),
            wished,
            now: self.clock.now(),
        }
    }

    fn decision(
        &self,
        caller: &Caller,
        options: &Json,
        known: &Known,
        content: &Content,
        outcome: &Result<Resolution, Refusal>,
    ) -> Decision {
        let (now, Known { membership, last, preferences }) = (self.clock.now(), known);
        let limits = match outcome {
            Ok(resolution) => resolution
                .reasons
                .iter()
                .map(|(option, because)| json!({ "option": option, "because": because }))
                .collect(),
            Err(refusal) => refused_because(refusal),
        };
        Decision {
            id: Decision::id_at(now),
            at: now,
            person: caller.person.clone(),
            server_name: keepable(&caller.server_name),
            asked: keepable_json(options),
            outcome: outcome.as_ref().map_or(Outcome::Refused, |given| Outcome::Given(as_given(given))),
            // Groups of the hub have whatever names the hub lets them have.
            reasons: keepable_json(&json!({
                "revision": content.revision,
                "groups": membership.groups,
                "site_groups": site_groups(content, membership),
                "sources": membership.sources,
                "usual": {
                    "default": preferences.as_ref().and_then(|set| set.default_on(&caller.server_name)),
                    "last_used": last.as_ref().map(|last| &last.card),
                    "context": last.as_ref().and_then(|last| last.context.as_ref()).map(ToString::to_string),
                },
                "limits": limits,
            })),
            request_id: caller.request_id.clone(),
        }
    }

    fn selection(&self, caller: &Caller, resolution: &Resolution) -> Selection {
        Selection {
            person: caller.person.clone(),
            server_name: caller.server_name.clone(),
            context: resolution.context.as_ref().map(ToString::to_string).unwrap_or_default(),
            preset: resolution.card.to_string(),
            chosen_values: json!(resolution.chosen),
            at: self.clock.now(),
        }
    }
}

/// What somebody gets whose groups nobody can tell: as the site says; where it says nothing,
/// nothing if any group restricts its members (design §3.11).
fn unknown_people(setting: Option<UnknownPeople>, content: &Content) -> Unknown {
    match setting {
        Some(UnknownPeople::Baseline) => Unknown::Baseline,
        Some(UnknownPeople::Refuse) => Unknown::Refuse,
        None if content.has_policies => Unknown::Refuse,
        None => Unknown::Baseline,
    }
}

async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, String> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err("the database did not answer in time".to_owned()),
    }
}

fn remembered(selection: &Selection) -> LastUsed {
    let values = selection.chosen_values.as_object().into_iter().flatten();
    let values =
        values.filter_map(|(key, value)| Some((Key::try_from(key.as_str()).ok()?, value.clone()))).collect();
    let context = Context::read(&selection.context);
    LastUsed { card: selection.preset.clone(), context, values }
}

fn as_given(resolution: &Resolution) -> Json {
    json!({
        "preset": resolution.card.to_string(),
        "version": resolution.version,
        "context": resolution.context.as_ref().map(ToString::to_string),
        "backend": resolution.spawner,
        "values": resolution.given,
        "traits": resolution.traits,
        "environment": resolution.environment,
        "changes": resolution.changes,
    })
}

/// The groups of the site that counted, as the site calls them.
fn site_groups(content: &Content, membership: &Membership) -> Json {
    let groups = content.groups_of(membership);
    groups.into_iter().map(|group| json!({ "key": group.key, "source": group.from.source })).collect()
}

fn refused_because(refusal: &Refusal) -> Json {
    match refusal {
        Refusal::NotOffered { sentence } => json!([{ "code": "not-offered", "detail": sentence }]),
        Refusal::GroupsUnknown { sentence } => json!([{ "code": "groups-unknown", "detail": sentence }]),
        Refusal::Options { faults, .. } => faults.iter().map(without_nul).collect(),
    }
}

fn without_nul(fault: &Fault) -> Json {
    keepable_json(&json!(fault))
}

/// Text as both databases keep it: PostgreSQL has no U+0000, so it is shown as the mark for it.
fn keepable(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

/// A record of what was sent must not fail for what was sent.
fn keepable_json(json: &Json) -> Json {
    kept_to(json, DEEPEST)
}

fn kept_to(json: &Json, depth: u8) -> Json {
    match (json, depth.checked_sub(1)) {
        (Json::String(text), _) => Json::from(keepable(text)),
        (Json::Array(_) | Json::Object(_), None) => Json::from("…"),
        (Json::Array(items), Some(depth)) => items.iter().map(|item| kept_to(item, depth)).collect(),
        (Json::Object(map), Some(depth)) => {
            map.iter().map(|(key, value)| (keepable(key), kept_to(value, depth))).collect()
        }
        (other, _) => other.clone(),
    }
}
