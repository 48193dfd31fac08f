//! What a preset does not keep: options that are chosen anew each time, however it is saved.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use crate::catalogue::{Catalogue, Key, Persist};

/// A value that was sent with a preset, and left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSaved {
    pub option: String,
    pub label: String,
    /// A sentence without a full stop.
    pub why: String,
}

impl Draft {
    /// The draft without the values that no preset keeps, and what these are. What the catalogue does not
    /// know stays: that is a fault, and told as one.
    pub fn lasting(&self, catalogue: &Catalogue) -> (Self, Vec<NotSaved>) {
        let (mut draft, mut not_saved) = (self.clone(), Vec::new());
        let profile = Key::try_from(self.profile.as_str()).ok();
        let profile = profile.and_then(|key| catalogue.profile(&key));
        let option = |name: &str| catalogue.option_of(profile?, &Key::try_from(name).ok()?);
        draft.values.retain(|name, _| {
            let Some(opt) = option(name).filter(|opt| opt.persist != Persist::Always) else { return true };
            let why = match opt.persist {
                Persist::Never => "it is asked at each start, and kept nowhere",
                _ => "it is remembered as what was used last, and kept in no preset",
            };
            let why = why.to_owned();
            not_saved.push(NotSaved { option: opt.key.to_string(), label: opt.label.clone(), why });
            false
        });
        (draft, not_saved)
    }
}
