//! The `directory:` and `membership:` parts of the configuration file.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::duration::duration;
use super::secret::Secret;

/// Where groups come from, besides those the hub sends along. Empty is allowed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    pub ldap: Option<LdapSettings>,
    /// A YAML file with `groups: {name: [people]}`.
    pub file: Option<PathBuf>,
}

/// How to reach and read an LDAP directory. `LdapDirectory::new` refuses contradictions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// `ldaps://host[:port]` or `ldap://host[:port]`, the preferred server first.
    pub urls: Vec<String>,
    /// Permits `ldap://` without TLS. Passwords and groups then travel readable for everyone.
    #[serde(default)]
    pub plaintext: bool,
    /// Upgrades `ldap://` to TLS before anything else is said.
    #[serde(default)]
    pub starttls: bool,
    /// The reading account; without it the service reads anonymously.
    pub bind_dn: Option<String>,
    pub bind_password: Option<Secret>,
    /// Read anew for every connection, so that a changed password needs no restart.
    pub bind_password_file: Option<PathBuf>,
    /// PEM file with the certificate authorities to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
    pub people: PeopleSettings,
    pub groups: GroupsSettings,
}

/// Where the people are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleSettings {
    pub base: String,
    /// The attribute that holds the name a person has at the hub.
    #[serde(default = "uid")]
    pub attribute: String,
    /// What names at the hub end in and those of the directory do not, as in `@example.org`. Whose name does not end in
    /// it is not looked for: two people of the hub would be one there.
    pub suffix: Option<String>,
}

impl PeopleSettings {
    /// What `name` of the hub is called in the directory; none where it is nobody's there.
    pub fn login<'a>(&self, name: &'a str) -> Option<&'a str> {
        match &self.suffix {
            Some(suffix) => name.strip_suffix(suffix.as_str()).filter(|login| !login.is_empty()),
            None => Some(name),
        }
    }
}

/// Where the groups are, and how they name their members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupsSettings {
    pub base: String,
    #[serde(default = "members")]
    pub schemas: Vec<GroupSchema>,
    /// Whether members of a group also belong to the groups that contain it.
    #[serde(default = "yes")]
    pub nested: bool,
}

/// How a directory says who belongs to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupSchema {
    /// The group lists DNs: `member` (RFC 2307bis, `groupOfNames`) or `uniqueMember`.
    Member,
    /// The person's entry lists the groups.
    MemberOf,
    /// The group lists login names (RFC 2307): `memberUid`, and the person's primary `gidNumber`.
    Posix,
}

/// How old an answer of the directory may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenMembership")]
pub struct MembershipSettings {
    /// Up to this age a form is answered without asking.
    pub fresh_for: Duration,
    /// Up to this age a start is decided without asking.
    pub start_within: Duration,
    /// While the directory fails, known groups are kept this long.
    pub stale_for: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMembership {
    #[serde(default, deserialize_with = "duration")]
    fresh_for: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    start_within: Option<Duration>,
    #[serde(default, deserialize_with = "duration")]
    stale_for: Option<Duration>,
}

impl TryFrom<WrittenMembership> for MembershipSettings {
    type Error = &'static str;

    fn try_from(written: WrittenMembership) -> Result<Self, &'static str> {
        let usual = Self::default();
        let settings = Self {
            fresh_for: written.fresh_for.unwrap_or(usual.fresh_for),
            start_within: written.start_within.unwrap_or(usual.start_within),
            stale_for: written.stale_for.unwrap_or(usual.stale_for),
        };
        if settings.stale_for > LONGEST {
            return Err("stale_for must be at most 30d: whoever was not seen for so long is forgotten");
        }
        if settings.stale_for < settings.fresh_for || settings.stale_for < settings.start_within {
            return Err("stale_for must not be shorter than fresh_for and start_within: known groups would \
                        be dropped before the directory is asked again");
        }
        Ok(settings)
    }
}

/// The longest that groups are remembered (requirement R111).
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

impl Default for MembershipSettings {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(300),
            start_within: Duration::from_secs(60),
            stale_for: Duration::from_secs(86_400),
        }
    }
}

fn uid() -> String {
    "uid".to_owned()
}

fn members() -> Vec<GroupSchema> {
    vec![GroupSchema::Member]
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_of_the_handbook_are_understood() {
        let settings: DirectorySettings = serde_saphyr::from_str(
            "ldap:\n  urls: ['ldap://127.0.0.1:3890']\n  plaintext: true\n  bind_dn: cn=reader,dc=example,dc=org\n  \
             bind_password_file: reader\n  people: {base: 'ou=people,dc=example,dc=org', attribute: uid}\n  \
             groups: {base: 'ou=groups,dc=example,dc=org', schemas: [member, memberof, posix], nested: true}\n\
             file: groups.yaml\n",
        )
        .expect("a valid part");
        let ldap = settings.ldap.expect("an LDAP part");
        assert_eq!(ldap.groups.schemas, [GroupSchema::Member, GroupSchema::MemberOf, GroupSchema::Posix]);
        let ages: MembershipSettings =
            serde_saphyr::from_str("{fresh_for: 5m, start_within: 60s, stale_for: 24h}").expect("valid ages");
        assert_eq!(ages, MembershipSettings::default());
    }

    #[test]
    fn ages_that_contradict_each_other_are_refused() {
        assert!(serde_saphyr::from_str::<MembershipSettings>("{stale_for: 1m}").is_err());
        assert!(serde_saphyr::from_str::<MembershipSettings>("{stale_for: 1m, fresh_for: 1m}").is_ok());
        assert!(serde_saphyr::from_str::<MembershipSettings>("{fresh_for: 48h}").is_err());
        assert!(serde_saphyr::from_str::<MembershipSettings>("{stale_for: 30d}").is_ok());
        assert!(serde_saphyr::from_str::<MembershipSettings>("{stale_for: 31d}").is_err());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_saphyr::from_str::<MembershipSettings>("{fresh: 5m}").is_err());
        assert!(serde_saphyr::from_str::<DirectorySettings>("{ldpa: {}}").is_err());
    }
}
