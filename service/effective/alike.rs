//! Presets of one owner that people could not tell apart by their titles.

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use super::content::Content;
use crate::catalogue::fault::below;
use crate::catalogue::{Fault, Key};
use crate::presets::alike::looks;
use crate::presets::{Owner, Preset};

impl Content {
    /// Another preset of `owner` than `id`, with a title that looks like `title`.
    pub fn alike(&self, owner: &Owner, id: &Key, title: &str) -> Option<&Preset> {
        let looks_so = looks(title);
        let others = self.presets_owned_by(owner).iter().filter(|preset| preset.id != *id);
        others.map(Arc::as_ref).find(|preset| looks(&preset.title) == looks_so)
    }

    /// Each title that looks like one of the same owner before it: no mistake, and told like one.
    pub fn all_alike(&self) -> Vec<Fault> {
        let mut first: BTreeMap<(&Owner, String), &Preset> = BTreeMap::new();
        let mut alike = Vec::new();
        for preset in self.presets.values() {
            match first.entry((&preset.owner, looks(&preset.title))) {
                Entry::Occupied(before) => {
                    let (Preset { id, title, .. }, other) = (&**preset, before.get());
                    let why = format!(
                        "“{title}” looks like “{}”, preset {}: people cannot tell the two apart",
                        other.title, other.id
                    );
                    let at = below(&below("/presets", id.as_str()), "title");
                    alike.push(Fault::new(at, "alike", why));
                }
                Entry::Vacant(place) => drop(place.insert(preset)),
            }
        }
        alike
    }
}
