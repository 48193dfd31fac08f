//! A card that is made only where somebody looks at it: most of a form nobody does, and a start needs one.

mod schema;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value as Json;

use super::acting::Acting;
use super::card::{self, Card, CardId, State};
use super::circumstances::Circumstances;
use super::settle::Wishes;
use super::slots::Slots;
use crate::catalogue::fault::{below, shortened};
use crate::catalogue::{Fault, Key, Profile};
use crate::presets::Preset;

/// What is offered to a person; dereferences to the [`Card`].
#[derive(Clone)]
pub struct Offer<'a> {
    pub id: CardId,
    what: What<'a>,
    /// The group or event it belongs to, in whose context it always starts (design §3.4).
    pub(super) owner: Option<Acting<'a>>,
    around: Arc<Circumstances<'a>>,
    /// What was chosen some other time.
    recalled: Option<BTreeMap<Key, Json>>,
    made: OnceCell<Card<'a>>,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Preset(&'a Preset),
    Profile(&'a Profile),
}

impl<'a> Offer<'a> {
    pub(super) fn of_preset(
        around: &Arc<Circumstances<'a>>,
        preset: &'a Preset,
        owner: Option<Acting<'a>>,
    ) -> Self {
        Self::new(CardId::Preset(preset.id.clone()), What::Preset(preset), owner, around)
    }

    pub(super) fn of_profile(around: &Arc<Circumstances<'a>>, profile: &'a Profile) -> Self {
        Self::new(CardId::Open(profile.key.clone()), What::Profile(profile), None, around)
    }

    fn new(id: CardId, what: What<'a>, owner: Option<Acting<'a>>, around: &Arc<Circumstances<'a>>) -> Self {
        Self { id, what, owner, around: around.clone(), recalled: None, made: OnceCell::new() }
    }

    /// A number for everything but the content that the card depends on: two offers of one content with the same mark
    /// are the same card, but for one chance in 2^64. Of another process, or another run, it means nothing.
    pub fn mark(&self) -> u64 {
        let mut hasher = self.around.hasher(self.context());
        self.id.hash(&mut hasher);
        if let Some(recalled) = &self.recalled {
            for (key, json) in recalled {
                (key, json.to_string()).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Whether it can be started: [`Card::is_usable`], for less where it was asked before.
    pub fn starts(&self) -> bool {
        let known = &self.around.content.startable;
        let mark = self.mark();
        known.has(mark) || {
            let starts = self.is_usable();
            if starts {
                known.keep(mark);
            }
            starts
        }
    }

    /// Fills in what was chosen some other time, as far as it fits.
    pub(super) fn recall(&mut self, chosen: &BTreeMap<Key, Json>) {
        self.recalled = Some(chosen.clone());
        self.made = OnceCell::new();
    }

    fn default_card(&self) -> Card<'a> {
        let recalled = self.recalled.as_ref().map(|chosen| {
            let wishes = Wishes { recalled: Some(chosen), ..Wishes::default() };
            self.make(wishes).0
        });
        // What was chosen before must not keep anything from starting.
        let recalled = recalled.filter(Card::is_usable);
        recalled.unwrap_or_else(|| self.make(Wishes::default()).0)
    }

    /// The card with what is asked, value by value.
    ///
    /// # Errors
    /// Each fault of what is asked.
    pub fn answered(&self, asked: &BTreeMap<String, Json>) -> Result<Card<'a>, Vec<Fault>> {
        let (card, mut faults) = self.tried(asked);
        if let (State::Unavailable(reason), true) = (&card.state, faults.is_empty()) {
            faults.push(Fault::new(
                "/preset",
                "unavailable",
                format!("“{}” can't start: {reason}", card.title),
            ));
        }
        if faults.is_empty() { Ok(card) } else { Err(faults) }
    }

    /// The card with what is asked as far as it can be had, and each fault of what is asked.
    pub fn tried(&self, asked: &BTreeMap<String, Json>) -> (Card<'a>, Vec<Fault>) {
        let (card, mut faults) = self.make(Wishes { asked: Some(asked), ..Wishes::default() });
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
        let refused: Vec<String> = faults.iter().map(|fault| fault.pointer.clone()).collect();
        faults.extend(card.missing.iter().filter(|missing| !refused.contains(&missing.pointer)).cloned());
        (card, faults)
    }

    /// Shows the card with what was asked and refused, as far as it can be had: the rest fits that.
    pub fn show_tried(&mut self, asked: &BTreeMap<String, Json>) {
        let (card, _) = self.tried(asked);
        if card.is_usable() {
            self.made = OnceCell::from(card);
        }
    }

    /// The card before rules speak: what each option could hold whatever the others hold.
    pub fn without_rules(&self) -> Card<'a> {
        self.make(Wishes { without_rules: true, ..Wishes::default() }).0
    }

    /// For a page that narrows while somebody chooses: none where nothing can be chosen, or no rule could say
    /// anything.
    pub fn slots(&self) -> Option<Slots> {
        let Circumstances { content, .. } = &*self.around;
        let preset = self.preset();
        let profile = match self.what {
            What::Preset(preset) => content.catalogue.profile(&preset.profile)?,
            What::Profile(profile) => profile,
        };
        if !content.rules.concern(profile) || !self.is_usable() {
            return None;
        }
        let told = Some(self.around.told(profile)).filter(|told| !told.is_empty())?;
        let options = self.around.trimmed(profile, preset, self.context()).ok()?;
        Some(Slots::of(&content.rules, told, profile, &options, preset))
    }

    /// The preset it starts; none where the person fills in every option.
    pub fn preset(&self) -> Option<&'a Preset> {
        match self.what {
            What::Preset(preset) => Some(preset),
            What::Profile(_) => None,
        }
    }

    /// In whose context it starts.
    pub fn context(&self) -> Option<Acting<'a>> {
        self.owner.or(self.around.page)
    }

    fn make(&self, wishes: Wishes<'_>) -> (Card<'a>, Vec<Fault>) {
        let around = &*self.around;
        match self.what {
            What::Preset(preset) => card::of_preset(around, preset, self.owner, self.context(), wishes),
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
        self.made.get_or_init(|| self.default_card())
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
