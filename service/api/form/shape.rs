//! The effective form as the API writes it: each option with what may be chosen, and why no more.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Any;
use utoipa::ToSchema;

use super::words;
use crate::api::groups::standing;
use crate::desk::forms::{Look, View};
use crate::effective::{Acting, Card, Content, Counts as Counted, Field, Form, Offer, State as Standing};
use crate::groups::Membership;
use crate::trims::Reason;

/// What one person may start, with every limit and its reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct EffectiveForm {
    pub user: String,
    /// Empty for the default server.
    pub server: String,
    /// The instant the form is of.
    pub at: DateTime<Utc>,
    /// What to know of how this came about, for people.
    pub notes: Vec<String>,
    /// Of the site's content.
    pub revision: i64,
    /// How well their groups are known, the worst of all sources: `fresh`, `stale` or `unknown`.
    pub groups_standing: &'static str,
    /// Those of the site that they are in: the first stands highest.
    pub groups: Vec<FormGroup>,
    /// What they act in; none: nothing in particular.
    pub context: Option<FormContext>,
    /// What they could act in instead, with this one.
    pub contexts: Vec<FormContext>,
    pub profiles: Vec<FormProfile>,
    /// What Enter starts; none where nothing can be started.
    pub chosen: Option<String>,
    /// The chosen one first.
    pub cards: Vec<FormCard>,
    /// Of the chosen card.
    pub counts: Counts,
}

/// A group that counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormGroup {
    pub key: String,
    pub title: String,
    /// Where its members are listed: `ldap`, `hub` or `file`.
    pub source: String,
    /// How well the source answered: `fresh`, or `stale` where it does not answer now.
    pub standing: &'static str,
    /// When it said so; none for what came with the request.
    pub checked_at: Option<DateTime<Utc>>,
    /// How long ago that was, in seconds.
    pub age: Option<i64>,
}

/// What somebody acts in.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormContext {
    /// As the query names it.
    pub key: String,
    /// `group`, `course`, `workshop` or `hackathon`.
    pub kind: &'static str,
    pub title: String,
    /// Of an event: where it stands, as `open until 17:00 (Europe/Berlin)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A profile of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormProfile {
    pub key: String,
    pub title: String,
    /// Whether every option of it may be chosen by hand.
    pub open: bool,
    /// Whether any of the cards starts it.
    pub offered: bool,
}

/// A preset as they may use it; or, by `~` and a profile's key, every option chosen by hand.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormCard {
    pub id: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The group or event it belongs to.
    pub from: Option<FormContext>,
    /// In whose context it starts.
    pub context: Option<FormContext>,
    pub profile: String,
    /// Of the preset; 0 where every option is chosen by hand.
    pub version: i64,
    /// `ok`; `adjusted`: it starts, with `changes`; `unavailable`: it does not, `why` says why.
    pub state: &'static str,
    /// What it had to give up to fit, for people.
    pub changes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What holds although somebody says otherwise, for people.
    pub notes: Vec<String>,
    /// They hid it: it starts all the same.
    pub hidden: bool,
    /// Every option of the profile, in its order; empty where the card is unavailable.
    pub options: Vec<FormOption>,
    pub counts: Counts,
}

/// One option of a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormOption {
    pub key: String,
    /// `choice`, `multi`, `modules`, `integer`, `decimal`, `duration`, `memory`, `boolean` or `text`.
    pub kind: &'static str,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it holds unless somebody changes it; null where it is absent.
    pub value: Any,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_label: Option<String>,
    /// What may be sent: a list of values, `min`, `max` and `step`, a `pattern`, or `items` and how many;
    /// null where it is absent.
    pub allowed: Any,
    /// The same for people.
    pub allowed_words: String,
    /// The choices that are left, with their labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<FormChoice>,
    pub editable: bool,
    /// A constant that is not even shown.
    pub hidden: bool,
    /// Neither offered nor set.
    pub absent: bool,
    /// Nothing is not enough.
    pub required: bool,
    /// Set to `value`: another one is refused.
    pub fixed: bool,
    /// Less is left than the catalogue has.
    pub narrowed: bool,
    /// How it came to what is left, broadest first; never empty where it is fixed, hidden, absent or narrowed.
    pub because: Vec<Because>,
}

/// A value to choose.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormChoice {
    pub value: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// One link of the chain that explains a limit.
#[derive(Debug, Serialize, ToSchema)]
pub struct Because {
    /// `the catalogue`, `the site`, `this preset`, or the title of a group or an event.
    pub owner: String,
    /// What was left after this link, in words.
    pub left: String,
    /// The owner's reason.
    pub reason: String,
    /// The rule that says so, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Until when, in words, where it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// How much there is to look at, of how much there is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counts {
    /// Options to fill in.
    pub fields_shown: usize,
    pub fields_in_catalogue: usize,
    /// Values in the lists among them.
    pub choices_shown: usize,
    pub choices_in_catalogue: usize,
}

