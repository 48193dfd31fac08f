//! What people set for themselves: a default, an order, and what they do not want to see.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::catalogue::Fault;
use crate::catalogue::fault::below;

/// What one person set. It changes what they are shown first, never what they may start.
///
/// Everything is named as a start names it: a preset by its id, a profile of which every option is
/// chosen by hand as `~profile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// What a start without any choice means.
    pub default: Option<String>,
    /// The same for single servers, by their name.
    pub servers: BTreeMap<String, String>,
    /// What stands first, in this order; the rest follows as the site has it.
    pub order: Vec<String>,
    /// What the form leaves out.
    pub hidden: Vec<String>,
}

impl Preferences {
    /// The most entries of `order` and of `hidden`.
    pub const MOST: usize = 256;
    /// The most servers with a default of their own.
    pub const MOST_SERVERS: usize = 64;
    /// The longest name of a server, in characters, as the hub's own column has it.
    pub const LONGEST_SERVER: usize = 255;

    /// Reads what was kept; what cannot be read any more was never set.
    pub fn kept(document: &Json) -> Self {
        Self::deserialize(document).unwrap_or_default()
    }

    /// What a start of `server` without any choice means; the empty name is the default server.
    pub fn default_on(&self, server: &str) -> Option<&str> {
        self.servers.get(server).or(self.default.as_ref()).map(String::as_str)
    }

    /// Everything named in here, once each.
    pub fn named(&self) -> BTreeSet<&str> {
        let lists = self.order.iter().chain(&self.hidden).chain(self.servers.values());
        lists.chain(&self.default).map(String::as_str).collect()
    }

    /// What keeps this from being saved in place of `before`. What somebody newly names they must be
    /// able to see (`visible`); what they named before may have gone meanwhile, and stays.
    pub fn faults(&self, before: &Self, visible: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, list) in [("/order", &self.order), ("/hidden", &self.hidden)] {
            if list.len() > Self::MOST {
                faults.push(Fault::new(at, "too-many", format!("name at most {}", Self::MOST)));
            }
        }
        if self.servers.len() > Self::MOST_SERVERS {
            let why = format!("set a default for at most {} servers", Self::MOST_SERVERS);
            faults.push(Fault::new("/servers", "too-many", why));
        }
        if !faults.is_empty() {
            return faults;
        }
        let known = before.named();
        for (at, id) in self.places() {
            if !known.contains(id) && !visible(id) {
                let why = "you have no preset of this name; take one from the list of presets";
                faults.push(Fault::new(&at, "unknown", why).with_value(id));
            }
        }
        for (at, list) in [("/order", &self.order), ("/hidden", &self.hidden)] {
            let mut seen = BTreeSet::new();
            for (n, id) in list.iter().enumerate().filter(|(_, id)| !seen.insert(id.as_str())) {
                let at = below(at, n.to_string());
                faults.push(Fault::new(&at, "duplicate", "name each only once").with_value(id.as_str()));
            }
        }
        let hidden: BTreeSet<&str> = self.hidden.iter().map(String::as_str).collect();
        let defaults = self.places().into_iter().filter(|(at, id)| is_default(at) && hidden.contains(id));
        for (at, id) in defaults {
            let why = "this is hidden: show it again, or choose another default";
            faults.push(Fault::new(&at, "hidden", why).with_value(id));
        }
        for server in self.servers.keys() {
            if server.is_empty() || server.chars().count() > Self::LONGEST_SERVER || server.contains('\0') {
                let why = "this cannot be the name of a server; for the one without a name set `default`";
                faults.push(Fault::new(below("/servers", server), "server", why));
            }
        }
        faults
    }

    /// Every name with its JSON Pointer.
    fn places(&self) -> Vec<(String, &str)> {
        let listed = |at: &'static str, list: &'_ [String]| {
            list.iter().enumerate().map(move |(n, _)| below(at, n.to_string())).collect::<Vec<_>>()
        };
        let default = self.default.iter().map(|id| ("/default".to_owned(), id));
        let servers = self.servers.iter().map(|(server, id)| (below("/servers", server), id));
        let order = listed("/order", &self.order).into_iter().zip(&self.order);
        let hidden = listed("/hidden", &self.hidden).into_iter().zip(&self.hidden);
        default.chain(servers).chain(order).chain(hidden).map(|(at, id)| (at, id.as_str())).collect()
    }
}

fn is_default(at: &str) -> bool {
    at == "/default" || at.starts_with("/servers/")
}
