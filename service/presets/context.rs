//! What somebody acts in, by its key.

use std::fmt;

use crate::catalogue::Key;

/// A context by its key, as it is stored and sent: `physics`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    Group(Key),
}

impl Context {
    /// Reads `physics`.
    pub fn read(text: &str) -> Option<Self> {
        Key::try_from(text).ok().map(Self::Group)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(key) => write!(f, "{key}"),
        }
    }
}
