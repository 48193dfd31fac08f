//! One preset as one person may use it: each option with what it holds and what may be chosen.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::acting::Acting;
use super::circumstances::Circumstances;
use super::settle::{Settled, Wishes, settle};
use crate::catalogue::{Allowed, Fault, Key, Nearest, Opt, Profile, Value};
use crate::presets::{Preset, Saved};
use crate::trims::Because;

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
    /// Whose it is: the group or the event it comes from.
    pub from: Option<Acting<'a>>,
    /// In whose context it starts.
    pub context: Option<Acting<'a>>,
    pub profile: &'a Profile,
    /// Of the preset; 0 for a profile chosen by hand.
    pub version: i64,
    pub state: State,
    /// Every option of the profile, in its order; empty where the card is not available.
    pub fields: Vec<Field<'a>>,
    /// What holds although somebody says otherwise, for the person.
    pub notes: Vec<String>,
    /// What has to be filled in before it starts.
    pub missing: Vec<Fault>,
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
    /// What it holds unless the person changes it; means nothing where it is absent.
    pub value: Value,
    /// What may be chosen; for a constant, only `value`.
    pub allowed: Allowed,
    /// Whether the person may choose.
    pub editable: bool,
    /// A constant that is not even listed.
    pub hidden: bool,
    /// Not offered and not set.
    pub absent: bool,
    pub required: bool,
    /// The chain of limits, broadest first.
    pub because: Vec<Because<'a>>,
}

impl Field<'_> {
    /// Who says so, as a clause behind a sentence. The last trim, where it is what left this much;
    /// else the preset, which asks for less than its trims would allow.
    fn reason(&self) -> String {
        match self.because.last() {
            Some(last) if self.hidden || self.absent || last.leaves(&self.allowed) => {
                format!(" ({})", last.said())
            }
            _ if self.allowed == self.opt.all => String::new(),
            _ => " (this preset sets it so)".to_owned(),
        }
    }

    /// Whether it has to be filled in and is not.
    pub(super) fn is_missing(&self) -> bool {
        self.editable && !self.absent && !self.allowed.contains(&self.opt.kind, &self.value)
    }

    /// Reads a posted value.
    ///
    /// # Errors
    /// The fault, naming what is allowed and which rule says so: a posted value is refused,
    /// never bent (design §3.7).
    pub fn read(&self, at: &str, json: &Json) -> Result<Value, Fault> {
        self.read_or_say(at, json, &self.reason())
    }

    /// The same, with `reason` behind the sentence of a refusal.
    fn read_or_say(&self, at: &str, json: &Json, reason: &str) -> Result<Value, Fault> {
        let kind = &self.opt.kind;
        let fault = |code, detail: String| {
            Fault::new(at, code, detail).with_value(json.clone()).with_allowed(self.allowed.json(kind))
        };
        let label = &self.opt.label;
        if self.absent {
            let why = format!("{label}: this is not offered here; leave it out{reason}");
            return Err(Fault::new(at, "absent", why).with_value(json.clone()));
        }
        let value = kind.read(json).map_err(|why| fault("wrong-type", format!("{label}: {why}")))?;
        if self.allowed.contains(kind, &value) {
            return Ok(value);
        }
        if !self.editable {
            let set = kind.label(&self.value);
            let why = format!("{label}: this is set to {set} and cannot be changed{reason}");
            return Err(fault("fixed", why));
        }
        if let (Some(clash), Value::List(_)) = (self.clash(&value), &value) {
            return Err(fault("conflict", format!("{label}: {clash}")));
        }
        let code = match self.allowed {
            _ if self.required && crate::catalogue::allowed::is_nothing(kind, &value) => "required",
            Allowed::Between { .. } => "out-of-range",
            _ => "not-allowed",
        };
        Err(fault(code, format!("{label}: choose {}{reason}", self.allowed.describe(kind))))
    }

    /// Takes a value that was chosen some other time, as far as it is still allowed.
    pub(super) fn recall(&mut self, json: &Json) {
        let kind = &self.opt.kind;
        let Ok(value) = kind.read(json) else { return };
        match self.allowed.nearest(kind, &value) {
            Nearest::Itself => self.value = value,
            Nearest::Moved(value) => self.value = value,
            Nearest::Nowhere => {}
        }
    }

    fn clash(&self, value: &Value) -> Option<String> {
        let (crate::catalogue::Kind::Several(several), Value::List(items)) = (&self.opt.kind, value) else {
            return None;
        };
        let (one, other) = several.clash(items)?;
        Some(format!("“{one}” and “{other}” cannot be used together"))
    }
}

