//! One preset as one person may use it: each option with what it holds and what may be chosen.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::content::{Content, Group};
use crate::catalogue::{Allowed, Fault, Key, Nearest, Opt, Profile, Value};
use crate::presets::{Owner, Preset, Saved, lower_first};
use crate::trims::{Because, Statement, Trimmed};

/// What a card starts: a preset, or a profile of which every option is chosen by hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardId {
    Preset(Key),
    Open(Key),
}

impl CardId {
    /// Reads `pytorch` or `~cpu`.
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_prefix('~') {
            Some(profile) => Key::try_from(profile).ok().map(Self::Open),
            None => Key::try_from(text).ok().map(Self::Preset),
        }
    }
}

impl fmt::Display for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(id) => write!(f, "{id}"),
            Self::Open(profile) => write!(f, "~{profile}"),
        }
    }
}

/// A preset for one person at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Card<'a> {
    pub id: CardId,
    pub title: String,
    pub description: Option<&'a str>,
    /// The group it comes from, by title.
    pub from_group: Option<&'a str>,
    /// The group in whose context it starts.
    pub context: Option<&'a Key>,
    pub profile: &'a Profile,
    /// Of the preset; 0 for a profile chosen by hand.
    pub version: i64,
    pub state: State,
    /// Every option of the profile, in its order; empty where the card is not available.
    pub fields: Vec<Field<'a>>,
}

/// How a saved preset stands today (design §3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Ok,
    /// It starts, with these changes.
    Adjusted(Vec<String>),
    /// Nothing starts. The sentence says why, without a full stop.
    Unavailable(String),
}

/// One option in a card.
#[derive(Debug, Clone, PartialEq)]
pub struct Field<'a> {
    pub opt: &'a Opt,
    /// What it holds unless the person changes it.
    pub value: Value,
    /// What may be chosen; for a constant, only `value`.
    pub allowed: Allowed,
    /// Whether the person may choose.
    pub editable: bool,
    /// A constant that is not even listed.
    pub hidden: bool,
    /// The chain of limits, broadest first.
    pub because: Vec<Because>,
}

impl Field<'_> {
    /// Who says so, as a clause behind a sentence. The last trim, where it is what left this much;
    /// else the preset, which asks for less than its trims would allow.
    fn reason(&self) -> String {
        let kind = &self.opt.kind;
        match self.because.last() {
            Some(last) if self.hidden || last.left == self.allowed.describe(kind) => {
                format!(" ({})", last.said())
            }
            _ if self.allowed == Allowed::all_of(kind) => String::new(),
            _ => " (this preset sets it so)".to_owned(),
        }
    }

    /// Reads a posted value.
    ///
    /// # Errors
    /// The fault, naming what is allowed and which rule says so: a posted value is refused,
    /// never bent (design §3.7).
    pub fn read(&self, at: &str, json: &Json) -> Result<Value, Fault> {
        let kind = &self.opt.kind;
        let fault = |code, detail: String| {
            Fault::new(at, code, detail).with_value(json.clone()).with_allowed(self.allowed.json(kind))
        };
        let label = &self.opt.label;
        let value = kind.read(json).map_err(|why| fault("wrong-type", format!("{label}: {why}")))?;
        if self.allowed.contains(kind, &value) {
            return Ok(value);
        }
        let reason = self.reason();
        Err(if self.editable {
            let code =
                if matches!(self.allowed, Allowed::Between { .. }) { "out-of-range" } else { "not-allowed" };
            fault(code, format!("{label}: choose {}{reason}", self.allowed.describe(kind)))
        } else {
            fault(
                "fixed",
                format!("{label}: this is set to {} and cannot be changed{reason}", kind.label(&self.value)),
            )
        })
    }
}

/// The card of a preset in a context.
pub(super) fn of_preset<'a>(
    content: &'a Content,
    preset: &'a Preset,
    context: Option<&'a Key>,
    groups: &[&Key],
) -> Card<'a> {
    let group = |key: &Key| content.groups.get(key);
    let from_group = match &preset.owner {
        Owner::Group(key) => group(key).map(|group: &Group| group.title.as_str()),
        Owner::Site | Owner::User(_) => None,
    };
    let Some(profile) = content.catalogue.profile(&preset.profile) else {
        // The catalogue changed below a saved preset: nothing of it can be shown but why.
        return Card {
            profile: super::nothing(),
            state: State::Unavailable(format!("“{}” is no longer offered", preset.profile)),
            fields: vec![],
            ..frame(CardId::Preset(preset.id.clone()), preset, from_group, context)
        };
    };
    let mut card = Card { profile, ..frame(CardId::Preset(preset.id.clone()), preset, from_group, context) };
    match content.trimmed(profile, context, groups) {
        Err(conflict) => card.state = State::Unavailable(conflict.sentence),
        Ok(options) => fit(&mut card, preset, options),
    }
    card
}

