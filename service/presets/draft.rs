//! A preset as somebody sends it, and what keeps it from being saved: one fault for each field.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::text::{key, of_the_document, slug};
use super::{Owner, Preset, written};
use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, check_title, composed};
use crate::groups::Audience;

/// A preset before anything of it was checked but its shape.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Draft {
    pub title: String,
    pub description: Option<String>,
    pub owner: Owner,
    /// Meant to be a profile's key.
    pub profile: String,
    /// Meant to be by options' keys.
    pub values: BTreeMap<String, Json>,
    pub ask: BTreeMap<String, written::Ask>,
    pub audiences: Vec<Audience>,
    // Left out where it says nothing: a create that was sent before there was such a word is still the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
}

/// A preset that the catalogue understands; whether it fits its owner's limits is asked next.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    pub written: written::Preset,
    pub preset: Preset,
}

impl Draft {
    /// Reads the draft of a preset `id` against today's catalogue.
    ///
    /// # Errors
    /// Every fault, by its place in the draft: the same that a site file is told.
    pub fn read(&self, id: &Key, catalogue: &Catalogue) -> Result<Understood, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut read =
            |at: &str, what, text: &str| key(at, what, text).map_err(|fault| faults.push(fault)).ok();
        let profile = read("/profile", "profile", &self.profile);
        let values = self
            .values
            .iter()
            .filter_map(|(name, json)| Some((read(&below("/values", name), "option", name)?, json.clone())));
        let values = values.collect();
        let ask = self
            .ask
            .iter()
            .filter_map(|(name, ask)| Some((read(&below("/ask", name), "option", name)?, ask.clone())));
        let ask = ask.collect();
        let (title, description) = (composed(self.title.trim()), self.description.as_deref().map(composed));
        let Some(profile) = profile else {
            faults.extend(check_title("/title", &title));
            return Err(faults);
        };
        let written = written::Preset {
            title,
            description: description.filter(|text| !text.is_empty()),
            owner: self.owner.clone(),
            profile,
            values,
            ask,
            audiences: self.audiences.clone(),
            confirm: self.confirm,
        };
        let (preset, found) = Preset::read(id, 1, &written, catalogue);
        faults.extend(of_the_document(id, found));
        if faults.is_empty() { Ok(Understood { written, preset }) } else { Err(faults) }
    }

    /// An id for a new preset: what the title says, and `suffix` (of `a-z 0-9`, at most 16) so that
    /// it is nobody else's.
    pub fn new_id(&self, suffix: &str) -> Key {
        key_for(&self.title, "preset", suffix)
    }
}

/// A key for something of that title, or `otherwise` where that says nothing a key could; and `suffix`,
/// as for [`Draft::new_id`].
pub fn key_for(title: &str, otherwise: &str, suffix: &str) -> Key {
    let slug = slug(title);
    let begin = if slug.is_empty() { otherwise } else { &slug };
    Key::try_from(format!("{begin}-{suffix}")).expect("a slug, a dash and such a suffix are a key")
}

/// `faults` of a saved preset, by their place in the preset.
pub fn by_field(id: &Key, faults: Vec<Fault>) -> Vec<Fault> {
    of_the_document(id, faults)
}
