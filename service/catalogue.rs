//! What a site offers: options, the backends they are written for, and the profiles that join them.

pub mod allowed;
pub mod amount;
mod check;
pub mod fault;
mod key;
pub mod ordered;
pub mod pattern;
pub mod template;
mod text;
pub mod value;
pub mod visible;
pub mod written;

use std::collections::BTreeMap;

pub use allowed::{Allowed, Nearest};
pub(crate) use check::{read_allowed, read_amount, unknown, unknown_groups};
pub use fault::Fault;
pub use key::{Key, KeyRefused};
pub use template::Template;
pub(crate) use text::{
    REASON, SOMEBODY, check_contact, check_description, check_label, check_text, check_title, composed,
};
pub use value::{Choice, Kind, Several, SharedText, Value};
pub use written::Persist;

/// Everything on offer, checked: each key resolves, each default is allowed, each template fills.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalogue {
    pub options: BTreeMap<Key, Opt>,
    pub backends: BTreeMap<Key, Backend>,
    /// In the site's order.
    pub profiles: Vec<Profile>,
}

/// One typed field.
#[derive(Debug, Clone, PartialEq)]
pub struct Opt {
    pub key: Key,
    pub label: String,
    pub help: Option<String>,
    /// Where people read more: `https://…`.
    pub link: Option<String>,
    /// The heading it stands under where every option is chosen by hand.
    pub section: Option<String>,
    pub kind: Kind,
    /// Everything that `kind` allows.
    pub all: Allowed,
    /// What holds where nobody says otherwise; always allowed by `kind`.
    pub default: Value,
    /// Whether the one line that sums a preset up mentions it.
    pub in_summary: bool,
    pub persist: Persist,
    /// What it was called before.
    pub was: Vec<Key>,
}

/// A spawner class, by the key that the hub's configuration gives it, and how to write its traits.
#[derive(Debug, Clone, PartialEq)]
pub struct Backend {
    pub key: Key,
    pub spawner: Key,
    pub traits: BTreeMap<String, Template>,
    pub environment: BTreeMap<String, Template>,
    /// The option that ends a server by itself, where one does.
    pub ends_after: Option<Key>,
}

/// A launchable thing: a backend and the options it uses, in the order they are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    pub key: Key,
    pub title: String,
    pub backend: Key,
    pub options: Vec<Key>,
    pub open: bool,
}

impl Catalogue {
    /// The profile of that key.
    pub fn profile(&self, key: &Key) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.key == *key)
    }

    /// The option called `key` today, or that was called so, among those of `profile`.
    pub fn option_of<'a>(&'a self, profile: &'a Profile, key: &Key) -> Option<&'a Opt> {
        self.options_of(profile)
            .find(|opt| opt.key == *key)
            .or_else(|| self.options_of(profile).find(|opt| opt.was.contains(key)))
    }

    /// The options of a profile, in its order.
    pub fn options_of<'a>(&'a self, profile: &'a Profile) -> impl Iterator<Item = &'a Opt> {
        profile.options.iter().filter_map(|key| self.options.get(key))
    }
}
