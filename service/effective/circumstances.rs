//! What a person's cards have in common, and what is found out about it once for all of them.

use std::hash::{BuildHasher as _, Hash as _, Hasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::acting::Acting;
use super::content::Content;
use super::defaults;
use super::group::Group;
use super::told::Told;
use crate::catalogue::{Key, Profile};
use crate::presets::Preset;
use crate::trims::{Conflict, Trimmed};

/// Nobody can choose keys that meet.
static MARKS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// What a person's cards have in common.
pub(super) struct Circumstances<'a> {
    pub content: &'a Content,
    /// The context of what belongs to no group or event.
    pub page: Option<Acting<'a>>,
    /// The person's groups that say something wherever one acts, in their order: the others change no card.
    pub telling: Vec<&'a Group>,
    pub now: DateTime<Utc>,
    known: Mutex<Vec<Left<'a>>>,
    told: Mutex<Vec<Arc<Told>>>,
}

/// What trims leave of the options of a profile, where this simplifies.
struct Left<'a> {
    profile: &'a Key,
    /// Whether the person fills in every option of it.
    open: bool,
    simplified: Option<String>,
    options: Result<Arc<[Trimmed<'a>]>, Conflict>,
}

impl<'a> Circumstances<'a> {
    pub fn new(
        content: &'a Content,
        page: Option<Acting<'a>>,
        telling: Vec<&'a Group>,
        now: DateTime<Utc>,
    ) -> Self {
        Self { content, page, telling, now, known: Mutex::default(), told: Mutex::default() }
    }

    /// A number's beginning: whatever in these circumstances decides about a card that starts in `context` is in it.
    pub fn hasher(&self, context: Option<Acting<'a>>) -> impl Hasher + use<> {
        let mut hasher = MARKS.build_hasher();
        context.and_then(|acting| acting.simplifies()).hash(&mut hasher);
        for group in &self.telling {
            group.key.hash(&mut hasher);
        }
        self.content.era(self.now).hash(&mut hasher);
        // What is left of an event's time shrinks by the minute.
        if matches!(context, Some(Acting::Event(..))) {
            self.now.timestamp().div_euclid(60).hash(&mut hasher);
        }
        hasher
    }

    /// Other defaults, where those of `options` start nothing. Nearly always they do, and that is remembered.
    fn defaults(
        &self,
        profile: &'a Profile,
        context: Option<Acting<'a>>,
        options: &[Trimmed<'a>],
    ) -> Option<Vec<Trimmed<'a>>> {
        let mut hasher = self.hasher(context);
        profile.key.hash(&mut hasher);
        let mark = hasher.finish();
        if self.content.sound_defaults.has(mark) {
            return None;
        }
        let others = defaults::that_start(self.content, profile, options, self.now);
        if others.is_none() {
            self.content.sound_defaults.keep(mark);
        }
        others
    }

    /// What rules say in `profile`, written once.
    pub fn told(&self, profile: &Profile) -> Arc<Told> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let known = told.iter().find(|told| told.profile == profile.key).cloned();
        known.unwrap_or_else(|| {
            let new = Arc::new(Told::of(&self.content.rules, profile, self.now));
            told.push(new.clone());
            new
        })
    }

    /// [`Content::trimmed`] of `profile` in `context`, found out once; without a preset the person fills in every
    /// option, and defaults start.
    ///
    /// # Errors
    /// As there.
    pub fn trimmed(
        &self,
        profile: &'a Profile,
        preset: Option<&Preset>,
        context: Option<Acting<'a>>,
    ) -> Result<Arc<[Trimmed<'a>]>, Conflict> {
        let (open, simplified) = (preset.is_none(), context.and_then(|acting| acting.simplifies()));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |left: &&Left<'_>| {
            (left.profile, left.open, &left.simplified) == (&profile.key, open, &simplified)
        };
        if let Some(left) = known.iter().find(is_it) {
            return left.options.clone();
        }
        let options = self.content.trimmed(profile, context, &self.telling, self.now).map(|options| {
            let others = open.then(|| self.defaults(profile, context, &options));
            Arc::from(others.flatten().unwrap_or(options))
        });
        known.push(Left { profile: &profile.key, open, simplified, options: options.clone() });
        options
    }
}
