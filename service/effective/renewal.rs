//! Content with a few presets changed, without checking all the others again.

use std::sync::Arc;

use super::content::Content;
use crate::catalogue::{Fault, Key};
use crate::presets::{Owner, Preset, written};

impl Content {
    /// This content at `revision`, with each preset of `changed` (its version, and what it says) in
    /// place of the one of its id; none: taken away. The same as one read anew from presets in the
    /// order of their ids, as long as [`Content::default_preset`] is not among them.
    pub fn with_presets(
        &self,
        revision: i64,
        changed: impl IntoIterator<Item = (Key, Option<(i64, written::Preset)>)>,
    ) -> (Self, Vec<Fault>) {
        let (mut content, mut faults) = (self.clone(), Vec::new());
        content.revision = revision;
        for (id, preset) in changed {
            content.take_preset(&id);
            let Some((version, written)) = preset else { continue };
            let (preset, mut found) = Preset::read(&id, version, &written, &content.catalogue);
            let owner = preset.owner.clone();
            content.add_preset(preset, &mut found);
            if let Some(presets) = content.presets_of_owner(&owner) {
                presets.sort_by(|a, b| a.id.cmp(&b.id));
            }
            if found.is_empty()
                && let Some(preset) = content.presets.get(&id)
            {
                found = content.misfits_in_place(preset);
            }
            faults.extend(found);
        }
        (content, faults)
    }

    /// This content for whoever comes by a link to a preset as it was: `written`, at an earlier version. For whom it
    /// is, it says today; and where people start only what presets say, they start what presets say today.
    pub fn with_past(&self, id: &Key, version: i64, mut written: written::Preset) -> Self {
        if let Some(today) = self.presets.get(id) {
            written.audiences.clone_from(&today.audiences);
            // An older link must not get past what was asked for since.
            written.confirm |= today.confirm;
        }
        let (mut content, _) = self.with_presets(self.revision, [(id.clone(), Some((version, written)))]);
        content.past = Some(id.clone());
        content
    }

    fn take_preset(&mut self, id: &Key) {
        let Some(preset) = self.presets.remove(id) else { return };
        let Some(theirs) = self.presets_of_owner(&preset.owner) else { return };
        theirs.retain(|other| other.id != *id);
        if theirs.is_empty() {
            match &preset.owner {
                Owner::Site => {}
                Owner::Group(key) => drop(self.presets_by_group.remove(key)),
                Owner::Event(key) => drop(self.presets_by_event.remove(key)),
                Owner::User(name) => drop(self.presets_by_user.remove(name)),
            }
        }
    }

    fn presets_of_owner(&mut self, owner: &Owner) -> Option<&mut Vec<Arc<Preset>>> {
        match owner {
            Owner::Site => Some(&mut self.site_presets),
            Owner::Group(key) => self.presets_by_group.get_mut(key),
            Owner::Event(key) => self.presets_by_event.get_mut(key),
            Owner::User(name) => self.presets_by_user.get_mut(name),
        }
    }
}
