//! How much of the catalogue somebody has to look at: the product in four numbers.

use super::card::Card;
use super::content::Content;
use super::{Form, Key};

/// Fields and choices that are shown, of how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// That the person may fill in.
    pub fields_shown: usize,
    pub fields_in_catalogue: usize,
    /// In lists from which the person chooses.
    pub choices_shown: usize,
    pub choices_in_catalogue: usize,
}

impl Counts {
    /// Of one card; of none: nothing is shown.
    pub fn of(content: &Content, card: Option<&Card<'_>>) -> Self {
        let editable = || card.into_iter().flat_map(|card| &card.fields).filter(|field| field.editable);
        let options = content.catalogue.options.values();
        Self {
            fields_shown: editable().count(),
            fields_in_catalogue: content.catalogue.options.len(),
            choices_shown: editable().map(|field| field.allowed.count()).sum(),
            choices_in_catalogue: options.map(|opt| opt.all.count()).sum(),
        }
    }
}

impl Form<'_> {
    /// Of the card that Enter starts.
    pub fn counts(&self, content: &Content) -> Counts {
        Counts::of(content, self.chosen.as_ref().and_then(|id| self.card(id)))
    }

    /// The profile that key names, where one of the cards starts it.
    pub fn starts(&self, profile: &Key) -> bool {
        self.cards.iter().chain(&self.put_away).any(|card| card.profile.key == *profile && card.is_usable())
    }
}
