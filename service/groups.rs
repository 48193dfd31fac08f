//! Who belongs where: people, groups as a source names them, and memberships with their age.

pub mod dn;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A person's name at the hub: opaque, compared byte for byte, never folded or trimmed.
///
/// The hub itself lower-cases and maps names (`jupyterhub/auth.py`); whatever it then calls a
/// person is the key here, line breaks and all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Username(String);

/// Why a text cannot be the name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameRefused {
    #[error("a user name must not be empty")]
    Empty,
    #[error("a user name must not be longer than {} bytes", Username::LONGEST)]
    TooLong,
    /// PostgreSQL cannot keep it (and no hub has reason to send it).
    #[error("a user name must not contain U+0000")]
    Nul,
}

impl Username {
    /// The longest name accepted, in bytes; the hub's own column holds 255 characters.
    pub const LONGEST: usize = 1020;

    /// Whether a directory may be asked for this name: 1 to 128 bytes, nothing invisible.
    ///
    /// Directories prepare strings (RFC 4518): they fold width, case and spaces, so that a name
    /// with odd characters could come back as somebody else. Such people get what everybody gets.
    pub fn is_ordinary(&self) -> bool {
        self.0.len() <= 128 && !self.0.chars().any(|c| c.is_control() || is_invisible(c))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a reader cannot see: soft hyphens, zero-width marks, direction overrides, breaks of lines, tags, private characters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

impl TryFrom<String> for Username {
    type Error = NameRefused;

    fn try_from(name: String) -> Result<Self, NameRefused> {
        match name {
            name if name.is_empty() => Err(NameRefused::Empty),
            name if name.len() > Self::LONGEST => Err(NameRefused::TooLong),
            name if name.contains('\0') => Err(NameRefused::Nul),
            name => Ok(Self(name)),
        }
    }
}

impl TryFrom<&str> for Username {
    type Error = NameRefused;

    fn try_from(name: &str) -> Result<Self, NameRefused> {
        name.to_owned().try_into()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As what somebody takes part; of several the greater counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    Participant,
    Helper,
    Instructor,
}

impl Audience {
    pub const ALL: [Self; 3] = [Self::Participant, Self::Helper, Self::Instructor];

    /// As the site file writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Helper => "helper",
            Self::Instructor => "instructor",
        }
    }
}

/// Where a membership comes from: the name of a configured directory, or `hub`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceName(Cow<'static, str>);

impl SourceName {
    /// Groups the hub itself keeps; the plugin sends them along.
    pub fn hub() -> Self {
        Self(Cow::Borrowed("hub"))
    }

    /// The LDAP directory.
    pub fn ldap() -> Self {
        Self(Cow::Borrowed("ldap"))
    }

    /// The list of groups in a file.
    pub fn file() -> Self {
        Self(Cow::Borrowed("file"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group as its source knows it. The same name in two sources is two groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId {
    pub source: SourceName,
    /// A normalised DN ([`dn::normalised`]) for LDAP, the bare name elsewhere.
    pub id: Arc<str>,
}

/// What is known of one person's groups, from all sources together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    pub groups: BTreeSet<GroupId>,
    /// One entry for each source that was asked.
    pub sources: Vec<SourceState>,
}

/// How well one source answered for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    pub source: SourceName,
    pub standing: Standing,
    /// The instant of the last complete answer; none if there never was one.
    pub checked_at: Option<DateTime<Utc>>,
}

/// Whether a source's answer can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Young enough to act on.
    Fresh,
    /// The source fails now; these are the last groups it told, within the site's limit.
    Stale,
    /// Nothing usable: it never answered for this person, or too long ago.
    Unknown,
}

impl Membership {
    /// The worst standing of all sources; [`Standing::Fresh`] where no source is configured.
    pub fn standing(&self) -> Standing {
        let worst = |standing: Standing, state: &SourceState| match (standing, state.standing) {
            (Standing::Unknown, _) | (_, Standing::Unknown) => Standing::Unknown,
            (Standing::Stale, _) | (_, Standing::Stale) => Standing::Stale,
            _ => Standing::Fresh,
        };
        self.sources.iter().fold(Standing::Fresh, worst)
    }

    /// The oldest complete answer among the sources that do not answer now.
    pub fn checked_at(&self) -> Option<DateTime<Utc>> {
        self.sources
            .iter()
            .filter(|state| state.standing != Standing::Fresh)
            .filter_map(|state| state.checked_at)
            .min()
    }
}
