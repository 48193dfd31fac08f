//! A card that is made only where somebody looks at it: most of a form nobody does, and a start needs one.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::acting::Acting;
use super::card::{self, Card, CardId};
use super::content::{Content, Group};
use super::part::Part;
use super::settle::Wishes;
use crate::catalogue::fault::{below, shortened};
use crate::catalogue::{Fault, Key, Profile};
use crate::presets::Preset;

/// What is offered to a person; dereferences to the [`Card`].
#[derive(Clone)]
pub struct Offer<'a> {
    pub id: CardId,
    what: What<'a>,
    around: Arc<Circumstances<'a>>,
    made: OnceCell<Card<'a>>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Preset(&'a Preset),
    Profile(&'a Profile),
}

/// What a person's cards have in common.
pub(super) struct Circumstances<'a> {
    pub content: &'a Content,
    /// The context of what belongs to no group or event.
    pub page: Option<Acting<'a>>,
    /// The person's groups that say something wherever one acts, in their order: the others change no card.
    pub telling: Vec<&'a Group>,
    /// The events the person takes part in, and as what.
    pub parts: Vec<Part<'a>>,
    pub now: DateTime<Utc>,
}

impl<'a> Offer<'a> {
    pub(super) fn of_preset(around: &Arc<Circumstances<'a>>, preset: &'a Preset) -> Self {
        Self::new(CardId::Preset(preset.id.clone()), What::Preset(preset), around)
    }

    pub(super) fn of_profile(around: &Arc<Circumstances<'a>>, profile: &'a Profile) -> Self {
        Self::new(CardId::Open(profile.key.clone()), What::Profile(profile), around)
    }

    fn new(id: CardId, what: What<'a>, around: &Arc<Circumstances<'a>>) -> Self {
        Self { id, what, around: around.clone(), made: OnceCell::new() }
    }

    /// Names everything but the content's revision that the card depends on, as long as nobody
    /// changes it: two offers of one revision with the same name are the same card.
    pub fn name(&self) -> String {
        let context = self.context();
        let trims = context.and_then(|acting| acting.simplifies());
        let mut name = match &self.id {
            CardId::Preset(key) => [key.as_str(), "@"].concat(),
            CardId::Open(key) => ["~", key.as_str(), "@"].concat(),
        };
        name.extend(trims);
        for group in &self.around.telling {
            name.extend(["!", group.key.as_str()]);
        }
        if let Some(era) = self.around.content.era(self.around.now) {
            name.extend(["#", &era.to_string()]);
        }
        // What is left of an event's time shrinks by the minute.
        if matches!(context, Some(Acting::Event(..))) {
            name.extend(["^", &self.around.now.timestamp().div_euclid(60).to_string()]);
        }
        name
    }

    /// The card with what was chosen some other time, as far as it fits.
    pub(super) fn recall(&mut self, chosen: &BTreeMap<Key, Json>) {
        self.made = OnceCell::from(self.make(Wishes { recalled: Some(chosen), ..Wishes::default() }).0);
    }

    /// The card with what is asked, value by value.
    ///
    /// # Errors
    /// Each fault of what is asked.
    pub fn answered(&self, asked: &BTreeMap<String, Json>) -> Result<Card<'a>, Vec<Fault>> {
        let (mut card, mut faults) = self.make(Wishes { asked: Some(asked), ..Wishes::default() });
        let profile = card.profile;
        let option = |name: &str| {
            let key = Key::try_from(name).ok()?;
            self.around.content.catalogue.option_of(profile, &key)
        };
        let mut seen: BTreeMap<&Key, &str> = BTreeMap::new();
        for name in asked.keys() {
            let at = below("/values", name);
            match option(name) {
                None => {
                    let known: Vec<&str> = profile.options.iter().map(Key::as_str).collect();
                    let detail = format!("“{}” is no option of “{}”", shortened(name), card.title);
                    faults.push(Fault::new(at, "unknown-option", detail).with_allowed(known));
                }
                Some(opt) => {
                    if let Some(other) = seen.insert(&opt.key, name) {
                        let detail = format!("“{name}” and “{other}” are the same option");
                        faults.push(Fault::new(at, "twice", detail));
                    }
                }
            }
        }
        // What was refused is not missing too.
        card.missing.retain(|missing| faults.iter().all(|fault| fault.pointer != missing.pointer));
        faults.append(&mut card.missing);
        if faults.is_empty() { Ok(card) } else { Err(faults) }
    }

    fn context(&self) -> Option<Acting<'a>> {
        self.owner().or(self.around.page)
    }

    /// The group or event it belongs to, in whose context it always starts (design §3.4).
    fn owner(&self) -> Option<Acting<'a>> {
        match self.what {
            What::Preset(preset) => self.around.content.acting_of(&preset.owner, &self.around.parts),
            What::Profile(_) => None,
        }
    }

    fn make(&self, wishes: Wishes<'_>) -> (Card<'a>, Vec<Fault>) {
        let around = &*self.around;
        match self.what {
            What::Preset(preset) => card::of_preset(around, preset, self.owner(), self.context(), wishes),
            What::Profile(profile) => {
                let open = around.content.catalogue.profiles.iter().filter(|profile| profile.open);
                let title = match open.count() {
                    1 => "Choose every option myself".to_owned(),
                    _ => format!("Choose every option myself: {}", profile.title),
                };
                card::of_profile(around, profile, title, self.context(), wishes)
            }
        }
    }
}

impl<'a> Deref for Offer<'a> {
    type Target = Card<'a>;

    fn deref(&self) -> &Card<'a> {
        self.made.get_or_init(|| self.make(Wishes::default()).0)
    }
}

impl fmt::Debug for Offer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Offer<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
