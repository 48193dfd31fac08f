//! What somebody acts in, by its key.

use std::fmt;

use crate::catalogue::Key;

/// A context by its key, as it is stored and sent: `physics`, `event:ai-school`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    Group(Key),
    Event(Key),
}

/// What somebody chose to act in; in nothing in particular, where it holds none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish(pub Option<Context>);

impl Wish {
    /// Reads a context as it is sent, or the empty text for none.
    pub fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(Self(None))
        } else {
            Context::read(text).map(|context| Self(Some(context)))
        }
    }
}

impl Context {
    /// Reads `physics` or `event:ai-school`.
    pub fn read(text: &str) -> Option<Self> {
        match text.strip_prefix("event:") {
            Some(event) => Key::try_from(event).ok().map(Self::Event),
            None => Key::try_from(text).ok().map(Self::Group),
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(key) => write!(f, "{key}"),
            Self::Event(key) => write!(f, "event:{key}"),
        }
    }
}
