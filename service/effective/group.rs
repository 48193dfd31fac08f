//! A group the site knows: where its members come from, who looks after it, and what it says of them.

use std::collections::BTreeSet;

use super::written;
use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, check_contact, check_label};
use crate::groups::{GroupId, SourceName, Username, dn};
use crate::trims::{self, Trim};

/// A group the site knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub key: Key,
    pub title: String,
    pub from: GroupId,
    pub priority: i32,
    pub contact: Option<String>,
    /// Who writes its presets: users of the hub, never services of that name.
    pub managers: BTreeSet<Username>,
    pub trims: Vec<Trim>,
}

impl Group {
    /// Reads a group as written; none where nobody could say who is in it.
    pub(super) fn check(
        key: &Key,
        written: &written::Group,
        catalogue: &Catalogue,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let at = below("/groups", key.as_str());
        faults.extend(check_label(&below(&at, "title"), &written.title));
        let from = match &written.from {
            written::From::Ldap(name) => match dn::normalised(name) {
                Some(id) => GroupId { source: SourceName::ldap(), id: id.into() },
                None => {
                    let why = "this is no distinguished name; write one like cn=physics,ou=groups,dc=example,dc=org";
                    let at = below(&below(&at, "from"), "ldap");
                    faults.push(Fault::new(at, "dn", why).with_value(name.as_str()));
                    return None;
                }
            },
            written::From::Hub(name) => GroupId { source: SourceName::hub(), id: name.as_str().into() },
            written::From::File(name) => GroupId { source: SourceName::file(), id: name.as_str().into() },
        };
        faults.extend(check_contact(&below(&at, "contact"), written.contact.as_deref()));
        Some(Self {
            key: key.clone(),
            title: written.title.clone(),
            priority: written.priority,
            contact: written.contact.clone(),
            managers: written.managers.iter().cloned().collect(),
            trims: trims::check(&written.trims, &below(&at, "trims"), catalogue, faults),
            from,
        })
    }

    /// Whether it restricts its members wherever they are.
    pub fn is_strict(&self) -> bool {
        self.trims.iter().any(|trim| trim.policy)
    }
}
