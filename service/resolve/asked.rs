//! What was asked for, as the hub holds it: read strictly, whoever wrote it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Refusal;
use crate::catalogue::Fault;
use crate::catalogue::fault::{below, shortened};
use crate::effective::Wish;
use crate::presets::{Owner, Preset};

/// The most values anybody may send; a catalogue has a few dozen options at most.
const MOST_VALUES: usize = 256;

/// What was asked for: the shape checked, the values not yet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// As it was written; none means “what I usually get”.
    pub card: Option<String>,
    pub values: BTreeMap<String, Json>,
    /// The group or event to act in, as it was written; empty for none of them. Not said: the usual one.
    pub context: Option<String>,
    /// Whether it names a preset at one version: `pytorch@3`.
    pub pinned: bool,
    /// From where the link came that asks; none for a form, and for the API. Whoever makes it up gets less by it.
    pub link: Option<Link>,
}

/// From where a link came, as the hub's plugin tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// From a page of the hub's own origin.
    Own,
    /// From anywhere else: another site, a mail, a bookmark, a browser that does not say.
    Foreign,
}

impl Asked {
    /// Reads user options as the hub holds them: nothing, `{}`, or `{"preset", "values", "context", "link"}`.
    /// `profile` is the title the plugin adds for the hub's pages; it decides nothing.
    ///
    /// # Errors
    /// One refusal with every fault of the shape.
    pub fn read(options: &Json) -> Result<Self, Refusal> {
        let map = match options {
            Json::Null => return Ok(Self::default()),
            Json::Object(map) => map,
            other => {
                return Err(malformed(vec![
                    Fault::new("", "wrong-type", "send an object: {\"preset\": …, \"values\": {…}}")
                        .with_value(other.clone()),
                ]));
            }
        };
        let (mut asked, mut faults) = (Self::default(), Vec::new());
        for (member, json) in map {
            match (member.as_str(), json) {
                ("profile", _) | ("preset" | "values" | "context" | "link", Json::Null) => {}
                ("preset", Json::String(id)) => {
                    asked.pinned = id.contains('@');
                    asked.card = Some(id.clone());
                }
                ("context", Json::String(key)) => asked.context = Some(key.clone()),
                ("context", _) => {
                    faults.push(Fault::new("/context", "wrong-type", "name one group or event by its key"));
                }
                ("preset", _) => {
                    faults.push(Fault::new("/preset", "wrong-type", "name one preset by its id"))
                }
                ("values", Json::Object(values)) if values.len() > MOST_VALUES => {
                    faults.push(Fault::new(
                        "/values",
                        "too-many",
                        format!("send at most {MOST_VALUES} values"),
                    ));
                }
                ("values", Json::Object(values)) => {
                    asked.values = values.iter().map(|(key, json)| (key.clone(), json.clone())).collect();
                }
                ("values", _) => {
                    faults.push(Fault::new("/values", "wrong-type", "send an object of option and value"))
                }
                ("link", json) => match json.as_str().and_then(Link::read) {
                    Some(link) => asked.link = Some(link),
                    None => faults.push(Fault::new("/link", "wrong-type", "say own or foreign, or nothing")),
                },
                (other, _) => faults.push(Fault::new(
                    below("", other),
                    "unknown-member",
                    format!(
                        "“{}” is not understood here; send preset and values, and context where needed",
                        shortened(other)
                    ),
                )),
            }
        }
        if faults.is_empty() { Ok(asked) } else { Err(malformed(faults)) }
    }

    /// What they chose to act in; none where nothing was said, or nothing that could be anybody's.
    pub fn wish(&self) -> Option<Wish> {
        Wish::read(self.context.as_deref()?)
    }
}

impl Link {
    fn read(word: &str) -> Option<Self> {
        match word {
            "own" => Some(Self::Own),
            "foreign" => Some(Self::Foreign),
            _ => None,
        }
    }

    /// Whether it alone starts a preset (requirement R36), or a profile of which every option is chosen by hand;
    /// `pinned`: at a version that the link names.
    pub fn may_start(self, preset: Option<&Preset>, pinned: bool) -> bool {
        let Some(preset) = preset else { return true };
        match self {
            Self::Own => !preset.confirm,
            // What people write, or once wrote, they may well have made for whoever follows the link.
            Self::Foreign => !preset.confirm && !pinned && !matches!(preset.owner, Owner::User(_)),
        }
    }
}

fn malformed(faults: Vec<Fault>) -> Refusal {
    let first = faults.first().map(|fault| fault.detail.clone()).unwrap_or_default();
    Refusal::Options { sentence: format!("Your server was not started: {first}."), faults }
}
