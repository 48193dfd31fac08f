//! Groups that contain groups: the closure upwards, with bounds.

use std::collections::{BTreeMap, BTreeSet};

use super::connection::Session;
use super::search::{self, FilterValue};
use crate::directory::DirectoryError;
use crate::groups::dn;

/// A chain of groups longer than this is a mistake in the directory.
pub const DEEPEST: usize = 10;
/// More groups than this no person has.
pub const MOST: usize = 5_000;
/// Groups asked for in one search.
const TOGETHER: usize = 50;

/// Groups by their normal name; the value is the name as the server writes it.
pub type Groups = BTreeMap<String, String>;

/// Adds `written`, a DN as the server writes it.
///
/// # Errors
/// Where it is no DN, or one too many: leaving it out would be a part of the truth.
pub fn add(groups: &mut Groups, written: &str) -> Result<bool, DirectoryError> {
    let name = dn::normalised(written)
        .ok_or_else(|| DirectoryError::Incomplete("a group's name is no distinguished name".to_owned()))?;
    let new = groups.insert(name, written.to_owned()).is_none();
    if groups.len() > MOST {
        return Err(DirectoryError::Incomplete(format!("more than {MOST} groups for one person")));
    }
    Ok(new)
}

/// `groups` and all groups that contain any of them, at any distance; rings are walked once.
///
/// # Errors
/// Beyond [`DEEPEST`] levels or [`MOST`] groups: an answer cut short is none.
pub async fn closed(session: &mut Session, base: &str, mut groups: Groups) -> Result<Groups, DirectoryError> {
    let mut frontier: Vec<String> = groups.values().cloned().collect();
    for _ in 1..=DEEPEST {
        if frontier.is_empty() {
            return Ok(groups);
        }
        let mut found = BTreeSet::new();
        for some in frontier.chunks(TOGETHER) {
            let filter = some.iter().map(|group| containing(group)).collect::<String>();
            let parents = search::complete(session, base, &format!("(|{filter})"), &["1.1"], MOST).await?;
            for parent in parents {
                if add(&mut groups, &parent.dn)? {
                    found.insert(parent.dn);
                }
            }
        }
        frontier = found.into_iter().collect();
    }
    if frontier.is_empty() {
        Ok(groups)
    } else {
        Err(DirectoryError::Incomplete(format!("groups nested more than {DEEPEST} deep")))
    }
}

/// Filters for the groups that list `dn` as a member; to be joined by `|`.
pub fn containing(dn: &str) -> String {
    let dn = FilterValue::of(dn);
    format!("(member={dn})(uniqueMember={dn})")
}