fn frame<'a>(
    id: CardId,
    preset: &'a Preset,
    from_group: Option<&'a str>,
    context: Option<&'a Key>,
) -> Card<'a> {
    Card {
        id,
        title: preset.title.clone(),
        description: preset.description.as_deref(),
        from_group,
        context,
        profile: super::nothing(),
        version: preset.version,
        state: State::Ok,
        fields: vec![],
    }
}

/// Lays a preset's values over the trimmed options, moving numbers and noting what changed.
fn fit<'a>(card: &mut Card<'a>, preset: &Preset, options: Vec<Trimmed<'a>>) {
    let mut changes = Vec::new();
    let lost = preset.values.values().find_map(|saved| match saved {
        Saved::Lost(why) => Some(Err(why.clone())),
        Saved::Known(_) => None,
    });
    let fields = options.into_iter().map(|option| fit_option(preset, option, &mut changes));
    match lost.unwrap_or_else(|| fields.collect()) {
        Err(reason) => card.state = State::Unavailable(reason),
        Ok(fields) => {
            card.fields = fields;
            if !changes.is_empty() {
                card.state = State::Adjusted(changes);
            }
        }
    }
}

pub(super) fn fit_option<'a>(
    preset: &Preset,
    option: Trimmed<'a>,
    changes: &mut Vec<String>,
) -> Result<Field<'a>, String> {
    let opt = option.opt;
    let (kind, name) = (&opt.kind, lower_first(&opt.label));
    let reason = option.reason();
    let asked = preset.ask.get(&opt.key).filter(|_| !option.constant());
    let mut allowed = if option.constant() && option.allowed.single().is_none() {
        Allowed::OneOf(vec![option.settled_default()])
    } else {
        option.allowed.clone()
    };
    for statement in asked.into_iter().flatten() {
        allowed = match statement {
            Statement::Bounds { min, max } => allowed.within(*min, *max),
            Statement::Only(values) => allowed.only(kind, values),
            _ => Some(allowed),
        }
        .ok_or_else(|| format!("no {name} is left to choose{reason}"))?;
    }
    let value = match preset.values.get(&opt.key) {
        Some(Saved::Known(saved)) => match allowed.nearest(kind, saved) {
            Nearest::Itself => saved.clone(),
            Nearest::Moved(value) => {
                changes.push(format!(
                    "{}: {} instead of {}{reason}",
                    opt.label,
                    kind.label(&value),
                    kind.label(saved)
                ));
                value
            }
            Nearest::Nowhere => {
                return Err(format!("the {name} “{}” is not available to you{reason}", kind.label(saved)));
            }
        },
        Some(Saved::Lost(_)) | None => {
            Trimmed { allowed: allowed.clone(), ..option.clone() }.settled_default()
        }
    };
    let editable = asked.is_some() && allowed.single().is_none();
    if !editable {
        allowed = Allowed::OneOf(vec![value.clone()]);
    }
    Ok(Field { opt, value, allowed, editable, hidden: option.hidden, because: option.because })
}

/// The card of a profile of which the person fills in every option.
pub(super) fn of_profile<'a>(
    content: &'a Content,
    profile: &'a Profile,
    title: String,
    context: Option<&'a Key>,
    groups: &[&Key],
) -> Card<'a> {
    let (state, fields) = match content.trimmed(profile, context, groups) {
        Err(conflict) => (State::Unavailable(conflict.sentence), vec![]),
        Ok(options) => (State::Ok, options.into_iter().map(open_field).collect()),
    };
    let id = CardId::Open(profile.key.clone());
    Card { id, title, description: None, from_group: None, context, profile, version: 0, state, fields }
}

fn open_field(option: Trimmed<'_>) -> Field<'_> {
    let value = option.settled_default();
    let constant = option.constant();
    let allowed = if constant { Allowed::OneOf(vec![value.clone()]) } else { option.allowed };
    Field {
        opt: option.opt,
        value,
        allowed,
        editable: !constant,
        hidden: option.hidden,
        because: option.because,
    }
}

impl Card<'_> {
    /// The values of all options, as the API writes them.
    pub fn values(&self) -> BTreeMap<Key, Value> {
        self.fields.iter().map(|field| (field.opt.key.clone(), field.value.clone())).collect()
    }

    /// Whether it can be started.
    pub fn is_usable(&self) -> bool {
        !matches!(self.state, State::Unavailable(_))
    }
}
