//! One person's entry, and the groups it leads to.

use super::connection::Session;
use super::nested::{self, Groups};
use super::search::{self, Entry, FilterValue};
use crate::config::directory::{GroupSchema, GroupsSettings, PeopleSettings};
use crate::directory::{Answer, DirectoryError};
use crate::groups::{GroupId, SourceName, Username, dn};

/// What to look for, from the configuration.
#[derive(Debug, Clone)]
pub struct Plan {
    pub people: PeopleSettings,
    pub groups: GroupsSettings,
}

impl Plan {
    /// Every group of `person`, asked in a handful of searches.
    pub async fn lookup(&self, session: &mut Session, person: &Username) -> Result<Answer, DirectoryError> {
        let Some((entry, login)) = self.entry(session, person).await? else { return Ok(Answer::nobody()) };
        let mut groups = Groups::new();
        for schema in &self.groups.schemas {
            match schema {
                GroupSchema::Member => {
                    let filter = format!("(|{})", nested::containing(&entry.dn));
                    self.collect(session, &filter, &mut groups).await?;
                }
                GroupSchema::MemberOf => self.listed(&entry, &mut groups)?,
                GroupSchema::Posix => {
                    let filter = posix(&login, entry.texts("gidNumber").next());
                    self.collect(session, &filter, &mut groups).await?;
                }
            }
        }
        if self.groups.nested {
            groups = nested::closed(session, &self.groups.base, groups).await?;
        }
        let group = |id: String| GroupId { source: SourceName::ldap(), id: id.into() };
        Ok(Answer { groups: groups.into_keys().map(group).collect(), found: true })
    }

    /// The entry that is this person's alone, and the login name it holds.
    ///
    /// Servers compare prepared strings (RFC 4518): `á` in two codings, wide letters and runs of
    /// spaces all match. Here a name is its bytes, but for the case of ASCII letters.
    async fn entry(
        &self,
        session: &mut Session,
        person: &Username,
    ) -> Result<Option<(Entry, String)>, DirectoryError> {
        let attribute = self.people.attribute.as_str();
        let Some(name) = self.people.login(person.as_str()) else { return Ok(None) };
        let filter = format!("(&(objectClass=*)({attribute}={}))", FilterValue::of(name));
        let mut wanted = vec![attribute];
        for schema in &self.groups.schemas {
            match schema {
                GroupSchema::Member => {}
                GroupSchema::MemberOf => wanted.push("memberOf"),
                GroupSchema::Posix => wanted.push("gidNumber"),
            }
        }
        let mut entries = search::complete(session, &self.people.base, &filter, &wanted, 100).await?;
        if entries.len() > 1 {
            tracing::warn!(person = ?person, entries = entries.len(), "several entries for one name: no groups given");
            return Ok(None);
        }
        let Some(entry) = entries.pop() else { return Ok(None) };
        let same = |login: &&str| login.eq_ignore_ascii_case(name);
        let Some(login) = entry.texts(attribute).find(same).map(str::to_owned) else {
            tracing::warn!(person = ?person, "the directory matched a name that differs: no groups given");
            return Ok(None);
        };
        Ok(Some((entry, login)))
    }

    async fn collect(
        &self,
        session: &mut Session,
        filter: &str,
        groups: &mut Groups,
    ) -> Result<(), DirectoryError> {
        for group in search::complete(session, &self.groups.base, filter, &["1.1"], nested::MOST).await? {
            nested::add(groups, &group.dn)?;
        }
        Ok(())
    }

    /// The groups named on the person's entry, as far as they stand below `groups.base`.
    fn listed(&self, entry: &Entry, groups: &mut Groups) -> Result<(), DirectoryError> {
        if entry.is_cut("memberOf") {
            return Err(DirectoryError::Incomplete("memberOf comes in parts".to_owned()));
        }
        let base = dn::normalised(&self.groups.base).unwrap_or_default();
        for written in entry.texts("memberOf") {
            if dn::normalised(written).is_none_or(|name| is_below(&name, &base)) {
                nested::add(groups, written)?;
            }
        }
        Ok(())
    }
}

/// Groups that list the login name, and the one that is the person's primary group.
fn posix(login: &str, primary: Option<&str>) -> String {
    let digits = |number: &&str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let primary = primary.filter(digits).map(|number| format!("(gidNumber={number})")).unwrap_or_default();
    format!("(&(objectClass=posixGroup)(|(memberUid={}){primary}))", FilterValue::of(login))
}

/// Whether the normal name `dn` is `base` or ends in it; a comma that is part of a value ends none.
fn is_below(dn: &str, base: &str) -> bool {
    let Some(front) = dn.strip_suffix(base) else { return false };
    let Some(rdns) = front.strip_suffix(',') else { return front.is_empty() };
    (rdns.len() - rdns.trim_end_matches('\\').len()) % 2 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_below_what_its_last_parts_name() {
        for (dn, below) in [
            ("cn=a,ou=g,dc=x", true),
            ("ou=g,dc=x", true),
            (r"cn=a\\,ou=g,dc=x", true),
            (r"cn=a\,ou=g,dc=x", false),
            ("cn=aou=g,dc=x", false),
            ("cn=a,ou=h,dc=x", false),
        ] {
            assert_eq!(is_below(dn, "ou=g,dc=x"), below, "{dn}");
        }
    }

    #[test]
    fn only_digits_are_a_primary_group() {
        assert!(posix("a", Some("100")).contains("(gidNumber=100)"));
        for odd in [None, Some(""), Some("*"), Some("1)(x=*")] {
            assert_eq!(posix("a", odd), "(&(objectClass=posixGroup)(|(memberUid=a)))");
        }
    }
}