/// The card of a preset in a context.
pub(super) fn of_preset<'a>(
    around: &Circumstances<'a>,
    preset: &'a Preset,
    from: Option<Acting<'a>>,
    context: Option<Acting<'a>>,
    wishes: Wishes<'_>,
) -> (Card<'a>, Vec<Fault>) {
    let profile = around.content.catalogue.profile(&preset.profile);
    let mut card = Card {
        id: CardId::Preset(preset.id.clone()),
        title: preset.title.clone(),
        description: preset.description.as_deref(),
        from,
        context,
        profile: profile.unwrap_or_else(|| super::nothing()),
        version: preset.version,
        state: State::Ok,
        fields: vec![],
        notes: vec![],
        missing: vec![],
    };
    let lost = preset.values.values().find_map(|saved| match saved {
        Saved::Lost(why) => Some(why.clone()),
        Saved::Known(_) => None,
    });
    match (profile, lost) {
        // The catalogue changed below a saved preset: nothing of it can be shown but why.
        (None, _) => {
            card.state = State::Unavailable(format!("“{}” is no longer offered", preset.profile));
        }
        (_, Some(why)) => card.state = State::Unavailable(why),
        // There, what a preset says is a limit: a narrower one is not got round by the wider one before it.
        (Some(profile), None) if !profile.open && around.content.past.as_ref() == Some(&preset.id) => {
            let why = "it has been changed since this link was made: start it as it is now";
            card.state = State::Unavailable(why.to_owned());
        }
        (Some(_), None) => {
            let faults = card.fill(around, Wishes { preset: Some(preset), ..wishes });
            return (card, faults);
        }
    }
    (card, vec![])
}

/// The card of a profile of which the person fills in every option.
pub(super) fn of_profile<'a>(
    around: &Circumstances<'a>,
    profile: &'a Profile,
    title: String,
    context: Option<Acting<'a>>,
    wishes: Wishes<'_>,
) -> (Card<'a>, Vec<Fault>) {
    let mut card = Card {
        id: CardId::Open(profile.key.clone()),
        title,
        description: None,
        from: None,
        context,
        profile,
        version: 0,
        state: State::Ok,
        fields: vec![],
        notes: vec![],
        missing: vec![],
    };
    let faults = card.fill(around, wishes);
    (card, faults)
}

impl<'a> Card<'a> {
    /// Gives each option its value; returns what is wrong with what was asked.
    pub(super) fn fill(&mut self, around: &Circumstances<'a>, wishes: Wishes<'_>) -> Vec<Fault> {
        if let Some(why) = self.context.and_then(|acting| acting.closed(around.now)) {
            self.state = State::Unavailable(why);
            return vec![];
        }
        let options = around.trimmed(self.profile, wishes.preset, self.context);
        let Settled { fields, changes, mut faults, lost, missing, overruled } = match options {
            Ok(options) => settle(around.content, self.profile, &options, wishes, around.now),
            Err(conflict) => {
                self.state = State::Unavailable(conflict.sentence);
                return vec![];
            }
        };
        (self.notes, self.missing) = (overruled, missing);
        if let Some((_, why)) = lost.into_iter().next() {
            (self.state, self.fields) = (State::Unavailable(why), vec![]);
            return vec![];
        }
        self.fields = fields;
        if let (Some(asked), false) = (wishes.asked, faults.is_empty()) {
            self.blame(around, asked, &mut faults);
        }
        if !changes.is_empty() {
            self.state = State::Adjusted(changes.into_iter().map(|(_, change)| change).collect());
        }
        faults
    }

    /// Says of each fault whose word it was that took the value away: seldom the last one's.
    fn blame(&self, around: &Circumstances<'a>, asked: &BTreeMap<String, Json>, faults: &mut [Fault]) {
        let values = self.values();
        for fault in
            faults.iter_mut().filter(|fault| matches!(fault.code, "not-allowed" | "out-of-range" | "fixed"))
        {
            let named = fault.pointer.strip_prefix("/values/");
            let field = named.and_then(|name| self.field(name));
            let Some((field, json)) = field.zip(named.and_then(|name| asked.get(name))) else { continue };
            let Ok(value) = field.opt.kind.read(json) else { continue };
            let place = (self.context, around.telling.as_slice(), around.now);
            let Some(because) = around.content.to_blame(field.opt, value, &values, place) else { continue };
            if let Err(told) = field.read_or_say(&fault.pointer, json, &format!(" ({})", because.said())) {
                *fault = told;
            }
        }
    }

    /// The values of all options that are set.
    pub fn values(&self) -> BTreeMap<Key, Value> {
        let set = self.fields.iter().filter(|field| !field.absent);
        set.map(|field| (field.opt.key.clone(), field.value.clone())).collect()
    }

    /// The field of that option.
    pub fn field(&self, key: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.opt.key.as_str() == key)
    }

    /// Whether it can be started.
    pub fn is_usable(&self) -> bool {
        !matches!(self.state, State::Unavailable(_))
    }
}
