//! A card that is made only where somebody looks at it: most of a form nobody does, and a start needs one.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::card::{self, Card, CardId};
use super::content::Content;
use crate::catalogue::{Key, Profile};
use crate::presets::{Owner, Preset};

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
    content: &'a Content,
    /// The context of what belongs to no group.
    page: Option<&'a Key>,
    /// The person's groups that have policies, in their order: the others change no card.
    strict: Vec<&'a Key>,
}

impl<'a> Circumstances<'a> {
    pub fn new(content: &'a Content, page: Option<&'a Key>, strict: Vec<&'a Key>) -> Arc<Self> {
        Arc::new(Self { content, page, strict })
    }
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
        let trims = self.context().filter(|key| self.around.content.simplifies(key));
        let mut name = match &self.id {
            CardId::Preset(key) => [key.as_str(), "@"].concat(),
            CardId::Open(key) => ["~", key.as_str(), "@"].concat(),
        };
        name.extend(trims.map(Key::as_str));
        for key in &self.around.strict {
            name.extend(["!", key.as_str()]);
        }
        name
    }

    /// The card, to change it for the one person it is for.
    pub(super) fn card_mut(&mut self) -> &mut Card<'a> {
        if self.made.get().is_none() {
            self.made = OnceCell::from(self.make());
        }
        self.made.get_mut().expect("it was made one line above")
    }

    fn context(&self) -> Option<&'a Key> {
        match self.what {
            What::Preset(Preset { owner: Owner::Group(key), .. }) => {
                self.around.content.groups.get(key).map(|group| &group.key)
            }
            What::Preset(_) | What::Profile(_) => self.around.page,
        }
    }

    fn make(&self) -> Card<'a> {
        let Circumstances { content, strict, .. } = &*self.around;
        match self.what {
            What::Preset(preset) => card::of_preset(content, preset, self.context(), strict),
            What::Profile(profile) => {
                let open = content.catalogue.profiles.iter().filter(|profile| profile.open);
                let title = match open.count() {
                    1 => "Choose every option myself".to_owned(),
                    _ => format!("Choose every option myself: {}", profile.title),
                };
                card::of_profile(content, profile, title, self.context(), strict)
            }
        }
    }
}

impl<'a> Deref for Offer<'a> {
    type Target = Card<'a>;

    fn deref(&self) -> &Card<'a> {
        self.made.get_or_init(|| self.make())
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
