//! What is told of a preset that was saved, though nothing is wrong with it.

use serde::{Deserialize, Serialize};

use super::unsaved::NotSaved;

/// For whoever saved it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remarks {
    /// Values that were sent with it, and left out.
    #[serde(default)]
    pub not_saved: Vec<NotSaved>,
    /// Another preset of the same owner, with a title that looks like this one's.
    #[serde(default)]
    pub looks_like: Option<Alike>,
}

/// A preset that people may take for another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    pub id: String,
    pub title: String,
}