impl EffectiveForm {
    /// What `view` shows; `notes` stand first. None where it is about a card that is not there.
    pub fn of(view: &View, notes: Vec<String>, look: &Look<'_>) -> Option<Self> {
        let Look { content, form, membership, at, card, .. } = *look;
        let only = match (&view.card, card) {
            (Some(_), None) => return None,
            (_, card) => card.map(|card| &card.id),
        };
        let wanted = |offer: &&Offer<'_>| only.is_none_or(|only| offer.id == *only);
        let shown = form.cards.iter().filter(wanted).map(|card| FormCard::of(content, card, at, false));
        let put_away = form.put_away.iter().filter(wanted).map(|card| FormCard::of(content, card, at, true));
        let profiles = content.catalogue.profiles.iter();
        let context = |acting| FormContext::of(acting, at);
        Some(Self {
            user: view.person.to_string(),
            server: view.server_name.clone(),
            at,
            notes: notes.into_iter().chain(form.notices.iter().map(words::of_notice)).collect(),
            revision: content.revision,
            groups_standing: standing(membership.standing()),
            groups: groups(form, membership, at),
            context: form.context.map(context),
            contexts: form.contexts.iter().copied().map(context).collect(),
            profiles: profiles
                .map(|profile| FormProfile {
                    key: profile.key.to_string(),
                    title: profile.title.clone(),
                    open: profile.open,
                    offered: form.starts(&profile.key),
                })
                .collect(),
            chosen: form.chosen.as_ref().map(ToString::to_string),
            cards: shown.chain(put_away).collect(),
            counts: form.counts(content).into(),
        })
    }
}

fn groups(form: &Form<'_>, membership: &Membership, at: DateTime<Utc>) -> Vec<FormGroup> {
    let told = |group: &&crate::effective::Group| {
        let source = membership.sources.iter().find(|state| state.source == group.from.source);
        let checked_at = source.and_then(|state| state.checked_at);
        FormGroup {
            key: group.key.to_string(),
            title: group.title.clone(),
            source: group.from.source.as_str().to_owned(),
            standing: standing(source.map_or(crate::groups::Standing::Fresh, |state| state.standing)),
            checked_at,
            age: checked_at.map(|checked_at| (at - checked_at).num_seconds().max(0)),
        }
    };
    form.groups.iter().map(told).collect()
}

impl FormContext {
    fn of(acting: Acting<'_>, now: DateTime<Utc>) -> Self {
        let (kind, title) = (acting.word(), acting.title().to_owned());
        let state = match acting {
            Acting::Event(event, _) => Some(event.words(now)),
            Acting::Group(_) => None,
        };
        Self { key: acting.context().to_string(), kind, title, state }
    }
}

impl FormCard {
    fn of(content: &Content, card: &Card<'_>, now: DateTime<Utc>, hidden: bool) -> Self {
        let context = |acting| FormContext::of(acting, now);
        let (state, changes, why) = match &card.state {
            Standing::Ok => ("ok", vec![], None),
            Standing::Adjusted(changes) => ("adjusted", changes.clone(), None),
            Standing::Unavailable(why) => ("unavailable", vec![], Some(why.clone())),
        };
        Self {
            id: card.id.to_string(),
            title: card.title.clone(),
            description: card.description.map(str::to_owned),
            from: card.from.map(context),
            context: card.context.map(context),
            profile: card.profile.key.to_string(),
            version: card.version,
            state,
            changes,
            why,
            notes: card.notes.clone(),
            hidden,
            options: card.fields.iter().map(FormOption::of).collect(),
            counts: Counted::of(content, Some(card)).into(),
        }
    }
}

impl FormOption {
    fn of(field: &Field<'_>) -> Self {
        let (opt, kind) = (field.opt, &field.opt.kind);
        let there = !field.absent;
        Self {
            key: opt.key.to_string(),
            kind: kind.type_word(),
            label: opt.label.clone(),
            help: opt.help.clone(),
            link: opt.link.clone(),
            section: opt.section.clone(),
            unit: kind.unit().map(str::to_owned),
            value: if there { kind.json(&field.value) } else { Any::Null },
            value_label: there.then(|| kind.label(&field.value).into_owned()),
            allowed: if there { field.allowed.json(kind) } else { Any::Null },
            allowed_words: if there { field.allowed.describe(kind) } else { "nothing".to_owned() },
            choices: words::choices(field),
            editable: field.editable,
            hidden: field.hidden,
            absent: field.absent,
            required: field.required,
            fixed: there && !field.editable,
            narrowed: field.is_narrowed(),
            because: field.chain().iter().map(|because| because.told().into()).collect(),
        }
    }
}

impl From<Reason> for Because {
    fn from(because: Reason) -> Self {
        let Reason { owner, left, reason, rule, until } = because;
        Self { owner, left, reason, rule: rule.map(|rule| rule.to_string()), until }
    }
}

impl From<Counted> for Counts {
    fn from(counted: Counted) -> Self {
        let Counted { fields_shown, fields_in_catalogue, choices_shown, choices_in_catalogue } = counted;
        Self { fields_shown, fields_in_catalogue, choices_shown, choices_in_catalogue }
    }
}
