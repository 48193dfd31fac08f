//! Presets: named, versioned, partial assignments of values, and who they belong to.

pub mod alike;
mod context;
pub mod draft;
pub mod preferences;
pub mod remarks;
pub mod rights;
mod text;
pub mod unsaved;
pub mod written;

use std::collections::BTreeMap;

use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, Value, check_description, check_title, unknown};
use crate::groups::{Audience, Username};
use crate::trims::written::{read_bounds, read_list};
use crate::trims::{Statement, read_value};

pub use context::{Context, Wish};
pub use preferences::Preferences;
pub use written::Owner;

/// A preset as the site keeps it, with its values read against today's catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    pub id: Key,
    pub title: String,
    pub description: Option<String>,
    pub owner: Owner,
    pub profile: Key,
    pub values: BTreeMap<Key, Saved>,
    /// What the person may change in the card, and how far.
    pub ask: BTreeMap<Key, Vec<Statement>>,
    /// Of an event's: whom it is for; empty: all who take part.
    pub audiences: Vec<Audience>,
    /// Whether a link alone does not start it: it is started on the page.
    pub confirm: bool,
    /// Counts up with each change; 1 when new.
    pub version: i64,
}

/// A saved value, which the catalogue of today may no longer know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    Known(Value),
    /// Why it cannot be used, as the end of a sentence: `the partition “fat” is no longer available`.
    Lost(String),
}

impl Preset {
    /// Reads a preset against the catalogue, keeping what no longer fits as [`Saved::Lost`].
    ///
    /// The faults are what an author must be told; a preset saved long ago lives on with them.
    pub fn read(
        id: &Key,
        version: i64,
        written: &written::Preset,
        catalogue: &Catalogue,
    ) -> (Self, Vec<Fault>) {
        let at = &below("/presets", id.as_str());
        let mut faults: Vec<Fault> = check_title(&below(at, "title"), &written.title).into_iter().collect();
        if let Some(description) = &written.description {
            faults.extend(check_description(&below(at, "description"), description));
        }
        let profile = catalogue.profile(&written.profile);
        if profile.is_none() {
            let known = catalogue.profiles.iter().map(|profile| &profile.key);
            faults.push(unknown(&below(at, "profile"), "profile", &written.profile, known));
        }
        // An option that was renamed is found under its old name, and kept under its new one.
        let known = |key: &Key| profile.and_then(|profile| catalogue.option_of(profile, key));
        let mut values = BTreeMap::new();
        for (key, json) in &written.values {
            let at = || below(&below(at, "values"), key.as_str());
            let opt = known(key);
            let today = opt.map_or(key, |opt| &opt.key);
            if today != key && written.values.contains_key(today) {
                faults.push(Fault::new(
                    at(),
                    "twice",
                    format!("“{key}” is “{today}” today, which stands here too"),
                ));
                continue;
            }
            let saved = match opt.map(|opt| (opt, read_value(opt, at, json))) {
                Some((_, Ok(value))) => Saved::Known(value),
                Some((opt, Err(fault))) => {
                    faults.push(fault);
                    Saved::Lost(format!(
                        "the {} {} is no longer available",
                        lower_first(&opt.label),
                        quoted(json)
                    ))
                }
                None => {
                    let options = profile.into_iter().flat_map(|profile| &profile.options);
                    faults.push(unknown(&at(), "option", key, options));
                    Saved::Lost(format!("the option “{key}” is no longer there"))
                }
            };
            values.insert(today.clone(), saved);
        }
        let mut ask = BTreeMap::new();
        for (key, written) in &written.ask {
            let at = below(&below(at, "ask"), key.as_str());
            match known(key) {
                None => {
                    let options = profile.into_iter().flat_map(|profile| &profile.options);
                    faults.push(unknown(&at, "option", key, options));
                }
                Some(opt) => match written.statements(opt, &at) {
                    Ok(statements) => drop(ask.insert(opt.key.clone(), statements)),
                    Err(fault) => faults.push(fault),
                },
            }
        }
        if !written.audiences.is_empty() && !matches!(written.owner, Owner::Event(_)) {
            let why = "only an event has audiences: leave them out";
            faults.push(Fault::new(below(at, "audiences"), "misplaced", why));
        }
        let preset = Self {
            id: id.clone(),
            title: written.title.clone(),
            description: written.description.clone(),
            owner: written.owner.clone(),
            // One text for all presets of a profile.
            profile: profile.map_or(&written.profile, |profile| &profile.key).clone(),
            values,
            ask,
            audiences: written.audiences.clone(),
            confirm: written.confirm,
            version,
        };
        (preset, faults)
    }
}

impl written::Ask {
    fn statements(&self, opt: &crate::catalogue::Opt, at: &str) -> Result<Vec<Statement>, Fault> {
        let mut statements = Vec::new();
        if self.min.is_some() || self.max.is_some() {
            statements.push(read_bounds(opt, at, self.min.as_ref(), self.max.as_ref())?);
        }
        if let Some(only) = &self.only {
            statements.push(Statement::Only(read_list(opt, &below(at, "only"), only)?));
        }
        Ok(statements)
    }
}

/// What a person last started on one server, and in which context.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// A preset's id, or `~` and a profile's key for “every option myself”.
    pub card: String,
    /// The context it was started in, as it is written.
    pub context: Option<Context>,
    pub values: BTreeMap<Key, serde_json::Value>,
}

impl Owner {
    /// Whether this is the person's own.
    pub fn is(&self, person: &Username) -> bool {
        matches!(self, Self::User(name) if name == person)
    }
}

fn quoted(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::String(text) => format!("“{text}”"),
        other => format!("“{other}”"),
    }
}

/// `Partition` → `partition`, but `GPUs` and `CPU cores` as they are.
pub(crate) fn lower_first(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => label.to_owned(),
    }
}
